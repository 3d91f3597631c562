"""Choosing a layer: the strip of strongest channels, previous and next, the list, the table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.images.film import Film
from app.core.networks.activations import LayerInfo, StrongestChannel, member_of
from app.core.networks.layer_descriptions import format_shape, format_value
from app.core.rendering import feature_maps
from app.ui import errors, widget_keys
from app.ui.activations.pictures import GRID
from app.ui.activations.tiles import Tile, show_tiles
from app.ui.state import widgets

EVIDENCE = "evidence/grad-cam"  # the last step; Keras layer names cannot contain a slash
_TILE_SIZE = 92


def require_layers(bundle: Bundle) -> None:
    """Stops the page for a network that cannot be walked through.

    Args:
        bundle: The model.
    """
    if bundle.manifest.is_graph:
        st.info(
            "The network of this model is not one of Keras, so it cannot be walked through layer "
            "by layer. Its heatmap is on the page Case."
        )
        st.stop()


def choose_member(layers: Sequence[LayerInfo], bundle: Bundle) -> int | None:
    """Lets the user choose a network of an ensemble; None if the model is a single network.

    Changing the network keeps the current layer.

    Args:
        layers: All layers of the model.
        bundle: The model.
    """
    members = sorted({layer.member for layer in layers if layer.member is not None})
    if len(members) < 2:
        return None
    key = widget_keys.member_key(bundle)
    chosen = st.segmented_control(
        "Network",
        members,
        default=members[0],
        required=True,
        format_func=lambda member: f"{member} of {len(members)}",
        on_change=errors.callback(_change_member),
        args=(key, widget_keys.layer_key(bundle)),
        key=key,
        persist_state="session",
        help=f"This model is an ensemble of {len(members)} networks; its logit is the mean of "
        "theirs. The layers of one network are shown, and those that all networks share.",
    )
    return int(chosen)


def choose_layer(
    layers: Sequence[LayerInfo],
    walk: Sequence[StrongestChannel],
    film: Film,
    evidence: NDArray[np.float32],
    bundle: Bundle,
    *,
    class_index: int,
) -> str:
    """Shows the strip of layers with its controls; returns the chosen layer, or `EVIDENCE`.

    Args:
        layers: All layers.
        walk: The strongest channel of each layer with feature maps.
        film: The film at any size.
        evidence: Its evidence map for the explained class, float32 `(rows, columns)` in logits.
        bundle: The model.
        class_index: Position of the explained class.
    """
    key = widget_keys.layer_key(bundle)
    steps = [*(layer.name for layer in layers), EVIDENCE]
    kinds = {layer.name: layer for layer in layers}
    # In each run: a browser that missed a choice, because a run was interrupted, has it then.
    chosen = widgets.value_of(key)
    widgets.set_value(key, chosen if chosen in steps else _first(walk, steps))
    strip = st.container()
    back, chooser, forward = st.columns([2, 8, 2], vertical_alignment="bottom")
    current: str = chooser.selectbox(
        "Layer",
        steps,
        format_func=lambda step: _step_label(step, steps.index(step), kinds, bundle),
        key=key,
        label_visibility="collapsed",
        persist_state="session",
    )
    position = steps.index(current)
    for column, label, shortcut, by in (
        (back, "Previous", "Left", -1),
        (forward, "Next", "Right", 1),
    ):
        column.button(
            label,
            shortcut=shortcut,
            disabled=not 0 <= position + by < len(steps),
            on_click=errors.callback(_step),
            args=(key, steps, by),
            key=f"activations_{label.lower()}",
            width="stretch",
        )
    with strip:
        scale = bundle.manifest.heatmap.scale_for(class_index, evidence)
        _show_strip(walk, film, evidence, bundle, scale=scale, selected=current, key=key)
    return current


def show_layer_list(layers: Sequence[LayerInfo], bundle: Bundle) -> None:
    """All layers as a table; selecting a row opens that layer.

    Args:
        layers: All layers.
        bundle: The model.
    """
    key = widget_keys.layer_rows_key(bundle)
    table = pd.DataFrame(
        {
            "No.": range(1, len(layers) + 1),
            "Layer": [layer.name for layer in layers],
            "Kind": [format_kind(layer) for layer in layers],
            "Output": [
                "; ".join(format_shape(shape) for shape in layer.shapes) for layer in layers
            ],
            "Parameters": [layer.parameters for layer in layers],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        height=400,
        on_select=errors.callback(partial(_choose_row, key, widget_keys.layer_key(bundle), layers)),
        selection_mode="single-row",
        key=key,
        column_config={
            "No.": st.column_config.NumberColumn(width=40),
            "Output": st.column_config.TextColumn(
                help="Rows × columns × channels of feature maps, or the number of values"
            ),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
        alt="Layers of the network with their output shapes and parameter counts",
    )
    total = sum(layer.parameters for layer in layers)
    st.caption(
        f"{len(layers)} layers, {total:,} parameters in total. Select a row to open that layer."
    )


def format_kind(layer: LayerInfo) -> str:
    """What a layer does, with its activation function in brackets."""
    return f"{layer.kind} ({layer.activation})" if layer.activation else layer.kind


def _first(walk: Sequence[StrongestChannel], steps: Sequence[str]) -> str:
    return walk[0].layer if walk else steps[0]


def _show_strip(
    walk: Sequence[StrongestChannel],
    film: Film,
    evidence: NDArray[np.float32],
    bundle: Bundle,
    *,
    scale: float,
    selected: str,
    key: str,
) -> None:
    manifest = bundle.manifest
    if not walk:
        st.info("No layer of this model has feature maps to show.")
        return
    st.caption(
        "The channel with the highest mean activation in each layer, each on its own scale from "
        "black to white."
    )
    show_tiles(
        feature_maps.walk_sheet(
            [one.values for one in walk],
            film,
            evidence,
            manifest.input,
            evidence_scale=scale,
        ),
        [*map(_walk_tile, walk), _evidence_tile(manifest.heatmap.layer)],
        layout="strip",
        size=_TILE_SIZE,
        selected=selected,
        label="Strongest channel of each layer",
        key="activations_strip",
        choose=partial(_choose, key),
    )


def _walk_tile(one: StrongestChannel) -> Tile:
    grid = format_shape(one.values.shape)
    return Tile(
        key=one.layer,
        label=one.layer,
        note=f"{grid} · ch. {one.channel}",
        hint=f"{one.layer}, {grid} · ch. {one.channel}, mean activation {format_value(one.mean)}",
    )


def _evidence_tile(layer: str) -> Tile:
    return Tile(
        key=EVIDENCE,
        label="Evidence",
        note="Grad-CAM",
        hint=f"Evidence, Grad-CAM at {layer}",
        pinned=True,
    )


def _step_label(step: str, index: int, kinds: dict[str, LayerInfo], bundle: Bundle) -> str:
    if step == EVIDENCE:
        return f"{index + 1} · Evidence · Grad-CAM at {bundle.manifest.heatmap.layer}"
    layer = kinds[step]
    return f"{index + 1} · {step} · {format_kind(layer)} · {format_shape(layer.shape)}"


def _step(key: str, steps: Sequence[str], by: int) -> None:
    # Starts from the session's state, not from what is drawn, so that quick presses all count.
    position = steps.index(widgets.value_of(key)) + by
    _choose(key, steps[min(max(position, 0), len(steps) - 1)])


def _change_member(member_key: str, key: str) -> None:
    step = widgets.value_of(key)
    if step is not None and member_of(step) is not None:
        _choose(key, f"m{widgets.value_of(member_key)}_{step.partition('_')[2]}")


def _choose(key: str, step: str) -> None:
    widgets.set_value(key, step)


def _choose_row(table_key: str, key: str, layers: Sequence[LayerInfo]) -> None:
    for row in widgets.selected_rows(table_key):
        _choose(key, layers[row].name)
        widgets.set_value(widget_keys.ACTIVATIONS_VIEW, GRID)
