"""Cached pictures that channels respond to most; they belong to a model, not to a film."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.explanations import activation_maximisation
from app.core.explanations.activation_maximisation import ChannelPicture, Settings
from app.core.explanations.logits import Progress
from app.core.images.preparation import PIPELINE_VERSION
from app.ui.cache import models
from app.ui.cache.names import NAMED_BY

_SETTINGS = Settings()
_VERSIONS = (PIPELINE_VERSION, activation_maximisation.VERSION)


@dataclass(slots=True)
class _Slot:
    """The place of one picture, which is filled once, when the search has ended."""

    picture: ChannelPicture | None = None


# A colour picture takes up to 150 kilobytes.
@st.cache_resource(hash_funcs=NAMED_BY, max_entries=256, show_spinner=False)
def _slot(
    bundle: Bundle, layer: str, channel: int, settings: Settings, versions: tuple[int, int]
) -> _Slot:
    return _Slot()


def channel_picture(bundle: Bundle, layer: str, channel: int) -> ChannelPicture | None:
    """A picture found earlier, in this session or another; None if there is none.

    Args:
        bundle: The model.
        layer: Name of the layer.
        channel: Index of the channel, from 0.
    """
    return _slot(bundle, layer, channel, _SETTINGS, _VERSIONS).picture


def search(bundle: Bundle, layer: str, channel: int, *, progress: Progress) -> None:
    """Searches for a picture and caches it for `channel_picture`; not if it is interrupted.

    Args:
        bundle: The model.
        layer: Name of a layer with feature maps, after the first convolution.
        channel: Index of the channel, from 0.
        progress: Called with the number of steps done and the total; may raise to cancel.

    Raises:
        ValueError: If the network has no such layer or channel.
    """
    found = activation_maximisation.maximise(
        models.engine(bundle).network, layer, channel, settings=_SETTINGS, progress=progress
    )
    _slot(bundle, layer, channel, _SETTINGS, _VERSIONS).picture = found
