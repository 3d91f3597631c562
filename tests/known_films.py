"""Bundles with held-out films that others are compared with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.bundle_files import PICTURES, REFERENCE, REFERENCE_SAMPLE, file_sha256
from app.core.bundles.manifest import FORMAT_WITH_REFERENCE, MANIFEST
from app.core.gate.fault_probes import FaultProbes
from app.core.gate.reference import Reference, write_reference
from app.core.images.preparation import Prepared, prepare
from model_training.reference.small_pictures import small_pixels, within_size

# Features of these bundles: the mean of each cell of the network's input.
GRID = 2


def held_out(bundle: Bundle, rows: int) -> pd.DataFrame:
    """Some rows of the predictions as a table of held-out films, each a group of its own."""
    table = bundle.predictions().head(rows)
    named = [name for name in table if name.split(":")[0] in ("image_id", "split", "y_true")]
    return table[named].assign(group=[f"g{number}" for number in range(rows)])


def with_files_as_known_films(bundle: Bundle, folder: Path, labels: Mapping[Path, int]) -> Bundle:
    """A copy in `folder` of a bundle that knows some films: where they lie, truth and pictures.

    Args:
        bundle: The bundle.
        folder: Of the copy; must not exist.
        labels: File of each film -> position of its class.
    """
    ids, places, pictures = [], [], {}
    for path in labels:
        prepared = prepare(path.read_bytes(), bundle.manifest.input)
        assert isinstance(prepared, Prepared)
        cells = cv2.resize(prepared.pixels, (GRID, GRID), interpolation=cv2.INTER_AREA)
        ids.append(prepared.image_id)
        places.append(cells.astype(np.float32).ravel()[: GRID**2] / 255)
        pictures[prepared.image_id] = small_pixels(prepared.film)
    table = pd.DataFrame(
        {"image_id": ids, "split": "test", "y_true": list(labels.values()), "group": ids}
    )
    return with_known_films(bundle, folder, table, np.array(places), pictures=within_size(pictures))


def on_a_line(
    bundle: Bundle,
    folder: Path,
    *,
    votes: int | None = None,
    num: int = 40,
    pictures: Mapping[str, bytes] | None = None,
) -> Bundle:
    """A copy in `folder` of a bundle whose held-out films lie on a line, two a patient."""
    places = np.arange(num, dtype=np.float32)[:, np.newaxis]
    places[2] = 1.02  # not the same film as the one at 1, nor are any others
    return with_known_films(
        bundle, folder, held_out(bundle, num), places, pictures=pictures, votes=votes
    )


def with_known_films(
    bundle: Bundle,
    folder: Path,
    table: pd.DataFrame,
    coordinates: NDArray[np.float32],
    *,
    pictures: Mapping[str, bytes] | None = None,
    votes: int | None = None,
) -> Bundle:
    """A copy in `folder` of a bundle, with held-out films at coordinates `(n, k)`.

    The first `k` of its features, divided by 255, are the coordinates of an image; it refuses none.
    """
    num_features = GRID**2 * bundle.manifest.input.channels
    num_components = coordinates.shape[1]
    shutil.copytree(bundle.path, folder)
    write_reference(
        folder / REFERENCE,
        Reference(
            mean=np.zeros(num_features, np.float32),
            scale=np.full(num_features, 255, np.float32),
            components=np.eye(num_components, num_features, dtype=np.float32),
            variances=np.ones(num_components, np.float32),
            limits=np.full(2, 1e6, np.float32),
            probes=FaultProbes(
                (),
                np.zeros((0, num_features), np.float32),
                np.zeros(0, np.float32),
                np.zeros(0, np.float32),
            ),
            ranges=None,
            sample=coordinates.astype(np.float16),
        ),
    )
    table.to_csv(folder / REFERENCE_SAMPLE, index=False)
    names = [REFERENCE, REFERENCE_SAMPLE]
    for image_id, content in (pictures or {}).items():
        names.append(f"{PICTURES}/{image_id}.webp")
        (folder / PICTURES).mkdir(exist_ok=True)
        (folder / names[-1]).write_bytes(content)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    manifest["format"] = FORMAT_WITH_REFERENCE
    manifest["files"] |= {name: file_sha256(folder / name) for name in names}
    manifest["reference"] = {
        "layers": [{"layer": "pixels", "grid": GRID}],
        "limit_share": 0.02,
        "refused": 1,
        "of": 50,
        "contradictions": [_contradictions(votes)],
    }
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return load_bundle(folder)


def _contradictions(votes: int | None) -> dict[str, int | str | None]:
    measured: dict[str, int | str | None] = {"finding": "", "votes": votes}
    return measured | {"on_wrong": 4, "wrong": 31, "on_right": 3, "right": 1013}
