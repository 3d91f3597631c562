"""Which layers learn: the stages of transfer learning."""

from __future__ import annotations

import math

import keras

from model_training.suggestions import nearest


def freeze(model: keras.Model, *, until: str | None, backbone_end: str | None) -> None:
    """Keeps the layers before `until` as they are; that layer and what follows it learn.

    For feature extraction `until` is the backbone's end: only the head learns. For fine-tuning
    it is the first layer that learns again. The batch normalisations of the backbone stay
    frozen either way, which in Keras also keeps them in inference mode: a small batch of films
    would spoil their statistics.

    Compile the model afterwards.

    Args:
        model: A flat network; its layers are taken in the order of `model.layers`.
        until: Name of a layer of the backbone, or None where all of them learn.
        backbone_end: Name of the pre-trained backbone's last layer, which has no weights of its
            own; None where there is no backbone.

    Raises:
        ValueError: If there is no layer of such a name, or `until` is not in the backbone.
    """
    end = -1 if backbone_end is None else _position(model, backbone_end, "backbone_end")
    first = 0 if until is None else _position(model, until, "until")
    if until is not None and first > end:
        raise ValueError(
            "`until` must name a layer of the backbone, "
            + (f"which ends with {backbone_end!r}" if backbone_end else "and there is none")
            + f"; what follows it always learns. Received until={until!r}."
        )
    for position, layer in enumerate(model.layers):
        kept = position <= end and isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = position >= first and not kept


def parameter_counts(model: keras.Model) -> tuple[int, int]:
    """Numbers of parameters that training changes by gradient, and of all others.

    The moving statistics of batch normalisation are among the others.
    """
    trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    return trainable, model.count_params() - trainable


def _position(model: keras.Model, name: str, argument: str) -> int:
    names = [layer.name for layer in model.layers]
    if name not in names:
        raise ValueError(
            f"`{argument}` must name a layer of the network. Received {argument}={name!r}."
            + nearest(name, names)
        )
    return names.index(name)
