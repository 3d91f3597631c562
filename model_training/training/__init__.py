"""One training: batches, epochs, schedule, going on after a stop, tracking."""
