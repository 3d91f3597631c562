"""Cross-validation by patient, and the ensemble of its folds as one bundle."""
