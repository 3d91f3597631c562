"""Writes a bundle to a temporary folder, verifies that it loads, and publishes it by rename."""

from __future__ import annotations

import json
import platform
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.backends.graph import Graph, load_graph
from app.core.backends.openvino_cpu import load_openvino
from app.core.backends.running import AnyNetwork, logits_function
from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.bundle_files import (
    CARD,
    GRAPH,
    GRAPH_WEIGHTS,
    HISTORY,
    MODEL,
    PREDICTIONS,
    SAMPLES,
    SPLIT,
    file_sha256,
)
from app.core.bundles.manifest import MANIFEST, Manifest
from app.core.errors import BundleError, DatasetError
from app.core.images.preparation import DECODERS
from app.core.networks.network import load_network
from model_training.bundling.card import write_card
from model_training.bundling.reference_files import write_files
from model_training.data.image_files import images_below
from model_training.reference.build import Built

_LIBRARIES = ("overread", "keras", "tensorflow", *DECODERS)


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents of a bundle.

    Attributes:
        manifest: Complete except for the digests of the files.
        network: The trained or imported network.
        history: One row per epoch.
        predictions: As returned by `predictions.predictions_table` or `findings_table`.
        notes: Lines about the data for the card.
        samples: Folder of images to ship with the bundle, or None.
        split: Which image was in which split, as returned by `splits.split_table`; or None.
        remarks: Markdown for the card: what was tried, and with what result.
        not_tested: What the model was not tested on, for the card.
        reference: How images are told that are unlike the training images; None if they are not.
    """

    manifest: Manifest
    network: AnyNetwork
    history: pd.DataFrame
    predictions: pd.DataFrame
    notes: list[str]
    samples: Path | None = None
    split: pd.DataFrame | None = None
    remarks: str = ""
    not_tested: tuple[str, ...] = ()
    reference: Built | None = None


def publish(
    out: Path, contents: Contents, *, work: Path, check_pixels: NDArray[np.uint8]
) -> Bundle:
    """Writes everything to `work`, checks that it loads and scores as trained, and renames it.

    Args:
        out: Final folder; must not exist.
        contents: The network, its manifest and its tables.
        work: Folder to write to, on the same file system as `out`.
        check_pixels: Fitted images, uint8 `(batch, height, width, channels)` in [0, 255], which
            the network in memory and the one read back must score alike.

    Raises:
        BundleError: If the network read back scores differently.
    """
    shutil.rmtree(work, ignore_errors=True)  # left by an interrupted run
    work.mkdir()
    _save(contents.network, work)
    contents.history.to_csv(work / HISTORY, index=False)
    contents.predictions.to_csv(work / PREDICTIONS, index=False)
    if contents.split is not None:
        contents.split.to_csv(work / SPLIT, index=False)
    if contents.reference is not None:
        write_files(work, contents.reference, contents.predictions)
    card = write_card(
        contents.manifest,
        contents.predictions,
        contents.notes,
        remarks=contents.remarks,
        not_tested=contents.not_tested,
        reference=contents.reference,
    )
    (work / CARD).write_text(card, encoding="utf-8")
    if contents.samples is not None:
        _copy_samples(contents.samples, work / SAMPLES)
    files = {
        path.relative_to(work).as_posix(): file_sha256(path)
        for path in sorted(work.rglob("*"))
        if path.is_file()
    }
    manifest = contents.manifest.model_copy(update={"files": files})
    (work / MANIFEST).write_text(
        json.dumps(manifest.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8"
    )
    _check_read_back(load_bundle(work), contents.network, check_pixels)
    work.rename(out)
    return load_bundle(out)


def sample_images(folder: Path) -> list[Path]:
    """The images below a folder that are shipped with a bundle; other and hidden files are not.

    Raises:
        DatasetError: If there is none.
    """
    found = images_below(folder)
    if not found:
        raise DatasetError(
            f"There is no image in the samples folder {folder.name!r}. Expected JPEG, PNG, TIFF or "
            "DICOM files; check the path, or leave it out."
        )
    return found


def library_versions() -> dict[str, str]:
    """Versions of Python and of every library that affects a score."""
    return {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}


def _copy_samples(folder: Path, target: Path) -> None:
    for path in sample_images(folder):
        copy = target / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _save(network: AnyNetwork, folder: Path) -> None:
    if isinstance(network, Graph):
        load_openvino().serialize(network.model, folder / GRAPH, folder / GRAPH_WEIGHTS)
    else:
        network.model.save(folder / MODEL)


def _check_read_back(reloaded: Bundle, network: AnyNetwork, pixels: NDArray[np.uint8]) -> None:
    batch = pixels.astype(np.float32)
    if isinstance(network, Graph):
        expected = logits_function(network)(batch)
        found = logits_function(load_graph(reloaded))(batch)
    else:
        expected = np.asarray(network.model(batch, training=False))
        found = np.asarray(load_network(reloaded).model(batch, training=False))
    difference = float(np.abs(expected - found).max())
    if not difference <= 1e-5:
        raise BundleError(
            f"The saved network scores {len(batch)} images differently from the one in memory (by "
            f"up to {difference:.2g}; at most 1e-5 expected). Nothing was published; report this."
        )
