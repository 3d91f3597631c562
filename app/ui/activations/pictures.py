"""Images on the Activations page: film and channels of a layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from app.core.bundles.bundle import Bundle
from app.core.images import display, geometry
from app.core.images.film import Film
from app.core.markdown import escape_markdown
from app.core.networks.activations import LayerInfo, by_strength, mean_activations
from app.core.networks.layer_descriptions import format_value
from app.core.performance import formatting
from app.core.performance.formatting import counted
from app.core.rendering import feature_maps, heatmaps
from app.core.rendering.feature_maps import COLOUR_MAPS, ColourMap, Scale
from app.core.review.cases import Case
from app.core.review.findings import prediction_text
from app.core.review.worklist import STATUS_LABELS
from app.core.scoring.prediction import Prediction
from app.ui import widget_keys
from app.ui.activations import channel_picture
from app.ui.activations.channel_picture import PendingPicture
from app.ui.activations.tiles import Tile, show_tiles
from app.ui.state import widgets

GRID, ONE, LIST = "All channels", "One channel", "List of layers"
PICTURE_SIDE = 720  # longer side of an enlarged feature map, in pixels
SCREEN_SIDE = 1400  # longer side of a film in pixels; Streamlit reduces wider ones, but slowly


@dataclass(frozen=True, slots=True)
class View:
    """How the chosen layer is displayed.

    Attributes:
        name: `GRID`, `ONE` or `LIST`.
        own_scale: Whether each channel has its own scale instead of the layer's.
        colour_map: Colours of the feature maps.
        beside: Place among the controls for what only some layers need.
    """

    name: str
    own_scale: bool
    colour_map: ColourMap
    beside: DeltaGenerator


def show_film(case: Case, film: Film, pixels: NDArray[np.uint8], bundle: Bundle) -> None:
    """The film, the network's input, and the decision.

    Args:
        case: The open film with its prediction.
        film: The film at any size.
        pixels: The network's input, uint8 `(height, width, channels)` in [0, 255], grey or RGB.
        bundle: The model.
    """
    rows, columns = film.pixels.shape[:2]
    height, width = pixels.shape[:2]
    st.image(
        display.jpeg(geometry.shrunk(film, SCREEN_SIDE), quality=92),
        caption=f"The film at {columns:,} × {rows:,} pixels",
        width="stretch",
        alt="The film",
    )
    grey_or_rgb = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    how = "stretched" if bundle.manifest.input.fit == "stretch" else "with black borders"
    st.image(
        feature_maps.enlarged(grey_or_rgb, side=360),
        caption=f"As the network sees it, {width} × {height}, {how}",
        width="stretch",
        output_format="PNG",
        alt="The film at the size of the network's input",
    )
    if case.prediction is not None:
        _show_decision(case.prediction, bundle)


def choose_view() -> View:
    """Shows the controls above the images and returns the choice."""
    key = widget_keys.ACTIVATIONS_VIEW
    # In each run: a browser that missed a choice, because a run was interrupted, has it then.
    widgets.set_value(key, widgets.value_of(key, GRID))
    views, beside, drawing = st.columns([7, 5, 3], vertical_alignment="center")
    name = views.segmented_control(
        "View",
        [GRID, ONE, LIST],
        required=True,
        key=key,
        label_visibility="collapsed",
        persist_state="session",
    )
    with drawing.popover("Drawing", icon=":material/palette:", width="stretch"):
        own_scale = st.toggle(
            "Each channel on its own scale", key="activations_own_scale", persist_state="session"
        )
        st.caption("Makes weak channels visible, but channels can no longer be compared.")
        colour_map = st.radio(
            "Colours", COLOUR_MAPS, key="activations_colours", persist_state="session"
        )
    return View(name or GRID, own_scale, colour_map, beside)


def show_maps(
    values: NDArray[np.float32],
    layer: LayerInfo,
    film: Film,
    *,
    bundle: Bundle,
    image_id: str,
    view: View,
    action: DeltaGenerator | None,
) -> PendingPicture | None:
    """The channels of a layer, and one of them over the film.

    Args:
        values: Feature maps, float32 `(rows, columns, channels)`, activations.
        layer: The layer they belong to.
        film: The film at any size.
        bundle: The model.
        image_id: SHA-256 of the film; the channel selection is separate for each film.
        view: How to display them.
        action: Place for a button that opens the picture which a channel responds to most; None
            where there is no such picture.

    Returns:
        That picture, if `channel_picture.search` still has to search for it; else None.
    """
    order, means = by_strength(values), mean_activations(values)
    # One key per layer and film, so that each starts at its strongest channel.
    key = widget_keys.channel_key(bundle, image_id, layer.name)
    channel = view.beside.selectbox(
        "Channel, by mean activation",
        order,
        format_func=lambda one: f"Channel {one} · {order.index(one) + 1} of {len(order)}",
        key=key,
        label_visibility="collapsed",
        persist_state="page",
    )
    one = values[..., channel]
    scale = feature_maps.scale_of(one if view.own_scale else values)
    overlay = feature_maps.overlay_on_film(
        geometry.shrunk(film, SCREEN_SIDE), one, bundle.manifest.input, high=scale.high
    )
    caption = (
        f"Channel {channel}: mean {format_value(means[channel])}, "
        f"lowest {format_value(one.min())}, highest {format_value(one.max())}."
    )
    is_grid = view.name == GRID
    left, right, *last = st.columns([8, 5] if is_grid else 2 if action is None else 3)
    with left:
        if is_grid:
            _show_grid(values, order, means, layer, view, selected=channel, key=key)
        else:
            picture = feature_maps.coloured(one, scale=scale, colour_map=view.colour_map)
            show_picture(
                feature_maps.fit_to_film(
                    picture, film.pixels.shape[:2], bundle.manifest.input, side=PICTURE_SIDE
                ),
                f"Map of channel {channel}",
            )
            st.caption(_describe_scale(scale, view))
    with right:
        show_picture(overlay, f"Channel {channel} over the film", photograph=True)
        st.caption(f"{caption} {_describe_overlay(scale)}")
    if action is None:
        return None
    if is_grid:
        with action:
            channel_picture.show_request_button(bundle, layer.name, channel, then=_show_one)
        return None
    with last[0]:
        return channel_picture.show(bundle, layer.name, channel, film_mean=float(means[channel]))


def show_picture(picture: NDArray[np.uint8], alt: str, *, photograph: bool = False) -> None:
    """An image as wide as its container.

    Args:
        picture: uint8 `(height, width, 3)` RGB.
        alt: Description for screen readers.
        photograph: Whether to send it as JPEG instead of lossless PNG.
    """
    st.image(picture, width="stretch", output_format="JPEG" if photograph else "PNG", alt=alt)


def _show_decision(prediction: Prediction, bundle: Bundle) -> None:
    task = bundle.manifest.task
    class_name = task.classes[1 if task.binary else prediction.class_index]
    predicted = escape_markdown(prediction_text(prediction, task))
    st.markdown(f"**{predicted}**  \n{STATUS_LABELS[prediction.zone]}")
    cut = ""
    if task.binary or task.any_of:
        cut = f", decision threshold {formatting.probability(prediction.threshold)}"
    st.caption(
        f"Probability of {escape_markdown(task.display_name(class_name).lower())} "
        f"{formatting.probability(prediction.probability)}{cut}."
    )


def _show_grid(
    values: NDArray[np.float32],
    order: list[int],
    means: NDArray[np.float64],
    layer: LayerInfo,
    view: View,
    *,
    selected: int,
    key: str,
) -> None:
    scale = feature_maps.scale_of(values)
    number = counted(len(order), "channel")
    st.caption(f"{number}, by mean activation. {_describe_scale(scale, view)}")
    show_tiles(
        feature_maps.channel_sheet(
            values, order, scale=None if view.own_scale else scale, colour_map=view.colour_map
        ),
        [
            Tile(str(one), str(one), "", f"Channel {one}, mean {format_value(means[one])}")
            for one in order
        ],
        layout="grid",
        size=64 if len(order) <= 32 else 52 if len(order) <= 96 else 44,
        selected=str(selected),
        label=f"Channels of {layer.name} by descending mean activation",
        key="activations_grid",
        choose=partial(_choose_channel, key),
    )


def _describe_scale(scale: Scale, view: View) -> str:
    dark, bright = ("black", "white") if view.colour_map == "Grey" else ("violet", "yellow")
    if view.own_scale:
        return f"Each channel from its lowest ({dark}) to its highest value ({bright})."
    low, high = format_value(scale.low), format_value(scale.high)
    return f"One scale for the layer, from {low} ({dark}) to {high} ({bright})."


def _describe_overlay(scale: Scale) -> str:
    if scale.high <= 0:
        return "No positive values, so nothing is drawn over the film."
    return (
        f"Over the film: values from {format_value(heatmaps.FLOOR * scale.high)} (violet) to "
        f"{format_value(scale.high)} (yellow)."
    )


def _show_one() -> None:
    widgets.set_value(widget_keys.ACTIVATIONS_VIEW, ONE)


def _choose_channel(key: str, picked: str) -> None:
    widgets.set_value(key, int(picked))
