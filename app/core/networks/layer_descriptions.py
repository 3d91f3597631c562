"""Describes layers and their values for readers who have never built a network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayerKind:
    """A kind of layer.

    Attributes:
        word: Its name in a list.
        sentence: What its values show.
    """

    word: str
    sentence: str


# Part of the Keras class name -> kind. The first match counts, so specific names come first.
_BY_CLASS_NAME = (
    ("InputLayer", LayerKind("Input", "The pixels of the film as they enter the network.")),
    (
        "Rescaling",
        LayerKind("Rescaling", "The same image with rescaled values; nothing is detected yet."),
    ),
    (
        "BatchNormalization",
        LayerKind(
            "Batch normalisation",
            "The feature maps of the previous layer, each shifted and scaled by fixed amounts; "
            "what they show does not change.",
        ),
    ),
    (
        "Normalization",
        LayerKind(
            "Normalisation",
            "The same values with a standard mean and spread, to reduce the effect of exposure; "
            "nothing is detected yet.",
        ),
    ),
    (
        "GlobalAveragePooling",
        LayerKind(
            "Global average pooling",
            "Each feature map becomes one number, its mean: how much of the pattern the film "
            "contains, but no longer where.",
        ),
    ),
    (
        "GlobalMaxPooling",
        LayerKind(
            "Global maximum pooling",
            "Each feature map becomes one number, its maximum: how clearly the pattern occurs, "
            "but no longer where.",
        ),
    ),
    (
        "MaxPooling",
        LayerKind(
            "Maximum pooling",
            "Each feature map is reduced: only the maximum of every small patch is kept.",
        ),
    ),
    (
        "AveragePooling",
        LayerKind(
            "Average pooling",
            "Each feature map is reduced: every small patch is replaced by its mean.",
        ),
    ),
    (
        "DepthwiseConv",
        LayerKind(
            "Depthwise convolution",
            "Each feature map of the previous layer is searched for one small pattern; values "
            "are high where it is found.",
        ),
    ),
    (
        "Conv",
        LayerKind(
            "Convolution",
            "Each channel searches all feature maps of the previous layer for one small pattern; "
            "values are high where it is found.",
        ),
    ),
    (
        "UpSampling",
        LayerKind("Upsampling", "Each feature map is enlarged; nothing new is detected."),
    ),
    (
        "Padding",
        LayerKind("Padding", "A border is added around each feature map."),
    ),
    ("Cropping", LayerKind("Cropping", "The border of each feature map is removed.")),
    (
        "Dropout",
        LayerKind(
            "Dropout",
            "Sets random values to zero during training; here all values pass unchanged.",
        ),
    ),
    (
        "Flatten",
        LayerKind("Flattening", "All feature maps as one row of numbers, position by position."),
    ),
    ("Reshape", LayerKind("Reshaping", "The same values in another shape.")),
    (
        "Add",
        LayerKind(
            "Sum of branches",
            "Two branches join: the output of the block is added to its unchanged input.",
        ),
    ),
    (
        "Multiply",
        LayerKind(
            "Product of branches",
            "One branch weights the other: each channel is passed on or attenuated.",
        ),
    ),
    (
        "Concatenate",
        LayerKind("Joined branches", "The feature maps of several branches, side by side."),
    ),
    (
        "Attention",
        LayerKind(
            "Attention", "Each region of the film collects relevant information from all others."
        ),
    ),
    (
        "Dense",
        LayerKind(
            "Dense",
            "Each unit is a weighted sum of all values of the previous layer.",
        ),
    ),
    (
        "ReLU",
        LayerKind(
            "Activation",
            "Negative values are cut off; positive ones show where a pattern was found.",
        ),
    ),
    (
        "Activation",
        LayerKind(
            "Activation",
            "The values of the previous layer after the same non-linear function.",
        ),
    ),
)
_RELU = LayerKind(
    "Activation", "Negative values become zero; positive ones show where a pattern was found."
)
_DECISION = LayerKind(
    "Decision", "The evidence from the whole film, weighted and converted to a probability."
)


def kind_of(class_name: str, *, activation: str, is_output: bool) -> LayerKind:
    """The kind of a layer.

    Args:
        class_name: Its Keras class, such as `Conv2D`.
        activation: Name of its activation function; empty if it has none.
        is_output: Whether it returns the network's probabilities.
    """
    if is_output:
        return _DECISION
    if class_name == "Activation" and activation == "relu":
        return _RELU
    for part, kind in _BY_CLASS_NAME:
        if part in class_name:
            return kind
    return LayerKind(class_name, "The output of this layer.")


def format_shape(shape: tuple[int | None, ...]) -> str:
    """A shape such as `48 × 48 × 96`; `1` for a single value."""
    return " × ".join("?" if size is None else f"{size:,}" for size in shape) or "1"


def format_value(value: float) -> str:
    """A value with three significant digits and a typographic minus sign, such as `−0.0312`."""
    return f"{value:.3g}".replace("-", "−")
