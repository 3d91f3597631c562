"""The end of a network: which outputs it has, what they mean, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.task import TaskKind
from model_training.importing.refusal import NotImportedError

Head = Literal["sigmoid", "softmax", "findings"]
HEADS: tuple[Head, ...] = ("sigmoid", "softmax", "findings")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a network ends.

    Attributes:
        layer: The last layer, which makes probabilities, or logits.
        head: What its outputs are.
        units: How many there are.
        recognised: Whether that was seen in the file, not said by somebody.
    """

    layer: Any
    head: Head
    units: int
    recognised: bool

    @property
    def num_classes(self) -> int:
        """The number of classes or findings; one sigmoid decides between two."""
        return 2 if self.head == "sigmoid" else self.units

    @property
    def task(self) -> TaskKind:
        """Whether one of the classes is true, or any of the findings."""
        return "any-of" if self.head == "findings" else "one-of"


def ending_of(output: Any, head: Head | None) -> Ending:
    """How a network ends.

    Args:
        output: Its output tensor.
        head: What its outputs are, if somebody says so.

    Raises:
        NotImportedError: If the file does not say what the outputs are and nobody does, or what
            is said contradicts the file.
    """
    layer = output._keras_history.operation
    if len(output.shape) != 2:
        raise NotImportedError(
            f"The model gives {tuple(output.shape[1:])} for each image. Expected one number for "
            "each class; a model that outlines or locates findings cannot be imported."
        )
    return ending_from(_activation(layer), int(output.shape[-1]), head, layer=layer)


def ending_from(activation: str, units: int, head: Head | None, *, layer: Any) -> Ending:
    """How a network ends, by its last activation.

    Args:
        activation: Its name; `linear` if there is none.
        units: The number of outputs.
        head: What its outputs are, if somebody says so.
        layer: The last layer, or what gives the logits.

    Raises:
        NotImportedError: As `ending_of`.
    """
    if activation in ("sigmoid", "softmax"):
        found: Head = "softmax" if activation == "softmax" else _sigmoids(units)
        if head not in (None, found):
            raise NotImportedError(
                f"The model ends in {activation} with {units} outputs, which is --head {found}; "
                f"received --head {head}. Leave --head out."
            )
    elif activation == "linear":
        found = _said(head, units)
    else:
        raise NotImportedError(
            f"The model ends in {activation!r} (layer {name_of(layer)!r}). Expected a sigmoid, a "
            "softmax, or logits without activation: a classifier of images."
        )
    if found == "softmax" and units == 1:
        raise NotImportedError(
            "The model ends in a softmax of one output, which answers 1 for every image. It "
            "cannot have been trained with it; build it with a sigmoid."
        )
    return Ending(layer, found, units, recognised=activation != "linear")


def name_of(layer: Any) -> str:
    """Name of the last layer, of Keras or of a graph.

    Args:
        layer: Of an `Ending`.
    """
    return str(getattr(layer, "name", "") or layer.get_friendly_name())


def with_head(ending: Ending, order: tuple[int, ...]) -> Any:
    """The probabilities of a network, with its outputs in another order.

    Args:
        ending: How it ends.
        order: Which of its classes come first, second and so on. Of one sigmoid, `(1, 0)` makes
            the probability that of the other class.

    Returns:
        A tensor `(batch, num_outputs)`, from a layer that ends as `app.core` expects it.
    """
    import keras

    activation = "softmax" if ending.head == "softmax" else "sigmoid"
    mixing = _mixing(ending, order)
    layer = ending.layer
    if isinstance(layer, keras.layers.Dense):
        kernel, *bias = layer.get_weights()
        weights = [kernel @ mixing, *(one @ mixing for one in bias)]
        logits, use_bias = layer.input, bool(bias)
    else:
        is_activation = isinstance(layer, keras.layers.Activation | keras.layers.Softmax)
        logits = layer.input if is_activation else layer.output
        if np.array_equal(mixing, np.eye(ending.units)):
            return keras.layers.Activation(activation, name="overread_predictions")(logits)
        weights, use_bias = [mixing], False
    last = keras.layers.Dense(
        ending.units, activation=activation, use_bias=use_bias, name="overread_predictions"
    )
    probabilities = last(logits)
    last.set_weights(weights)
    return probabilities


def _mixing(ending: Ending, order: tuple[int, ...]) -> NDArray[np.float32]:
    """The matrix that takes logits to those in the new order; exact, as it has only 1, 0 or -1."""
    if ending.head == "sigmoid":
        return np.array([[1.0 if order == (0, 1) else -1.0]], np.float32)
    return np.eye(ending.units, dtype=np.float32)[:, list(order)]


def _sigmoids(units: int) -> Head:
    return "sigmoid" if units == 1 else "findings"


def _said(head: Head | None, units: int) -> Head:
    possible: tuple[Head, ...] = ("sigmoid",) if units == 1 else ("softmax", "findings")
    if head is not None and head in possible:
        return head
    meaning = (
        "--head sigmoid if it is the logit of the second class (a number that is no logit, such "
        "as an age, cannot be imported)"
        if units == 1
        else "--head softmax if one of the classes is true, --head findings if any of them can be"
    )
    received = f"; received --head {head}" if head else ""
    raise NotImportedError(
        f"The model ends without activation, in {units} "
        f"{'number' if units == 1 else 'numbers'}{received}. Say {meaning}."
    )


def _activation(layer: Any) -> str:
    import keras

    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    if isinstance(layer, keras.layers.Dense | keras.layers.Activation):
        return str(keras.activations.serialize(layer.activation))
    if isinstance(layer, keras.layers.GlobalAveragePooling2D | keras.layers.Flatten):
        return "linear"  # logits of a network without a last Dense layer
    return str(type(layer).__name__)
