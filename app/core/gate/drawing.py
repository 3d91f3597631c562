"""What drawn pictures have and films lack: paper of one shade, and edges without a transition."""

from __future__ import annotations

import cv2
import numpy as np

from app.core.gate.film_view import FilmView

# Black is the ground of many films, so it is no paper.
_BLACK = 30
# Neighbouring pixels of a sharp print differ by this much.
_PRINT = 64


def paper(view: FilmView) -> float:
    """Share of a film that has its commonest grey level, within one; 0 if that is black."""
    level = int(view.levels.argmax())
    if level <= _BLACK:
        return 0.0
    return float(view.levels[level - 1 : level + 2].sum())


def steps(view: FilmView) -> float:
    """Differences of neighbouring pixels that are a quarter of the range, as a share of all."""
    if min(view.shape) < 2:
        return 0.0
    across, down = view.middle_steps_across[1:], view.middle_steps_down[:, 1:]
    difference = np.asarray(cv2.max(across, down), np.uint8)
    num_different = cv2.countNonZero(difference)
    large = cv2.threshold(difference, _PRINT - 1, 1, cv2.THRESH_BINARY)[1]
    return cv2.countNonZero(large) / max(num_different, 1)
