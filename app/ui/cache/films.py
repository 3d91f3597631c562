"""Cached films: examined, and as network input."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.errors import TRANSIENT, ImageError, UnreadableImageError
from app.core.images import decoding
from app.core.images.preparation import Rejected, prepare
from app.core.review.cases import Case, examine
from app.core.sources.source import Source
from app.ui.cache import models
from app.ui.cache.names import NAMED_BY


def case(bundle: Bundle, source: Source) -> Case:
    """One film examined; without an image id if it cannot be read.

    Args:
        bundle: The model.
        source: Where the film is read from.
    """
    try:
        data = source.read()
    except ImageError as error:
        return Case("", reason_code=error.code, reason=str(error))
    return _case(bundle, source.reading.image_id(decoding.image_id(data)), source, data)


# A film that failed for lack of memory or at a program error is examined again next time.
@st.cache_resource(
    hash_funcs=NAMED_BY,
    max_entries=32,
    show_spinner="Reading the film",
    validate=lambda case: case.reason_code not in TRANSIENT,
)
def _case(bundle: Bundle, image_id: str, _source: Source, _data: bytes) -> Case:
    return examine(models.engine(bundle), _source, _data, maps=models.evidence_maps(bundle))


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=32, show_spinner=False)
def network_input(bundle: Bundle, _source: Source, image_id: str) -> NDArray[np.uint8]:
    """The open film as network input, uint8 `(height, width, channels)` in [0, 255], grey or RGB.

    Args:
        bundle: The model.
        _source: Where the film is read from.
        image_id: SHA-256 of the file.

    Raises:
        ImageError: If the file can no longer be read, or was changed.
    """
    data = read_unchanged(_source, image_id)
    prepared = prepare(data, bundle.manifest.input, reading=_source.reading)
    if isinstance(prepared, Rejected):
        raise prepared.error
    return prepared.pixels


def read_unchanged(source: Source, image_id: str) -> bytes:
    """The content of a file that was read before.

    Args:
        source: Where the film is read from.
        image_id: Its identity when it was read before.

    Raises:
        UnreadableImageError: If the file was changed.
        ImageError: If it can no longer be read.
    """
    data = source.read()
    if image_id not in source.reading.image_ids(decoding.image_id(data)):
        raise UnreadableImageError(
            "changed", "The file has changed since it was opened. Open it again."
        )
    return data
