"""A network that trains in seconds, for tests of what happens around the training."""

# Two blocks: most of the time of so short a training goes into tracing its layers.
QUICK_NETWORK = ("--preset", "custom-cnn", "--filters", "8", "16", "--image-size", "32")
