"""A small bundle with a real reference, and films that it knows, refuses, or would put right."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.bundle_files import REFERENCE, file_sha256
from app.core.bundles.manifest import FORMAT_WITH_REFERENCE, MANIFEST
from app.core.bundles.reference_section import PIXELS, FeatureLayer
from app.core.gate.fault_probes import FaultProbes
from app.core.gate.reference import Reference, write_reference
from app.core.gate.statistic_ranges import StatisticRanges
from app.core.images.film import Film
from app.core.images.preparation import to_input

# Each of 16 cells has its mean grey level as a feature.
LAYERS = (FeatureLayer(layer=PIXELS, grid=4),)
FAULTS = ("inverted", "turned_180", "cropped")
_DEVIATION = 10.0


def familiar_film(seed: int, *, side: int = 64) -> NDArray[np.uint8]:
    """A dark picture that grows brighter downwards, a little different for each seed."""
    generator = np.random.default_rng(seed)
    ramp = np.linspace(10, 110, side)[:, np.newaxis] + generator.normal(0, 3)
    noise = generator.normal(0, 6, (side, side))
    return np.clip(ramp + noise, 0, 255).astype(np.uint8)


def foreign_film(seed: int, *, side: int = 64) -> NDArray[np.uint8]:
    """Vertical bars of random brightness: nothing that can be put right."""
    bars = np.random.default_rng(seed).permutation(np.linspace(0, 255, 8))
    return np.broadcast_to(bars.repeat(side // 8), (side, side)).astype(np.uint8)


def with_reference(
    bundle: Bundle,
    folder: Path,
    *,
    ranges: StatisticRanges | None = None,
    reads_markers: bool = True,
) -> Bundle:
    """A copy in `folder` of a bundle, as if trained on films like `familiar_film`.

    Two principal components; three probes, of the mean and of the slope, by hand.
    """
    size = bundle.manifest.input
    films = np.stack([to_input(Film(familiar_film(seed)), size) for seed in range(60)])
    cells = films.astype(np.float32).reshape(60, 4, size.height // 4, 4, size.width // 4, -1)
    channels = films.shape[-1]
    features = cells.mean(axis=(2, 4)).transpose(0, 3, 1, 2).reshape(60, -1)
    mean = features.mean(axis=0)
    standardised = (features - mean) / _DEVIATION
    _, _, components = np.linalg.svd(standardised, full_matrices=False)
    number = features.shape[1]
    downwards = np.tile(np.repeat([-1.0, -1.0, 1.0, 1.0], 4), channels) / number
    reference = Reference(
        mean=mean,
        scale=np.full(number, _DEVIATION, np.float32),
        components=components[:2].astype(np.float16).astype(np.float32),
        variances=(standardised @ components[:2].T).var(axis=0),
        limits=np.ones(2, np.float32),
        probes=FaultProbes(
            FAULTS,
            # Much brighter; brighter above than below but no brighter; and one that never speaks.
            np.stack([np.full(number, 1 / number), -downwards, 0 * downwards]).astype(np.float32),
            np.array([-7, -3, -1], np.float32),
            np.full(3, 1e6, np.float32),
        ),
        ranges=ranges,
        sample=np.zeros((0, 2), np.float16),
    )
    places = standardised @ reference.components.T
    left_over = np.sqrt(np.mean((standardised - places @ reference.components) ** 2, axis=1))
    within = np.sqrt(np.mean(places**2 / reference.variances, axis=1))
    limits = np.array([within.max(), left_over.max()], np.float32) * 1.5
    shutil.copytree(bundle.path, folder)
    write_reference(folder / REFERENCE, _replaced(reference, limits))
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    content["files"][REFERENCE] = file_sha256(folder / REFERENCE)
    content["format"] = FORMAT_WITH_REFERENCE
    content["reference"] = {
        "layers": [one.model_dump() for one in LAYERS],
        "limit_share": 0.02,
        "refused": 1,
        "of": 60,
        "faults": FAULTS,
        "reads_markers": reads_markers,
    }
    (folder / MANIFEST).write_text(json.dumps(content), encoding="utf-8")
    return load_bundle(folder)


def _replaced(reference: Reference, limits: NDArray[np.float32]) -> Reference:
    from dataclasses import replace

    return replace(reference, limits=limits)
