"""The picture that a channel responds to most: offered, searched for and shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.core.bundles.bundle import Bundle
from app.core.explanations.activation_maximisation import ChannelPicture
from app.core.networks.layer_descriptions import format_value
from app.core.performance.formatting import counted
from app.core.rendering import feature_maps
from app.ui import errors, widget_keys
from app.ui.cache import channel_pictures
from app.ui.state import widgets

TITLE = "What it responds to most"
EXPLANATION = (
    "Grown from random grey to excite this channel: no film, no finding, and not what it saw here."
)
_SIDE = 720  # least length of the longer side of the picture, in pixels


@dataclass(frozen=True, slots=True)
class PendingPicture:
    """A picture that still has to be searched for, and the place for its progress bar."""

    layer: str
    channel: int
    place: DeltaGenerator


def show_request_button(
    bundle: Bundle, layer: str, channel: int, *, then: Callable[[], None] | None = None
) -> None:
    """A button that has the picture of a channel searched for when the channel is shown alone.

    Args:
        bundle: The model.
        layer: Name of a layer with feature maps, after the first convolution.
        channel: Index of the channel, from 0.
        then: Called when it is pressed.
    """
    # A search that was left for another channel does not start by itself on the way back.
    _clear_request()
    st.button(
        TITLE,
        shortcut="M",
        icon=":material/auto_awesome:",
        on_click=errors.callback(_request),
        args=(bundle, layer, channel, then),
        key="activations_picture",
        width="stretch",
    )


def show(bundle: Bundle, layer: str, channel: int, *, film_mean: float) -> PendingPicture | None:
    """Shows the picture of a channel, or offers to search for it.

    Args:
        bundle: The model.
        layer: Name of a layer with feature maps, after the first convolution.
        channel: Index of the channel, from 0.
        film_mean: Mean activation of the channel on the open film.

    Returns:
        The picture that `search` still has to search for; None if there is none.
    """
    found = channel_pictures.channel_picture(bundle, layer, channel)
    is_requested = widgets.value_of(widget_keys.PICTURE_REQUEST) == (bundle.sha256, layer, channel)
    if found is None and is_requested:
        return _show_pending(layer, channel)
    if found is not None:
        _show_found(found, channel, film_mean)
        return None
    show_request_button(bundle, layer, channel)
    st.caption(f"{EXPLANATION} Takes a few seconds; the picture is the same for every film.")
    return None


def search(pending: PendingPicture, bundle: Bundle) -> None:
    """Searches for a picture and reruns the page. Any user action meanwhile interrupts it.

    Args:
        pending: The picture, with the place for its progress.
        bundle: The model.
    """

    def report_progress(done: int, total: int) -> None:
        pending.place.progress(done / total, text=f"{done:,} of {counted(total, 'step')}")

    try:
        channel_pictures.search(bundle, pending.layer, pending.channel, progress=report_progress)
    except Exception as error:
        # Exceptions of the network's library talk about tensors, which does not help the user.
        pending.place.error(
            f"The picture could not be made ({type(error).__name__}). Choose another channel, or "
            "cancel."
        )
    else:
        st.rerun()


def _show_pending(layer: str, channel: int) -> PendingPicture:
    place = st.empty()
    place.progress(0.0, text="Preparing the network")
    st.button(
        "Cancel",
        shortcut="Esc",
        on_click=errors.callback(_clear_request),
        key="activations_picture_cancel",
        width="stretch",
    )
    st.caption(EXPLANATION)
    return PendingPicture(layer, channel, place)


def _show_found(found: ChannelPicture, channel: int, film_mean: float) -> None:
    if found.is_silent:
        st.info(_describe_silence(channel, film_mean))
        return
    pixels = found.pixels[..., 0] if found.pixels.shape[-1] == 1 else found.pixels
    st.image(
        feature_maps.enlarged(pixels, side=_SIDE),
        width="stretch",
        output_format="PNG",
        alt=f"Picture that channel {channel} responds to most",
    )
    st.caption(f"{EXPLANATION} {_describe_response(found, film_mean)}")


def _describe_response(found: ChannelPicture, film_mean: float) -> str:
    figures = (
        f"Mean activation {format_value(found.mean)}; on this film {format_value(film_mean)}, on "
        f"random grey {format_value(found.start_mean)}."
    )
    if not found.is_found:
        return f"{figures} The search found nothing better than random grey."
    if film_mean >= found.mean:
        return (
            f"{figures} The search, at a fixed brightness and contrast, found less than the film."
        )
    return figures


def _describe_silence(channel: int, film_mean: float) -> str:
    if film_mean > 0:
        return (
            f"The search found no picture that makes channel {channel} active. It is active on "
            f"this film (mean {format_value(film_mean)}), so it is not dead."
        )
    return (
        f"The search found no picture that makes channel {channel} active. It may be dead: such a "
        "channel responds to nothing and adds nothing to the decision."
    )


def _request(bundle: Bundle, layer: str, channel: int, then: Callable[[], None] | None) -> None:
    widgets.set_value(widget_keys.PICTURE_REQUEST, (bundle.sha256, layer, channel))
    if then is not None:
        then()


def _clear_request() -> None:
    widgets.set_value(widget_keys.PICTURE_REQUEST, None)
