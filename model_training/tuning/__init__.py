"""Studies: many trainings compared on validation images."""
