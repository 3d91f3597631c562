"""Colours of the charts. Colour is never the only cue: every mark also has a label or shape."""

ACCENT = "#5aa9c8"
CONTRAST = "#e69f00"
TEAL = "#2a9d8f"
MUTED = "#8a9197"
GRID = "rgba(138, 145, 151, 0.25)"
TRANSPARENT = "rgba(0, 0, 0, 0)"

# Correct and incorrect predictions; contrast of at least 3:1 on dark and light backgrounds.
RIGHT = "#3a91b5"
WRONG = "#cf7d00"
# Ends of a scale that fades to transparent without passing through black.
RIGHT_FILL, RIGHT_NONE = "rgba(58, 145, 181, 0.6)", "rgba(58, 145, 181, 0)"
WRONG_FILL, WRONG_NONE = "rgba(207, 125, 0, 0.6)", "rgba(207, 125, 0, 0)"
# Classes in order. Dashes distinguish classes if there are more classes than colours.
CLASS_COLOURS = (RIGHT, WRONG, TEAL, "#9a72c4", MUTED)
CLASS_DASHES = ("solid", "dash", "dot", "dashdot")
