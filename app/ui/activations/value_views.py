"""Layers without feature maps on the Activations page, and the contributions to the decision."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.charts import activations as charts
from app.core.bundles.bundle import Bundle
from app.core.networks.activations import LayerInfo
from app.core.networks.contributions import Contributions
from app.core.networks.layer_descriptions import format_shape, format_value
from app.core.performance.formatting import calibration_in_full
from app.core.rendering import feature_maps
from app.core.rendering.feature_maps import ColourMap
from app.ui import components
from app.ui.activations.pictures import PICTURE_SIDE, show_picture


def show_vector(values: NDArray[np.float32], layer: LayerInfo) -> None:
    """The values of a layer without feature maps, as bars.

    Args:
        values: Activations, float32 `(units,)`.
        layer: The layer they belong to.
    """
    noun = "channel" if "pooling" in layer.kind else "unit"
    components.chart(
        charts.value_bars(values, noun=noun, height=400),
        key="activations_values",
        alt=f"Values of {layer.name} in descending order",
    )
    st.caption(
        f"{values.size:,} values: mean {format_value(values.mean())}, lowest "
        f"{format_value(values.min())}, highest {format_value(values.max())}. This layer has no "
        "feature maps, so it cannot be drawn over the film."
    )


def show_output(
    values: NDArray[np.float32],
    contributions: Contributions | None,
    *,
    bundle: Bundle,
    class_index: int,
) -> None:
    """The network's probabilities and the contributions to them.

    Args:
        values: Output of the network, float32 `(units,)`, probabilities in [0, 1].
        contributions: Contributions to the logit of the class; None if the network has none.
        bundle: The model.
        class_index: Position of the explained class.
    """
    task = bundle.manifest.task
    names = [task.display_name(name) for name in task.classes]
    probabilities = values.tolist() if values.size > 1 else [1 - values.item(), values.item()]
    explained = bundle.of_finding(task.classes[class_index]) if task.any_of else bundle
    left, right = st.columns(2)
    with left:
        components.chart(
            charts.output_bars(probabilities, names),
            key="activations_output",
            alt="Probability of each class before calibration",
        )
        st.caption(
            "Probabilities before calibration. The decision uses calibrated ones: "
            f"{calibration_in_full(explained.manifest.calibration, explained.manifest.task)}."
        )
    with right:
        if contributions is not None:
            _show_contributions(contributions, names[class_index])


def show_table(values: NDArray[np.float32], *, colour_map: ColourMap) -> None:
    """Values that are neither feature maps nor a vector, as one image.

    Args:
        values: Activations, float32 `(rows, columns)`.
        colour_map: Colours of the image.
    """
    scale = feature_maps.scale_of(values)
    picture = feature_maps.coloured(values, scale=scale, colour_map=colour_map)
    show_picture(
        feature_maps.enlarged(picture, side=PICTURE_SIDE), "Values of the layer as one image"
    )
    st.caption(
        f"{format_shape(values.shape)} values, from {format_value(scale.low)} to "
        f"{format_value(scale.high)}. They are not feature maps, so they cannot be drawn over the "
        "film."
    )


def _show_contributions(contributions: Contributions, word: str) -> None:
    components.chart(
        charts.contribution_bars(contributions),
        key="activations_contributions",
        alt=f"Largest contributions to {word}",
    )
    source = (
        f"the mean of a channel of {contributions.pooled_layer}"
        if contributions.pooled_layer
        else "an input of this layer"
    )
    st.caption(
        f"Evidence for and against {word.lower()}: {source}, times its weight. The "
        f"{contributions.values.size:,} contributions and the bias "
        f"{format_value(contributions.bias)} sum to {format_value(contributions.logit)} logits; "
        "the largest are shown."
    )
