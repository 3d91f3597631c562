"""Loads a bundle's network and provides the sub-networks used for Grad-CAM and logits.

The only module that opens `model.keras`. Keras and TensorFlow are imported on first use.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import MODEL
from app.core.errors import BundleError
from app.core.networks.feature_pooling import tapped_tensors

if TYPE_CHECKING:
    import keras


# Keras loads these where they are installed, for plots and wrappers that nothing here uses.
_NOT_NEEDED_BY_KERAS = ("matplotlib", "sklearn")


@dataclass(frozen=True)
class Network:
    """A flat functional network and its heatmap layer.

    It is never modified: sub-networks share its weights and replace none of its layers.

    Attributes:
        model: The Keras model; probabilities from pixels.
        heatmap_layer: Name of the layer that heatmaps are computed from.
    """

    model: keras.Model
    heatmap_layer: str

    @cached_property
    def logits_model(self) -> keras.Model:
        """Pixels -> `(features of the heatmap layer, logits)`."""
        import keras

        features = self.model.get_layer(self.heatmap_layer).output
        return keras.Model(self.model.input, [features, logits_of(self.model)])

    @cached_property
    def head(self) -> keras.Model:
        """Features of the heatmap layer -> logits: the only part that Grad-CAM differentiates."""
        import keras

        return keras.Model(self.model.get_layer(self.heatmap_layer).output, logits_of(self.model))


def load_network(bundle: Bundle) -> Network:
    """Loads a bundle's network and checks it against its manifest.

    Raises:
        BundleError: If the file cannot be loaded, a weight is NaN or infinite, or the input,
            classes, heatmap layer or the layers of its reference differ from the manifest.
    """
    silence_tensorflow()
    import keras

    try:
        model = keras.models.load_model(bundle.path / MODEL, compile=False)
    except Exception as error:
        raise BundleError(
            f"{MODEL} of the bundle {bundle.name!r} cannot be loaded ({type(error).__name__}). "
            "Expected a Keras 3 functional model without custom layers. Train it again."
        ) from error
    check_network(model, bundle)
    _check_reference_layers(model, bundle)
    require_finite_weights(model, bundle)
    return Network(model, bundle.manifest.heatmap.layer)


def check_network(model: keras.Model, bundle: Bundle) -> None:
    """Checks a model against its manifest.

    Args:
        model: The loaded Keras model.
        bundle: The bundle it belongs to.

    Raises:
        BundleError: If it is not a single flat functional graph, or its input shape, number of
            classes, output activation or heatmap layer does not match the manifest.
    """
    import keras

    task, size = bundle.manifest.task, bundle.manifest.input
    nested = [layer.name for layer in model.layers if isinstance(layer, keras.Model)]
    if isinstance(model, keras.Sequential) or nested:
        found = f"has the models {nested} as layers" if nested else "is a Sequential"
        raise BundleError(
            f"The network of {bundle.name!r} {found}. Expected one flat functional graph: build "
            "the backbone with `input_tensor=` and train it again."
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise BundleError(
            f"The network of {bundle.name!r} has {len(model.inputs)} inputs and "
            f"{len(model.outputs)} outputs; expected one of each. Train it again."
        )
    expected_input = (size.height, size.width, size.channels)
    if tuple(model.input_shape[1:]) != expected_input:
        raise BundleError(
            f"The network of {bundle.name!r} takes {tuple(model.input_shape[1:])}; its manifest "
            f"says {expected_input} (height, width, channels). Train it again."
        )
    units = model.output_shape[-1]
    if units != len(task.classes) and not (task.binary and units == 1):
        raise BundleError(
            f"The network of {bundle.name!r} has {units} outputs; its manifest lists "
            f"{len(task.classes)} classes {list(task.classes)}. Train it again."
        )
    expected = "sigmoid" if units == 1 or task.any_of else "softmax"
    activation = output_activation(model)
    if activation != expected:
        raise BundleError(
            f"The network of {bundle.name!r} ends in {activation!r}; with {units} outputs "
            f"{'for findings ' if task.any_of else ''}it must end in {expected}, in the last "
            "Dense layer or directly after it. Train it again."
        )
    _check_heatmap_layer(model, bundle)


def require_finite_weights(model: keras.Model, bundle: Bundle) -> None:
    """Refuses NaN and infinity among the weights.

    They need not show in the answer: where a library's ReLU takes NaN for zero, a network that
    diverged in training answers with probabilities that mean nothing.

    Args:
        model: The loaded Keras model.
        bundle: The bundle it belongs to.

    Raises:
        BundleError: If there is one.
    """
    for variable in model.weights:
        if not np.isfinite(np.asarray(variable)).all():
            raise BundleError(
                f"The network of {bundle.name!r} has weights that are not finite (NaN or "
                f"infinity), first in {variable.path!r}. Train or export it again."
            )


def _check_heatmap_layer(model: keras.Model, bundle: Bundle) -> None:
    name = bundle.manifest.heatmap.layer
    layers = {layer.name: layer for layer in model.layers}
    if name not in layers or len(layers[name].output.shape) != 4:
        raise BundleError(
            f"The heatmap layer {name!r} of {bundle.name!r} is not a layer with feature "
            f"maps. Expected one of {[n for n, x in layers.items() if len(x.output.shape) == 4]}."
        )
    try:
        _ = Network(model, name).head
    except ValueError:
        raise BundleError(
            f"The heatmap layer {name!r} of {bundle.name!r} is bypassed by another path to the "
            "output, so a heatmap would show only part of the evidence. Choose a layer after the "
            "point where all paths have joined."
        ) from None


def _check_reference_layers(model: keras.Model, bundle: Bundle) -> None:
    try:
        tapped_tensors(model, bundle.manifest.feature_layers)
    except ValueError as error:
        raise BundleError(
            f"The reference of {bundle.name!r} does not fit its network: {error}. Write the "
            "reference again."
        ) from None


def silence_tensorflow() -> None:
    """Imports TensorFlow and Keras, once, without the messages that bypass Python's standard error.

    What Keras imports only for plots and for scikit-learn is left out: a third of the time.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    sys.stderr.flush()
    terminal = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        with _left_out(_NOT_NEEDED_BY_KERAS), _without_garbage_collection():
            import tensorflow as tf

            tf.config.list_physical_devices()
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(silence)


@contextlib.contextmanager
def _left_out(packages: tuple[str, ...]) -> Iterator[None]:
    """Lets packages that are not loaded yet look as if they were not installed."""
    absent = [package for package in packages if package not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for package in absent:
            del sys.modules[package]


@contextlib.contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """An import makes many objects and hardly any garbage, so looking for it only takes time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def output_activation(model: keras.Model) -> str:
    """Name of the function that converts logits to probabilities.

    Args:
        model: A flat functional network.
    """
    import keras

    last = model.layers[-1]
    if isinstance(last, keras.layers.Softmax):
        return "softmax"
    if isinstance(last, keras.layers.Dense | keras.layers.Activation):
        return str(keras.activations.serialize(last.activation))
    return str(last.name)


def logits_of(model: keras.Model) -> Any:
    """The input of the last sigmoid or softmax, as a tensor of the same graph.

    Args:
        model: A flat functional network.
    """
    import keras

    last = model.layers[-1]
    if isinstance(last, keras.layers.Dense):
        twin = keras.layers.Dense(last.units, use_bias=last.use_bias, name=f"{last.name}_logits")
        logits = twin(last.input)
        twin.set_weights(last.get_weights())
        return logits
    return last.input
