"""Decides which layers are trained in each stage of transfer learning."""

from __future__ import annotations

import math

import keras

from model_training.suggestions import nearest


def freeze(model: keras.Model, *, until: str | None, backbone_end: str | None) -> None:
    """Freezes the layers before `until`; that layer and those after it are trained.

    For feature extraction, `until` is the end of the backbone: only the head is trained. For
    fine-tuning, it is the first layer to train. The batch normalisations of the backbone stay
    frozen either way, which in Keras also keeps them in inference mode: small batches of films
    would spoil their statistics.

    Compile the model afterwards.

    Args:
        model: A flat network; layers are taken in the order of `model.layers`.
        until: Name of a layer of the backbone, or None to train all layers.
        backbone_end: Name of the last layer of the pre-trained backbone, which has no weights of
            its own; None where there is no backbone.

    Raises:
        ValueError: If there is no layer of that name, or `until` is not in the backbone.
    """
    end = -1 if backbone_end is None else _end(model, backbone_end)
    first = 0 if until is None else _first_trainable_layer(model, until, end)
    for position, layer in enumerate(model.layers):
        is_norm = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = position >= first and not (is_norm and position <= end)


def parameter_counts(model: keras.Model) -> tuple[int, int]:
    """Number of trainable parameters, and of all others.

    The moving statistics of batch normalisation are among the others.
    """
    trainable = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    return trainable, model.count_params() - trainable


def is_backbone_trainable(model: keras.Model, backbone_end: str | None) -> bool:
    """Whether any layer of the backbone is trained; call `freeze` first.

    Args:
        model: A flat network.
        backbone_end: Name of the last layer of the backbone; None where there is none.
    """
    if backbone_end is None:
        return False
    end = _end(model, backbone_end)
    return any(layer.trainable_weights for layer in model.layers[: end + 1])


def _first_trainable_layer(model: keras.Model, name: str, end: int) -> int:
    """Position of the layer named by `--unfreeze-from`, in a backbone that ends at `end`.

    Raises:
        ValueError: If there is no such layer, or it is not in the backbone.
    """
    if end < 0:
        raise ValueError(
            "--unfreeze-from must name a layer of the backbone, but this preset has no backbone. "
            f"Received {name!r}."
        )
    names = [layer.name for layer in model.layers]
    if name not in names:
        weighted = [layer.name for layer in model.layers[: end + 1] if layer.weights]
        raise ValueError(
            f"--unfreeze-from must name a layer of the network. Received {name!r}."
            + nearest(name, names[:end])
            + f" Layers with weights: {', '.join(weighted)}."
        )
    if names.index(name) > end:
        raise ValueError(
            f"--unfreeze-from must name a layer of the backbone, which ends with {names[end]!r}; "
            f"the layers after it are always trained. Received {name!r}."
        )
    return names.index(name)


def _end(model: keras.Model, backbone_end: str) -> int:
    """Position of the last layer of the backbone."""
    names = [layer.name for layer in model.layers]
    if backbone_end not in names:
        raise ValueError(
            f"`backbone_end` must name a layer of the network. Received {backbone_end!r}."
            + nearest(backbone_end, names)
        )
    return names.index(backbone_end)
