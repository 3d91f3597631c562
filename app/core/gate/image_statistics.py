"""Cheap figures of a film: how large, bright, sharp and compressed it is, and what is drawn on it.

The gate compares them with those of the training films, and a folder with the reference. They
describe how a film was made, not what it shows.

| name | what | unit and range |
|---|---|---|
| `size` | logarithm of the geometric mean of rows and columns | log2 of pixels, 4 to 14 |
| `aspect` | logarithm of columns to rows; 0 for a square | log2, about -2 to 2 |
| `mean` | mean grey level | 0 black to 1 white |
| `contrast` | standard deviation of the grey levels | 0 to 0.5 |
| `entropy` | entropy of the grey levels | bits, 0 to 8 |
| `levels` | fewest of 256 grey levels for 98 % of all pixels but the commonest | 0 to 1 |
| `black` | share of pixels at grey level 2 or below | 0 to 1 |
| `white` | share of pixels at grey level 253 or above | 0 to 1 |
| `sharpness` | variance of the Laplacian relative to the film's, at 128 pixels | log10, -5 to 2 |
| `noise` | finest detail at full resolution, standard deviation in grey levels | log2, -7 to 8 |
| `blockiness` | steps at the borders of JPEG blocks relative to those within | log2, about 0 to 6 |
| `surround` | mean grey level of the outermost 1/32 on each side | 0 to 1 |
| `symmetry` | correlation of the film with its mirror image | -1 to 1 |
| `colour` | mean difference of the strongest and the weakest colour of a pixel | 0 grey to 1 |
| `border` | share taken by uniform bars with a straight edge around it | 0 to 0.9 |
| `frame` | straight edges near all four sides: the shortest, of its side | 0 to 1 |
| `line` | longest lone edge straight across the middle, of its side | -0.1 to 1 |
| `parts` | correlation of the halves where a uniform line parts them, else 0 | 0 to 1 |
| `letters` | letters in the longest line of text | logarithm to base 2 of 1 more |
| `paper` | share of the commonest grey level, unless that is black | 0 to 1 |
| `steps` | differences of neighbouring pixels that are a quarter of the range, of all | 0 to 1 |

References:
    - Pertuz, Puig and Garcia, Analysis of focus measure operators for shape-from-focus (2013):
      variance of the Laplacian, https://doi.org/10.1016/j.patcog.2012.11.011
    - Immerkær, Fast noise variance estimation (1996), https://doi.org/10.1006/cviu.1996.0060
    - Wang, Sheikh and Bovik, No-reference perceptual quality assessment of JPEG compressed images
      (2002): steps at block borders, https://doi.org/10.1109/ICIP.2002.1038064
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.gate.blocks import blockiness
from app.core.gate.drawing import paper, steps
from app.core.gate.film_view import FilmView
from app.core.gate.lettering import letters_in_line
from app.core.gate.lines import border, lines, parts
from app.core.images.film import Film

NAMES = (
    "size", "aspect", "mean", "contrast", "entropy", "levels", "black", "white", "sharpness",
    "noise", "blockiness", "surround", "symmetry", "colour", "border", "frame", "line", "parts",
    "letters", "paper", "steps",
)  # fmt: skip

_BLACK, _WHITE = 2, 253
_OF_ALL_PIXELS = 0.98
# Added before a logarithm: a hundredth of a grey level.
_LEAST_NOISE = 0.01
_LEAST_SHARPNESS = 1e-5
# Below the share of one pixel.
_LEAST_SHARE = 1e-9
_SECOND_DIFFERENCE = np.array([1, -2, 1], np.float32)
_SYMMETRY_SIDE = 64


def image_statistics(film: Film) -> NDArray[np.float32]:
    """The figures of a film, in the order of `NAMES`, `(len(NAMES),)`."""
    return view_statistics(FilmView(film))


def view_statistics(view: FilmView) -> NDArray[np.float32]:
    """See `image_statistics`; of a film at which a rule has looked already."""
    rows, columns = view.shape
    levels = view.levels
    straight = lines(view)
    mean, deviation = _moments(view.focus)
    return np.array(
        [
            math.log2(rows * columns) / 2,
            math.log2(columns / rows),
            mean / 255,
            deviation / 255,
            _entropy(levels),
            _num_levels(levels) / 256,
            sum(levels[: _BLACK + 1].tolist()),
            sum(levels[_WHITE:].tolist()),
            _sharpness(view.focus, deviation),
            _noise(view.middle),
            blockiness(view),
            _surround(view.focus, mean),
            _symmetry(view.focus),
            _colour(view.small_in_colour),
            border(view),
            straight.frame,
            straight.line,
            parts(view),
            math.log2(1 + letters_in_line(view)),
            paper(view),
            steps(view),
        ],
        np.float32,
    )


def _moments(values: NDArray[Any]) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(values)
    return float(mean.ravel()[0]), float(deviation.ravel()[0])


def _entropy(levels: NDArray[np.float32]) -> float:
    return -float(np.vdot(levels, np.log2(np.maximum(levels, _LEAST_SHARE))))


def _num_levels(levels: NDArray[np.float32]) -> int:
    """The fewest levels that make up most of what is not ground: compression adds rare ones."""
    total = np.sort(levels)[-2::-1].cumsum()
    return int(total.searchsorted(_OF_ALL_PIXELS * total[-1])) + 1


def _sharpness(film: NDArray[np.uint8], deviation: float) -> float:
    """The detail of a film, given the standard deviation of all."""
    # Its mean is zero but for the border.
    detail = cv2.Laplacian(film, cv2.CV_16S)
    variance = cv2.norm(detail, cv2.NORM_L2) ** 2 / detail.size
    return math.log10(max(variance / max(deviation**2, 1e-6), _LEAST_SHARPNESS))


def _noise(film: NDArray[np.uint8]) -> float:
    detail = cv2.sepFilter2D(film, cv2.CV_32F, _SECOND_DIFFERENCE, _SECOND_DIFFERENCE)
    strength = cv2.norm(detail, cv2.NORM_L1) / detail.size * math.sqrt(math.pi / 2) / 6
    return math.log2(strength + _LEAST_NOISE)


def _surround(film: NDArray[np.uint8], mean: float) -> float:
    """The mean of the outermost part, given that of all."""
    rows, columns = film.shape
    deep = max(1, min(rows, columns) // 32)
    within = film[deep : rows - deep, deep : columns - deep]
    if not within.size:
        return mean / 255
    around = mean * film.size - cv2.sumElems(within)[0]
    return around / (film.size - within.size) / 255


def _symmetry(film: NDArray[np.uint8]) -> float:
    """Correlation with the mirror image, 0 for a film without contrast.

    Both have the same mean and variance, so the mean square of their difference is
    2 (1 - correlation) times the variance.
    """
    size = (_SYMMETRY_SIDE, _SYMMETRY_SIDE)
    tiny = cv2.resize(film, size, interpolation=cv2.INTER_LINEAR)
    _, deviation = _moments(tiny)
    if deviation == 0:
        return 0.0
    difference = cv2.norm(tiny, cv2.flip(tiny, 1), cv2.NORM_L2) ** 2 / tiny.size
    return 1 - difference / (2 * deviation**2)


def _colour(film: NDArray[np.uint8]) -> float:
    if film.ndim == 2:
        return 0.0
    one, two, three = cv2.split(film)
    strongest = cv2.max(cv2.max(one, two), three)
    weakest = cv2.min(cv2.min(one, two), three)
    return float(cv2.mean(cv2.subtract(strongest, weakest))[0]) / 255
