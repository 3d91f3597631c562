"""A pass of the network that also returns features, compared with one that does not.

    python -m benchmarks.features BUNDLE [--films FILMS]

With films, and a bundle that has a reference, scoring with the whole gate is compared as well.
Both networks are converted and compiled alike, and take turns on the same pixels on one core.
Counted is the processor's time, which other programs on the machine hardly affect.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from app.core.backends.openvino_cpu import compile_for_cpu, load_openvino
from app.core.backends.scoring_graph import scoring_function
from app.core.bundles.bundle import load_bundle
from app.core.bundles.reference_section import FeatureLayer
from app.core.errors import OverreadError
from app.core.networks.network import Network, load_network
from app.core.scoring.engine import BATCH_SIZE, Engine
from app.core.sources.source import Source
from benchmarks import calls, films
from benchmarks.table import Row, log, log_machine, print_table
from benchmarks.ungated import without_reference
from model_training.reference.layers import default_layers

_ROUNDS = 30
_FILM_ROUNDS = 7
_LIMIT = 1.05


def main() -> int:
    """Measures and prints; exit status 1 if the target is missed."""
    parser = calls.parser("benchmarks.features", __doc__)
    calls.add_bundle(parser)
    parser.add_argument(
        "--layer",
        action="append",
        type=_layer,
        metavar="NAME[:GRID]",
        help="layer to pool, by mean and deviation; default: those of the bundle's reference, "
        "else those that the trainer would choose",
    )
    calls.add_count(parser, "--batches", 4, "batches a round")
    parser.add_argument(
        "--films",
        type=calls.films_folder,
        metavar="FILMS",
        help="folder of films to score; default: only passes are compared",
    )
    calls.add_count(parser, "--images", 200, "films to score")
    options = parser.parse_args()
    log_machine()
    rows = measure(options.bundle, options.layer or (), options.batches)
    if options.films:
        rows += measure_gate(options.bundle, options.films, options.images)
    return print_table(rows)


def _layer(text: str) -> FeatureLayer:
    name, _, grid = text.partition(":")
    if grid and not grid.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME or NAME:GRID, such as pixels:4")
    return FeatureLayer(layer=name, grid=int(grid or 1), spread=True)


def measure(folder: Path, layers: tuple[FeatureLayer, ...], num_batches: int) -> list[Row]:
    """The ratio of the times of both passes.

    Args:
        folder: Folder of the bundle.
        layers: What to pool; none for what the bundle pools.
        num_batches: Number of batches a round.
    """
    bundle = load_bundle(folder)
    network, size = load_network(bundle), bundle.manifest.input
    layers = tuple(layers) or bundle.manifest.feature_layers or default_layers(network)
    shape = (BATCH_SIZE, size.height, size.width, size.channels)
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.float32)
    with tempfile.TemporaryDirectory() as work:
        passes = {
            name: _compiled(network, chosen, Path(work) / f"{name}.xml")
            for name, chosen in (("without", ()), ("with", layers))
        }
    times: dict[str, list[float]] = {name: [] for name in passes}
    for number in range(_ROUNDS + 1):
        for name in sorted(passes, reverse=bool(number % 2)):
            began = time.process_time()
            for _ in range(num_batches):
                passes[name].infer(pixels)
            taken = time.process_time() - began
            if number:  # the first is a warm-up
                times[name].append(taken)
    rates = {name: num_batches * BATCH_SIZE / median(found) for name, found in times.items()}
    log(", ".join(f"{name} {rate:.1f}/s" for name, rate in rates.items()))
    ratio = median(a / b for a, b in zip(times["with"], times["without"], strict=True))
    return [
        Row(f"{bundle.name}: pass with features, time relative to one without", ratio, _LIMIT,
            at_most=True),
    ]  # fmt: skip


def measure_gate(folder: Path, source: Path, num_images: int) -> list[Row]:
    """The time of scoring films with the gate relative to that without, and what the gate adds.

    Args:
        folder: Folder of a bundle with a reference.
        source: Folder of films.
        num_images: Number of films.

    Raises:
        OverreadError: If the bundle has no reference.
    """
    bundle = load_bundle(folder)
    if bundle.manifest.reference is None:
        raise OverreadError(f"The bundle {bundle.name!r} has no reference; choose one that has.")
    found = [Source(path.name, path) for path in films.paths(source)[:num_images]]
    times: dict[str, list[float]] = {"with": [], "without": []}
    with tempfile.TemporaryDirectory() as work:
        plain = without_reference(bundle, Path(work) / bundle.name)
        engines = {
            "with": Engine(bundle, backend="openvino", workers=1),
            "without": Engine(plain, backend="openvino", workers=1, cache=Path(work)),
        }
        for number in range(_FILM_ROUNDS + 1):
            for name in sorted(engines, reverse=bool(number % 2)):
                began = time.process_time()
                list(engines[name].score(found))
                if number:  # the first is a warm-up
                    times[name].append(time.process_time() - began)
    pairs = list(zip(times["with"], times["without"], strict=True))
    a_film = 1000 / len(found)
    return [
        Row(f"{bundle.name}: score with the gate, time relative to score without",
            median(a / b for a, b in pairs), _LIMIT, at_most=True),
        Row("milliseconds of processor time a film: score without the gate",
            a_film * median(times["without"])),
        Row("the same: what the gate adds", a_film * median(a - b for a, b in pairs)),
    ]  # fmt: skip


def _compiled(network: Network, layers: tuple[FeatureLayer, ...], file: Path) -> Any:
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    function = scoring_function(network, layers)
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    openvino = load_openvino()
    openvino.save_model(openvino.convert_model(frozen.graph), file, compress_to_fp16=False)
    return compile_for_cpu(file, streams=1).create_infer_request()


if __name__ == "__main__":
    calls.run(main)
