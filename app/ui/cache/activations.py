"""Cached outputs of the network's layers for the open film."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.networks import activations
from app.core.sources.source import Source
from app.ui.cache import models
from app.ui.cache.films import network_input
from app.ui.cache.names import NAMED_BY


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=16, show_spinner=False)
def strongest_channels(
    bundle: Bundle, _source: Source, image_id: str
) -> list[activations.StrongestChannel]:
    """The strongest channel of each layer with feature maps.

    Args:
        bundle: The model.
        _source: Where the film is read from.
        image_id: SHA-256 of the file.

    Raises:
        ImageError: If the file can no longer be read, or was changed.
    """
    pixels = network_input(bundle, _source, image_id)
    return activations.strongest_channels(models.engine(bundle).network, pixels)


# Large layers of large films take tens of megabytes, so only a few are cached.
@st.cache_resource(hash_funcs=NAMED_BY, max_entries=8, show_spinner=False)
def layer_values(bundle: Bundle, _source: Source, image_id: str, layer: str) -> NDArray[np.float32]:
    """The output of one layer, see `activations.layer_output`.

    Args:
        bundle: The model.
        _source: Where the film is read from.
        image_id: SHA-256 of the file.
        layer: Name of the layer.

    Raises:
        ImageError: If the file can no longer be read, or was changed.
    """
    pixels = network_input(bundle, _source, image_id)
    return activations.layer_output(models.engine(bundle).network, pixels, layer)
