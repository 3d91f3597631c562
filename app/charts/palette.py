"""Colours of the charts. Meaning is never in colour alone: every mark also has a word or shape."""

ACCENT = "#5aa9c8"
CONTRAST = "#e69f00"
TEAL = "#2a9d8f"
MUTED = "#8a9197"
GRID = "rgba(138, 145, 151, 0.25)"
TRANSPARENT = "rgba(0, 0, 0, 0)"
# Text on a filled area, by the kind of theme.
INK = {"dark": "#e4e6e8", "light": "#1a1d20"}

# Right and wrong calls. Both have at least 3:1 against the dark and the light background.
RIGHT = "#3a91b5"
WRONG = "#cf7d00"
# Ends of a scale that fades without passing through black.
RIGHT_FILL, RIGHT_NONE = "rgba(58, 145, 181, 0.6)", "rgba(58, 145, 181, 0)"
WRONG_FILL, WRONG_NONE = "rgba(207, 125, 0, 0.6)", "rgba(207, 125, 0, 0)"
# Classes in order; with dashes, so that more classes than colours stay apart.
CLASS_COLOURS = (RIGHT, WRONG, TEAL, "#9a72c4", MUTED)
CLASS_DASHES = ("solid", "dash", "dot", "dashdot")
