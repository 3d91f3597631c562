"""Small pictures of held-out films, to be shown beside films like them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from app.core.images import display
from app.core.images.film import Film
from app.core.images.geometry import shrunk

# Longer side of a picture in pixels: enough to recognise a film, too few to judge it.
SIDE = 160
# All pictures of a bundle take at most this much: beside 12 MB of network, a bundle that is kept in
# a repository stays below 15 MB.
MOST_BYTES = 1_500_000
# While it is not known yet how many there are, and then the best of these that is small enough.
_FINE, _QUALITIES = 95, (75, 65, 55, 45, 35, 25)


def small_picture(film: Film) -> bytes:
    """A JPEG picture of a film in its grey levels or colours, without anything else of its file.

    Args:
        film: The film.
    """
    return display.jpeg(shrunk(film, SIDE), quality=_FINE)


def within_size(pictures: Sequence[bytes], *, most_bytes: int = MOST_BYTES) -> tuple[bytes, ...]:
    """The same pictures, of the best quality at which all of them together are small enough.

    Args:
        pictures: As from `small_picture`.
        most_bytes: What they may take. If no quality is low enough, the lowest is used.
    """
    found: tuple[bytes, ...] = ()
    for quality in _QUALITIES:
        found = tuple(_encoded(picture, quality) for picture in pictures)
        if sum(map(len, found)) <= most_bytes:
            break
    return found


def _encoded(picture: bytes, quality: int) -> bytes:
    pixels = np.asarray(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED))
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
