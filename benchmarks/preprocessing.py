"""How often the preprocessing that a network was trained with is found by labelled images.

    python -m benchmarks.preprocessing [--seeds 4] [--films 120]

Trains small networks on drawn colour pictures, each with another scaling and order of colours, with
and without batch normalisation. The scaling is then taken off, and looked for as
`overread-train import` does, on pictures that the network has not seen. 12 kinds of networks for
each seed: 48.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.core.networks.network import Network, silence_tensorflow
from benchmarks import calls
from benchmarks.table import log_machine
from model_training.importing.preprocessing import Setting, settings_for
from model_training.importing.preprocessing_search import Examination, examine
from model_training.reports.markdown import markdown_table

if TYPE_CHECKING:
    import keras

_SIDE = 32
_TRAINING = 512


@dataclass(frozen=True, slots=True, eq=False)
class Wrapping:
    """A network whose scaling was taken off.

    Attributes:
        network: On pixels as they are.
        planted: How it was trained.
        normalised: Whether it has batch normalisation.
    """

    network: Network
    planted: Setting
    normalised: bool


def pictures(number: int, *, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Pictures of cells, whose class shows in colour, size and brightness, none of it surely.

    Args:
        number: How many.
        seed: Of the drawing.

    Returns:
        uint8 `(number, 32, 32, 3)`, RGB, and the labels, 0 or 1, `(number, 1)`.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, number)
    rows, columns = np.mgrid[:_SIDE, :_SIDE]
    films = np.empty((number, _SIDE, _SIDE, 3))
    for film, label in zip(films, labels, strict=True):
        row, column = rng.uniform(10, 22, 2)
        inside = (rows - row) ** 2 + (columns - column) ** 2 < rng.normal(49 + 18 * label, 14)
        film[...] = rng.normal((200, 170, 185), 14)
        film[inside] = rng.normal((130 + 26 * label, 70, 150 - 22 * label), 16)
        film += rng.normal(0, 12, film.shape)
    return np.clip(films, 0, 255).astype(np.uint8), labels[:, np.newaxis].astype(np.float32)


def wrap(planted: Setting, *, normalised: bool, seed: int) -> Wrapping:
    """Trains a network with a scaling, and takes the scaling off.

    Args:
        planted: Scaling and order of colours.
        normalised: Whether it has batch normalisation.
        seed: Of pictures and weights.
    """
    silence_tensorflow()
    import keras

    from model_training.importing.scaling import scaled

    keras.utils.set_random_seed(seed)
    films, labels = pictures(_TRAINING, seed=seed)
    entrance = keras.Input((_SIDE, _SIDE, 3))
    scaling = keras.Model(entrance, scaled(entrance, planted.scale, blue_first=planted.blue_first))
    prepared = np.asarray(scaling(films.astype(np.float32)))
    body = _body(normalised)
    body.compile(keras.optimizers.Adam(3e-3), "binary_crossentropy")
    body.fit(prepared, labels, batch_size=32, epochs=8, verbose=0)
    return Wrapping(Network(body, "last"), planted, normalised)


def _body(normalised: bool) -> keras.Model:
    import keras

    layers = keras.layers
    pixels = x = keras.Input((_SIDE, _SIDE, 3))
    for number, filters in enumerate((8, 16)):
        name = "last" if number else "first"
        x = layers.Conv2D(filters, 3, strides=2, padding="same", name=f"{name}_conv")(x)
        if normalised:
            x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU(name=name)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(pixels, layers.Dense(1, activation="sigmoid")(x))


def found(wrapping: Wrapping, num_films: int, *, seed: int) -> Examination:
    """What is found for a wrapping on pictures that it has not seen.

    Args:
        wrapping: The network.
        num_films: Number of pictures.
        seed: Of the pictures.
    """
    films, labels = pictures(num_films, seed=seed)
    patients = [str(number) for number in range(num_films)]
    return examine(wrapping.network, {"stretch": films}, labels, patients)


def is_right(examination: Examination, planted: Setting) -> bool:
    """Whether the planted setting comes first, or answers like the one that does.

    Args:
        examination: What was found.
        planted: How the network was trained.
    """
    return planted in (examination.best, *examination.same)


def main() -> int:
    """Prints how often the planted setting was found, and how often the search was sure.

    Returns:
        1 if it was sure of a setting that was not planted.
    """
    parser = calls.parser(__spec__.name, __doc__ or "")
    calls.add_count(parser, "--seeds", 4, "networks of each scaling and kind")
    calls.add_count(parser, "--films", 120, "labelled films to search with")
    options = parser.parse_args()
    log_machine()
    rows: list[tuple[object, ...]] = []
    total = np.zeros(4, np.int64)
    for normalised in (False, True):
        counts = np.zeros(4, np.int64)
        planted = [one for one in settings_for(3, "stretch") if one.blue_first == normalised]
        for setting, seed in product(planted, range(options.seeds)):
            wrapping = wrap(setting, normalised=normalised, seed=seed)
            examination = found(wrapping, options.films, seed=1_000 + seed)
            right, sure = is_right(examination, setting), examination.is_sure
            counts += (1, right, sure, sure and not right)
            print(
                f"{setting}, seed {seed}: {examination.best}, AUC "
                f"{examination.tried[0].aucs.value:.3f}, by {examination.decided_by or 'nothing'}",
                file=sys.stderr,
            )
        total += counts
        rows.append(("with" if normalised else "without", *counts.tolist()))
    rows.append(("all", *total.tolist()))
    header = ("batch normalisation", "networks", "found", "sure", "sure and wrong")
    print(markdown_table(header, rows))
    return int(total[-1] > 0)


if __name__ == "__main__":
    sys.exit(main())
