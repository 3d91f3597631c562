"""The picture of a film of a worklist, in all of its levels, as a browser gets it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from app.core.errors import Remedy, UnreadableImageError
from app.core.images import decoding
from app.core.images.dicom_spacing import Spacing
from app.core.images.film import Film
from app.core.images.preparation import PIPELINE_VERSION, for_model
from app.core.images.screen import screen_film
from app.core.rendering.film_png import film_png
from app.core.review.open_worklist import OpenWorklist

# Part of the address of each picture. Increase it with any change to what `film_picture` makes.
_VERSION = 2
# A film with more pixels is not sent in full: a browser needs four bytes or more for each.
MOST_IN_FULL = 60_000_000


@dataclass(frozen=True, slots=True, eq=False)
class FilmPicture:
    """The picture of a film.

    Attributes:
        image_id: Identity of the film.
        png: The picture, see `film_png`.
        rows: Its height in pixels.
        columns: Its width in pixels.
        scale: Pixels of the file to one of the picture, at least 1.
        highest: The highest level that it may have.
        is_coloured: Whether it is in colours.
        window: The levels that are black and white as the file says.
        spacing: Distance between pixels of the picture; None if it is not known.
        facts: What the file states, without pixels of its own.
    """

    image_id: str
    png: bytes
    rows: int
    columns: int
    scale: float
    highest: int
    is_coloured: bool
    window: tuple[float, float]
    spacing: Spacing | None
    facts: Film

    @property
    def bits(self) -> int:
        """How many bits the levels take, at least 8."""
        return max(8, self.highest.bit_length())

    @property
    def is_reduced(self) -> bool:
        """Whether the film has more pixels than the picture, and not too many to be sent."""
        return self.scale > 1 and self.rows * self.columns * self.scale**2 <= MOST_IN_FULL

    @property
    def digest(self) -> str:
        """Names the picture: a film that is read otherwise has another."""
        made_of = self.image_id, self.facts.chosen, PIPELINE_VERSION, _VERSION
        return hashlib.sha256(repr(made_of).encode()).hexdigest()[:32]


def film_picture(opened: OpenWorklist, item: int, *, remedy: Remedy | None = None) -> FilmPicture:
    """Reads a film of a worklist for a screen.

    Args:
        opened: The worklist.
        item: Position of the film.
        remedy: What is done to it that is not decided yet; None reads it as it is judged.

    Raises:
        UnreadableImageError: If the file is not the one that was judged.
        ImageError: If it cannot be read or decoded.
    """
    data, digest = _read(opened, item)
    reading = opened.source(item).reading
    if remedy is not None:
        reading = replace(reading, remedy=remedy)
    found = screen_film(data, for_model(reading, opened.bundle.manifest.input))
    values = found.levels.values
    rows, columns = values.shape[:2]
    scale = max(found.shape) / max(rows, columns)
    spacing, film = found.levels.spacing, found.film
    return FilmPicture(
        film.chosen.image_id(digest),
        film_png(values),
        rows,
        columns,
        scale,
        int(values.max()),
        values.ndim == 3,
        found.levels.window,
        None if spacing is None else Spacing(spacing.down * scale, spacing.across * scale,
                                             spacing.note),
        Film(film.pixels[:0], film.modality, film.chosen, film.num_images, film.subject),
    )  # fmt: skip


def full_png(opened: OpenWorklist, item: int) -> bytes:
    """All pixels of a film that `film_picture` makes smaller, see `film_png`.

    Args:
        opened: The worklist.
        item: Position of the film.

    Raises:
        UnreadableImageError: If the file is not the one that was judged.
        ImageError: If it cannot be read or decoded.
    """
    data, _ = _read(opened, item)
    reading = for_model(opened.source(item).reading, opened.bundle.manifest.input)
    return film_png(screen_film(data, reading, side=None).levels.values)


def _read(opened: OpenWorklist, item: int) -> tuple[bytes, str]:
    """The file of a film as it was judged, and its digest."""
    source, result = opened.source(item), opened.result(item)
    data = source.read()
    digest = decoding.image_id(data)
    if result is not None and result.image_id not in ("", *source.reading.image_ids(digest)):
        raise UnreadableImageError(
            "changed",
            "The file has another content than when it was judged. Put the earlier one back, or "
            "look at the folder again from the worklist.",
        )
    return data, digest
