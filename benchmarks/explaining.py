"""Scoring with heatmaps compared with `model.predict` and tf-keras-vis.

    python -m benchmarks.explaining BUNDLE FILMS

All variants read, decode and fit the same films. They take turns in one process, so that
other load on the machine affects all of them. None compares films with the bundle's reference:
`benchmarks.features` measures the gate.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from app.core.backends.openvino_cpu import compile_for_cpu
from app.core.backends.scores import Scores
from app.core.bundles.bundle import Bundle, load_bundle
from app.core.images import decoding
from app.core.images.preparation import to_input
from app.core.networks.network import Network, load_network
from app.core.scoring.engine import Engine
from app.core.sources.source import Source
from benchmarks import calls, films
from benchmarks.table import Row, log, log_machine, print_table, seconds
from benchmarks.ungated import without_reference

ROUNDS = 3


def main() -> int:
    """Measures and prints; exit status 1 if a target is missed."""
    parser = calls.parser("benchmarks.explaining", __doc__)
    calls.add_bundle(parser)
    calls.add_films(parser, "radiographs")
    calls.add_count(parser, "--images", 512, "films in batches")
    calls.add_count(parser, "--single", 24, "films one by one")
    options = parser.parse_args()
    log_machine()
    with tempfile.TemporaryDirectory() as work:
        loaded = load_bundle(options.bundle)
        bundle = without_reference(loaded, Path(work) / loaded.name)
        return print_table(measure(bundle, options.films, options.images, options.single))


def measure(bundle: Bundle, source: Path, num_images: int, num_single: int) -> list[Row]:
    """The three ratios.

    Args:
        bundle: The bundle, without a reference.
        source: Folder of films.
        num_images: Number of films for batches.
        num_single: Number of films for one at a time.
    """
    engine, network = Engine(bundle, backend="openvino"), load_network(bundle)
    alone = Engine(bundle, backend="openvino")
    alone.backend = LogitsOnly(network, engine.workers)
    found = films.paths(source)[:num_images]
    sources = [Source(path.name, path) for path in found]

    def one_by_one() -> None:
        for path in found[:num_single]:
            pixels = fitted(bundle, [path])
            network.model.predict(pixels, batch_size=1, verbose=0)
            grad_cam(pixels)

    def in_batches() -> None:
        for start in range(0, len(found), 32):
            pixels = fitted(bundle, found[start : start + 32])
            network.model.predict(pixels, batch_size=32, verbose=0)
            grad_cam(pixels)

    grad_cam = tf_keras_vis_grad_cam(network)
    for warm_up in (one_by_one, in_batches):  # functions are traced at their first call
        warm_up()
    times: dict[str, list[float]] = {"engine": [], "alone": [], "single": [], "batches": []}
    for _ in range(ROUNDS):
        times["engine"].append(seconds(lambda: list(engine.score(sources))) / len(found))
        times["alone"].append(seconds(lambda: list(alone.score(sources))) / len(found))
        times["single"].append(seconds(one_by_one) / min(num_single, len(found)))
        times["batches"].append(seconds(in_batches) / len(found))
        log(", ".join(f"{name} {1 / values[-1]:.1f}/s" for name, values in times.items()))

    def ratio(first: str, second: str) -> float:
        return median(a / b for a, b in zip(times[first], times[second], strict=True))

    return [
        Row(f"{bundle.name}: score + Grad-CAM, rate relative to one film at a time",
            ratio("single", "engine"), 40),
        Row(f"{bundle.name}: the same relative to batches of 32", ratio("batches", "engine"), 6),
        Row(f"{bundle.name}: score + Grad-CAM, time relative to scoring alone",
            ratio("engine", "alone"), 1.15, at_most=True),
    ]  # fmt: skip


class LogitsOnly:
    """The same network on OpenVINO without heatmaps."""

    description = "OpenVINO, logits only"
    num_logits = 1

    def __init__(self, network: Network, workers: int) -> None:
        """Converts and compiles the network.

        Args:
            network: The network.
            workers: Number of parallel streams.
        """
        import openvino
        import tensorflow as tf

        model = network.logits_model
        shape = (None, *model.input_shape[1:])
        function = tf.function(
            lambda pixels: model(pixels, training=False)[1],
            input_signature=[tf.TensorSpec(shape, tf.float32)],
        )
        converted = openvino.convert_model(function.get_concrete_function())
        self._compiled = compile_for_cpu(converted, streams=workers)

    def run(self, pixels: NDArray[np.float32]) -> Scores:
        """Logits of shape `(batch, 1)`, and empty heatmaps of shape `(batch, 1, 1, 1)`.

        Takes pixels in [0, 255] of shape `(batch, height, width, channels)`.
        """
        output = self._compiled.create_infer_request().infer(pixels)
        return Scores(np.array(output[0]), np.zeros((len(pixels), 1, 1, 1), np.float32))


def fitted(bundle: Bundle, paths: list[Path]) -> NDArray[np.float32]:
    """Films as the network takes them, decoded one after the other.

    Args:
        bundle: The bundle whose input size is used.
        paths: The films.

    Returns:
        float32 in [0, 255], shape `(num_films, height, width, channels)`.
    """
    size = bundle.manifest.input
    decoded = (decoding.decode(path.read_bytes()) for path in paths)
    return np.stack([to_input(film, size) for film in decoded]).astype(np.float32)


def tf_keras_vis_grad_cam(network: Network) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """Grad-CAM of the last output by tf-keras-vis, at the resolution of the heatmap layer."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        from tf_keras_vis.gradcam import Gradcam
        from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
        from tf_keras_vis.utils.scores import CategoricalScore
    explain = Gradcam(network.model, model_modifier=ReplaceToLinear(), clone=True)
    last = network.model.output_shape[-1] - 1

    def grad_cam(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        maps: NDArray[np.float32] = explain(
            CategoricalScore([last] * len(pixels)),
            pixels,
            penultimate_layer=network.heatmap_layer,
            seek_penultimate_conv_layer=False,
            expand_cam=False,
        )
        return maps

    return grad_cam


if __name__ == "__main__":
    calls.run(main)
