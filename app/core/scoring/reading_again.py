"""Reads a film once more, to see whether a remedy puts it right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.core.bundles.network_input import Input
from app.core.errors import CHANGED, ImageError, Remedy, UnreadableImageError
from app.core.images import decoding
from app.core.images.guard import guarded
from app.core.images.preparation import Prepared, Rejected, prepare

if TYPE_CHECKING:
    from app.core.scoring.judging import FittedFilm


def read_with(remedy: Remedy, film: FittedFilm, network_input: Input) -> Prepared | Rejected:
    """A film with a remedy, as network input.

    Args:
        remedy: What may put it right.
        film: The film as it was read first.
        network_input: Size, channels, fit and modalities of the network.

    Raises:
        UnreadableImageError: If it is no longer what it was.
    """
    reading = replace(film.source.reading, remedy=remedy)
    return prepare(_read_again(film), network_input, reading=reading)


def _read_again(film: FittedFilm) -> bytes:
    """The bytes of a film, once more.

    Raises:
        UnreadableImageError: If they are no longer those of the film.
    """
    try:
        with guarded():
            data = film.source.read()
    except ImageError:
        data = b""
    if film.chosen.image_id(decoding.image_id(data)) != film.image_id:
        raise UnreadableImageError(
            CHANGED,
            "The file was replaced, or could not be read again, while it was being scored. Score "
            "it again.",
        )
    return data
