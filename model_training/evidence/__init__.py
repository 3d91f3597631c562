"""What a trained network is worth: scores, figures with intervals, comparisons."""
