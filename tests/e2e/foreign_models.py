"""Models as people have them, in the files of their frameworks, with what these answer."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.statistics.calibration import softmax
from tests.model_training.films import draw
from tests.model_training.importing.model_files import (
    at_home,
    keras_2,
    saved,
    teachable_machine,
)

CLASSES = ("NORMAL", "PNEUMONIA")
SKIN = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
CHEST = (
    "Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia",
    "Pneumothorax", "Consolidation", "Edema", "Emphysema", "Fibrosis", "Pleural_Thickening",
    "Hernia",
)  # fmt: skip
NUM_FILMS = 3
_REAL = Path(__file__).parents[1] / "model_training" / "importing" / "files"


@dataclass(frozen=True)
class Foreign:
    """A model, and what its framework answers to some films.

    Attributes:
        files: What is dropped on the page.
        films: Pixels of films of the model's own size, `(films, height, width[, channels])`.
        answers: Of the framework, by column of the results.
    """

    files: tuple[Path, ...]
    films: NDArray[np.uint8]
    answers: dict[str, NDArray[np.float64]]

    def write_films(self, folder: Path) -> None:
        """Writes the films as `1.png` and so on."""
        folder.mkdir(parents=True)
        for number, film in enumerate(self.films, 1):
            stored = film if film.ndim == 2 else film[..., ::-1]  # OpenCV writes blue first
            cv2.imwrite(str(folder / f"{number}.png"), stored)


def of_a_notebook(folder: Path) -> Foreign:
    """Keras 2: a few convolutions on grey pixels that the notebook divides by 255."""
    keras = keras_2()
    layers = keras.layers
    model = keras.Sequential([
        layers.Conv2D(8, 3, input_shape=(64, 64, 1)),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.MaxPooling2D(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    films = grey_films(40, side=64)
    # As training leaves it: the normalisation knows the pixels of the notebook.
    kernel = np.random.default_rng(0).normal(0.1, 0.05, (3, 3, 1, 8))
    model.layers[0].set_weights([kernel, np.zeros(8)])
    seen = np.asarray(model.layers[0](films[..., np.newaxis] / np.float32(255)))
    axes = (0, 1, 2)
    model.layers[1].set_weights([np.ones(8), np.zeros(8), seen.mean(axes), seen.var(axes)])
    model.layers[-1].set_weights([np.full((8, 1), 4.0), np.full(1, -12.0)])
    films = films[:NUM_FILMS]
    answers = model.predict(films[..., np.newaxis] / 255.0, verbose=0)
    file = saved(model, folder / "pneumonia_cnn.h5")
    return Foreign((file,), films, {"raw_probability": answers[:, 0]})


def nested_mobilenet(folder: Path) -> Foreign:
    """Keras 2: transfer learning on MobileNetV2, which is one layer of a Sequential model."""
    keras = keras_2()
    backbone = keras.applications.MobileNetV2(
        input_shape=(96, 96, 3), alpha=0.35, include_top=False, weights=None
    )
    model = keras.Sequential([
        backbone,
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    films = colour_films(side=96)
    pixels = films / np.float32(127.5) - 1
    at_home(model, pixels)
    # Every feature speaks for the second class, so that its heatmap shows.
    kernel, _ = model.layers[-1].get_weights()
    features = keras.Sequential(model.layers[:-1]).predict(pixels, verbose=0)
    kernel = np.abs(kernel)
    model.layers[-1].set_weights([kernel, -(features @ kernel).mean(axis=0)])
    answers = model.predict(pixels, verbose=0)
    file = saved(model, folder / "mobilenet.h5")
    return Foreign((file,), films, {"raw_probability": answers[:, 0]})


def of_teachable_machine(folder: Path) -> Foreign:
    """The ZIP that Teachable Machine exports, in which two classes have the names it gives."""
    path = folder / "converted_keras.zip"
    films = colour_films(side=224)
    pixels = films / np.float32(127.5) - 1
    model = teachable_machine(path, labels="0 Class A\n1 Class B\n", pixels=pixels)
    answers = model.predict(pixels, verbose=0)
    return Foreign((path,), films, {"Class A": answers[:, 0], "Class B": answers[:, 1]})


def of_pytorch(folder: Path) -> Foreign:
    """A ResNet in the two files that PyTorch's exporter writes."""
    files, films, logits = _real("resnet", folder)
    answers = softmax(logits)
    return Foreign(files, films, dict(zip(CLASSES, answers.T, strict=True)))


def of_skin_lesions(folder: Path) -> Foreign:
    """Keras 3: seven classes of lesions, as in HAM10000."""
    import keras

    layers = keras.layers
    model = keras.Sequential([
        keras.Input((64, 64, 3)),
        layers.Conv2D(8, 3, activation="relu", padding="same"),
        layers.MaxPooling2D(),
        layers.Conv2D(16, 3, activation="relu", padding="same"),
        layers.BatchNormalization(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(len(SKIN), activation="softmax"),
    ])  # fmt: skip
    films = colour_films(side=64)
    pixels = films / np.float32(255)
    answers = at_home(model, pixels).predict(pixels, verbose=0)
    file = saved(model, folder / "ham10000.keras")
    return Foreign((file,), films, dict(zip(SKIN, answers.T, strict=True)))


def of_chest_findings(folder: Path) -> Foreign:
    """A DenseNet of PyTorch with a sigmoid for each of the findings of ChestX-ray14."""
    files, films, answers = _real("densenet", folder)
    columns = [f"raw_probability:{name}" for name in CHEST]
    return Foreign(files, films, dict(zip(columns, answers.T, strict=True)))


def grey_films(number: int, *, side: int) -> NDArray[np.uint8]:
    """Films of both classes by turns, `(films, side, side)`."""
    return np.array([draw(at % 2, at, side=side) for at in range(number)])


def colour_films(*, side: int) -> NDArray[np.uint8]:
    """Films of which each channel shows another, `(films, side, side, 3)`."""
    channels = [[draw(1 - at % 2, 3 * at + one, side=side) for one in range(3)]
                for at in range(NUM_FILMS)]  # fmt: skip
    return np.moveaxis(np.array(channels), 1, -1).copy()


def _real(name: str, folder: Path) -> tuple[tuple[Path, ...], Any, Any]:
    """Files that PyTorch wrote, with films and its answers."""
    files = tuple(Path(shutil.copy(one, folder)) for one in sorted(_REAL.glob(f"{name}.onnx*")))
    with np.load(_REAL / f"{name}.npz") as known:
        return files, known["films"], known["answers"]
