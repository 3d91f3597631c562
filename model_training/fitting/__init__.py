"""From data to a bundle: one run or several seeds, and all that is published with it."""
