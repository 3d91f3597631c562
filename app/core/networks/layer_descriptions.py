"""Layers and their values in words, for people who have never built a network."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayerKind:
    """A kind of layer.

    Attributes:
        word: Its name in a list.
        sentence: What its values show, for somebody who looks at them.
    """

    word: str
    sentence: str


# Part of the Keras class name -> kind; the first that fits counts, so narrow ones come first.
_BY_CLASS_NAME = (
    ("InputLayer", LayerKind("Input", "The film as it enters the network, pixel by pixel.")),
    (
        "Rescaling",
        LayerKind(
            "Rescaling", "The same picture on another scale of numbers; nothing is detected yet."
        ),
    ),
    (
        "BatchNormalization",
        LayerKind(
            "Batch normalisation",
            "The maps of the layer before, each shifted and stretched by fixed amounts; what "
            "they show stays the same.",
        ),
    ),
    (
        "Normalization",
        LayerKind(
            "Normalisation",
            "The same values brought to a common mean and spread, so that exposure counts for "
            "less; nothing is detected yet.",
        ),
    ),
    (
        "GlobalAveragePooling",
        LayerKind(
            "Global average pooling",
            "Each map becomes one number, its mean: how much of the pattern the film holds, no "
            "longer where.",
        ),
    ),
    (
        "GlobalMaxPooling",
        LayerKind(
            "Global maximum pooling",
            "Each map becomes one number, its highest value: how clearly the pattern occurs, no "
            "longer where.",
        ),
    ),
    (
        "MaxPooling",
        LayerKind(
            "Maximum pooling",
            "Each map shrinks: of every small patch only the highest value goes on.",
        ),
    ),
    (
        "AveragePooling",
        LayerKind(
            "Average pooling", "Each map shrinks: every small patch is replaced by its mean."
        ),
    ),
    (
        "DepthwiseConv",
        LayerKind(
            "Depthwise convolution",
            "Each map of the layer before is searched for one small pattern of its own; a value "
            "is high where it is found.",
        ),
    ),
    (
        "Conv",
        LayerKind(
            "Convolution",
            "Each channel searches all maps of the layer before for one small pattern; a value "
            "is high where the pattern is found.",
        ),
    ),
    (
        "UpSampling",
        LayerKind("Enlarging", "Each map is enlarged; nothing new is detected."),
    ),
    (
        "Padding",
        LayerKind("Padding", "A border is laid around each map; nothing new is detected."),
    ),
    ("Cropping", LayerKind("Cropping", "The border of each map is cut off.")),
    (
        "Dropout",
        LayerKind(
            "Dropout",
            "Switches values off at random while training; here everything passes unchanged.",
        ),
    ),
    (
        "Flatten",
        LayerKind("Flattening", "All maps laid out as one row of numbers, their places kept."),
    ),
    ("Reshape", LayerKind("Reshaping", "The same numbers in another arrangement.")),
    (
        "Add",
        LayerKind(
            "Sum of branches",
            "Two branches meet: what the block found is added to what came past it unchanged.",
        ),
    ),
    (
        "Multiply",
        LayerKind(
            "Product of branches",
            "One branch weighs the other: a channel is let through or turned down.",
        ),
    ),
    (
        "Concatenate",
        LayerKind("Joined branches", "The maps of several branches, side by side, unchanged."),
    ),
    (
        "Attention",
        LayerKind(
            "Attention", "Every place of the film gathers what matters to it from all the others."
        ),
    ),
    (
        "Dense",
        LayerKind(
            "Dense",
            "Each unit weighs every number of the layer before and adds them up.",
        ),
    ),
    (
        "ReLU",
        LayerKind(
            "Activation", "Values below zero are cut; what remains is where a pattern was found."
        ),
    ),
    (
        "Activation",
        LayerKind(
            "Activation", "The values of the layer before, each bent by the same simple curve."
        ),
    ),
)
_RELU = LayerKind(
    "Activation", "Values below zero are set to zero; what remains is where a pattern was found."
)
_DECISION = LayerKind(
    "Decision", "The evidence of the whole film, weighed and turned into a probability."
)


def kind_of(class_name: str, *, activation: str, is_output: bool) -> LayerKind:
    """The kind of a layer.

    Args:
        class_name: Its Keras class, such as `Conv2D`.
        activation: Name of its activation function, empty without one.
        is_output: Whether it gives the network's probabilities.
    """
    if is_output:
        return _DECISION
    if class_name == "Activation" and activation == "relu":
        return _RELU
    for part, kind in _BY_CLASS_NAME:
        if part in class_name:
            return kind
    return LayerKind(class_name, "The values as they leave this layer.")


def shape_words(shape: tuple[int | None, ...]) -> str:
    """A shape such as `48 × 48 × 96`; `1` for a single value."""
    return " × ".join("?" if size is None else f"{size:,}" for size in shape) or "1"


def value_words(value: float) -> str:
    """A value with three digits and a proper minus sign, such as `−0.0312`."""
    return f"{value:.3g}".replace("-", "−")
