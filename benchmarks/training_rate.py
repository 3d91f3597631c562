"""Overhead of the trainer compared with a bare `model.fit`.

    python -m benchmarks.training_rate CHEST

Both sides of a ratio run in turn, in one process, on the same images, network and augmentation,
so that other load on the machine affects both.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np

from app.core.networks.network import silence_tensorflow
from benchmarks import calls
from benchmarks.table import Row, print_table, seconds
from model_training.networks.usual_settings import PRESET_NAMES

ROUNDS = 3


def main() -> int:
    """Measures and prints; exit status 1 if a target is missed."""
    parser = calls.parser("benchmarks.training_rate", __doc__)
    parser.add_argument("data", type=Path, help="folder of labelled images, as for fit")
    parser.add_argument(
        "--preset",
        default="probreathe",
        choices=PRESET_NAMES,
        help="network that is trained; default: probreathe",
    )
    calls.add_count(parser, "--images", 0, "number of images; 0: all", lowest=0)
    options = parser.parse_args()
    silence_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(options.data, options.preset, options.images, Path(folder))
    return print_table(rows)


def measure(data: Path, preset: str, num_images: int, folder: Path) -> list[Row]:
    """Both ratios, with their targets.

    Args:
        data: Folder of labelled images.
        preset: Name of the preset.
        num_images: Number of training images; 0 for all.
        folder: Temporary folder.
    """
    import keras
    import tensorflow as tf

    from model_training.augmentation.augment import augment
    from model_training.config import TrainingConfig
    from model_training.data.datasets import read_dataset
    from model_training.networks.catalogue import PRESETS
    from model_training.preparation.films import prepare
    from model_training.training.batches import TrainingBatches
    from model_training.training.loop import train

    config = TrainingConfig.from_preset(preset, epochs=1, leaks="keep")
    films = prepare(read_dataset(data), config=config, cache=folder / "cache")
    rows = films.rows[films.positions("train")]
    if num_images:  # spread over all images, so that both classes are included
        rows = rows[np.linspace(0, len(rows) - 1, min(num_images, len(rows))).astype(np.int64)]
    val_rows = films.rows[films.positions("val")]
    validation = val_rows[np.linspace(0, len(val_rows) - 1, 64).astype(np.int64)]
    labels = films.labels_by_row
    in_memory = np.array(films.pixels[rows])
    targets = labels[rows].astype(np.float32)[:, None]

    def network() -> keras.Model:
        keras.utils.set_random_seed(0)
        return PRESETS[preset].build(
            input_shape=films.pixels.shape[1:], output_bias=np.zeros(1, np.float32)
        )

    def ours(number: int) -> float:
        model = network()
        batches = TrainingBatches(films.pixels, labels, rows, config=config, num_classes=2)
        work = folder / f"run{number}"
        work.mkdir()
        return seconds(
            lambda: train(
                model, batches, (films.pixels, labels, validation), config=config, folder=work
            )
        )

    def bare(number: int) -> float:
        model = network()
        model.compile(config.optimizer, "binary_crossentropy", jit_compile=False,
                      metrics=["accuracy", keras.metrics.AUC()])  # fmt: skip
        generator = np.random.default_rng(number)
        options = config.augmentation_options

        def changed(image: np.ndarray) -> np.ndarray:
            return augment(image, options, generator)

        def load(image: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            film = tf.numpy_function(changed, [image], tf.float32)
            film.set_shape(in_memory.shape[1:])
            return film, target

        dataset = (
            tf.data.Dataset.from_tensor_slices((in_memory, targets))
            .shuffle(len(targets), seed=number)
            .map(load, num_parallel_calls=2)
            .batch(config.batch_size)
            .prefetch(2)
        )
        pixels = films.pixels[validation].astype(np.float32)
        checked = (pixels, labels[validation].astype(np.float32)[:, None])
        return seconds(
            lambda: model.fit(dataset, validation_data=checked, epochs=1, verbose=0, shuffle=False)
        )

    def steps(source: np.ndarray, chosen: np.ndarray, truth: np.ndarray) -> float:
        """Duration of the steps of an epoch without augmentation, with pixels from `source`."""
        model = network()
        model.compile(config.optimizer, "binary_crossentropy", jit_compile=False)
        plain = TrainingConfig.from_preset(preset, augmentation="none", imbalance="none")
        batches = TrainingBatches(source, truth, chosen, config=plain, num_classes=2)
        model.fit(batches.dataset().take(3), verbose=0, shuffle=False)
        return seconds(lambda: model.fit(batches.dataset(), verbose=0, shuffle=False))

    places = np.arange(len(rows))
    pairs = [(ours(number), bare(number)) for number in range(ROUNDS)]
    rates = [
        (steps(films.pixels, rows, labels), steps(in_memory, places, labels[rows]))
        for _ in range(ROUNDS)
    ]
    epoch = median(first / second for first, second in pairs)
    rate = median(second / first for first, second in rates)
    for first, second in pairs:
        print(f"epoch: {first:.1f} s, bare model.fit {second:.1f} s", file=sys.stderr)
    for first, second in rates:
        print(f"steps: {first:.1f} s from the cache, {second:.1f} s in memory", file=sys.stderr)
    return [
        Row(f"one epoch of {preset}, time relative to a bare model.fit", epoch, 1.1, at_most=True),
        Row("step rate from the cache relative to memory", rate, 0.95),
    ]


if __name__ == "__main__":
    calls.run(main)
