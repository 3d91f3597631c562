"""What the layers of a network make of the open film."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.networks import activations
from app.core.sources.sources import Source
from app.ui.cache import models
from app.ui.cache.films import network_input
from app.ui.cache.names import NAMED_BY


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=16, show_spinner=False)
def strongest_channels(
    bundle: Bundle, _source: Source, image_id: str
) -> list[activations.StrongestChannel]:
    """The strongest channel of each layer with maps.

    Args:
        bundle: The model.
        _source: Where the film's file lies.
        image_id: SHA-256 of the file.

    Raises:
        ImageError: If the file can no longer be read, or is not the one that was opened.
    """
    pixels = network_input(bundle, _source, image_id)
    return activations.strongest(models.engine(bundle).network, pixels)


# Large layers of large films have tens of megabytes, so only a few are kept.
@st.cache_resource(hash_funcs=NAMED_BY, max_entries=8, show_spinner=False)
def layer_values(bundle: Bundle, _source: Source, image_id: str, layer: str) -> NDArray[np.float32]:
    """The values of one layer, in the layer's own shape without the batch.

    Args:
        bundle: The model.
        _source: Where the film's file lies.
        image_id: SHA-256 of the file.
        layer: Name of the layer.

    Raises:
        ImageError: If the file can no longer be read, or is not the one that was opened.
    """
    pixels = network_input(bundle, _source, image_id)
    return activations.of_layer(models.engine(bundle).network, pixels, layer)
