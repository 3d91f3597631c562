"""Folders of small films, and a bundle whose reference is of films like them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.gate.image_statistics import NAMES, image_statistics
from app.core.images.film import Film
from app.core.images.preparation import to_input
from app.core.scoring.engine import Engine
from app.core.sources.source import Source
from tests.known_films import GRID, with_known_films

_AT_HOME = 80


def ward_film(seed: int, *, brighter: float = 0.0) -> NDArray[np.uint8]:
    """A grey picture of two waves, a little different for each seed."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:64, 0:64]
    picture = 90 + 30 * np.sin(rows / 9 + random.random()) + 20 * np.cos(columns / 7)
    picture += random.normal(0, 6, picture.shape) + random.normal(0, 4) + brighter
    return np.clip(picture, 0, 255).astype(np.uint8)


def write_ward(folder: Path, num: int, *, brighter: float = 0.0, seed: int = 1000) -> Path:
    """A folder of films as PNG.

    Args:
        folder: A new folder.
        num: How many films.
        brighter: Grey levels added to each.
        seed: Of the first film.
    """
    folder.mkdir(parents=True)
    for index in range(num):
        film = ward_film(seed + index, brighter=brighter)
        cv2.imwrite(str(folder / f"film_{index:03d}.png"), film)
    return folder


def with_ward(bundle: Bundle, folder: Path) -> Bundle:
    """A copy in `folder` of a bundle with two classes, tested on 80 films like `ward_film`.

    Their probabilities are those that its network gives them.
    """
    films = write_ward(folder.parent / f"{folder.name}-home", _AT_HOME, seed=0)
    found = list(Engine(bundle).score(Source(path.name, path) for path in sorted(films.iterdir())))
    decoded = [Film(ward_film(seed)) for seed in range(_AT_HOME)]
    statistics = np.array([image_statistics(film) for film in decoded])
    places = _coordinates(bundle, decoded)
    table = pd.DataFrame(
        {
            "image_id": [result.image_id for result in found],
            "split": "test",
            "y_true": 0,
            "probability": [result.prediction.probability for result in found],
            "distance": np.sqrt((places**2).mean(axis=1)) / 1e6,  # its limit
            "group": [result.image_id for result in found],
        }
    ).assign(**{name: statistics[:, index] for index, name in enumerate(NAMES)})
    return with_known_films(bundle, folder, table, places)


def _coordinates(bundle: Bundle, films: list[Film]) -> NDArray[np.float32]:
    """The mean of each cell of the input, as `with_known_films` has it, of grey films."""
    size = bundle.manifest.input
    pixels = np.stack([to_input(film, size) for film in films]).astype(np.float32)
    cells = pixels[..., 0].reshape(len(films), GRID, size.height // GRID, GRID, -1)
    return np.asarray(cells.mean(axis=(2, 4)).reshape(len(films), -1) / 255, np.float32)
