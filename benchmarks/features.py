"""A pass of the network that also returns features, compared with one that does not.

    python -m benchmarks.features BUNDLE

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
from app.core.bundles.manifest import PIXELS, FeatureLayer
from app.core.networks.network import Network, load_network
from app.core.scoring.engine import BATCH_SIZE
from benchmarks import calls
from benchmarks.table import Row, log, log_machine, print_table

_ROUNDS = 30
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
        "else its input in 4 x 4 cells and its heatmap layer",
    )
    calls.add_count(parser, "--batches", 4, "batches a round")
    options = parser.parse_args()
    log_machine()
    return print_table(measure(options.bundle, options.layer or (), options.batches))


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
    layers = (
        tuple(layers)
        or bundle.manifest.feature_layers
        or (
            FeatureLayer(layer=PIXELS, grid=4, spread=True),
            FeatureLayer(layer=bundle.manifest.heatmap.layer, spread=True),
        )
    )
    network, size = load_network(bundle), bundle.manifest.input
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
