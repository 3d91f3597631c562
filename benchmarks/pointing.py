"""How often the heatmap's maximum lies on what was outlined by hand: the pointing game.

    python -m benchmarks.pointing DATA MASKS BUNDLE --held-out

Counts the true positives of a model with two classes. Their heatmaps are enlarged to the film as
in the app. A mask is a picture with the name of its film, of any extension, above 0 where the
finding is; it is dilated, as a cell of a heatmap is larger than a pixel. Beside it stands how often
a point drawn at random on the film's foreground would hit.

Reference:
    - Zhang et al., Top-down Neural Attention by Excitation Backprop (ECCV 2016),
      https://arxiv.org/abs/1608.00507
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.commands.parsing import given_path
from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.bundle_files import SPLIT
from app.core.errors import DatasetError
from app.core.images import decoding
from app.core.performance.formatting import counted
from app.core.performance.proportions import ClusteredProportion
from app.core.scoring.engine import Engine
from app.core.sources.source import Source
from benchmarks import calls
from benchmarks.table import log_machine
from model_training.data.datasets import Case, read_dataset
from model_training.evaluation.scoring import only_split
from model_training.reports.markdown import markdown_table

# Grey levels up to this are background.
_BACKGROUND = 16


@dataclass(frozen=True, slots=True)
class Pointing:
    """One true positive with a mask.

    Attributes:
        patient: Its patient, or the name of its film where unknown.
        hits: Whether the maximum lies on the dilated mask.
        chance: Fraction of the film's foreground that the dilated mask covers.
    """

    patient: str
    hits: bool
    chance: float


def main() -> int:
    """Measures and prints; exit status 0."""
    parser = calls.parser("benchmarks.pointing", __doc__)
    parser.add_argument(
        "data", type=given_path, metavar="DATA", help="folder of labelled images, as for evaluate"
    )
    parser.add_argument("masks", type=given_path, metavar="MASKS", help="folder of their masks")
    calls.add_bundle(parser)
    parser.add_argument(
        "--held-out",
        action="store_true",
        help="only images of the bundle's test split, where DATA is the folder it was trained "
        "on; default: all",
    )
    calls.add_count(
        parser, "--dilation", 3, "radius of the dilation, per cent of the longer side", lowest=0
    )
    options = parser.parse_args()
    log_machine()
    bundle = load_bundle(options.bundle)
    cases = labelled(options.data, bundle, held_out=options.held_out)
    points = list(measure(bundle, cases, masks_by_name(options.masks), options.dilation / 100))
    print(as_markdown(points))
    return 0


def labelled(data: Path, bundle: Bundle, *, held_out: bool) -> list[Case]:
    """The images of the positive class.

    Args:
        data: Folder of labelled images.
        bundle: A bundle with two classes, whose second is the positive one.
        held_out: Whether only images of the bundle's test split are taken.

    Raises:
        DatasetError: If the bundle has more classes, or the data no positive image.
    """
    if not bundle.manifest.task.binary:
        raise DatasetError(f"{bundle.name!r} does not have two classes, of which one is positive.")
    if held_out:
        dataset = only_split(read_dataset(data, table=bundle.path / SPLIT), "test")
    else:
        dataset = read_dataset(data)
    cases = [case for case in dataset.cases if case.label == 1]
    if not cases:
        raise DatasetError(f"There is no positive image in {data.name!r}.")
    return cases


def masks_by_name(folder: Path) -> dict[str, Path]:
    """The mask files of a folder by the name of their film, without extension."""
    return {path.stem: path for path in sorted(folder.iterdir()) if path.is_file()}


def measure(
    bundle: Bundle, cases: Sequence[Case], masks: dict[str, Path], dilation: float
) -> Iterator[Pointing]:
    """Whether each heatmap of a true positive has its maximum on the mask.

    Args:
        bundle: The model.
        cases: Images of the positive class; those without a mask are passed over.
        masks: Mask files by the name of their film, without extension.
        dilation: Radius as a fraction of the film's longer side.
    """
    masked = [case for case in cases if case.path.stem in masks]
    results = Engine(bundle).score(Source(case.name, case.path) for case in masked)
    for case, result in zip(masked, results, strict=True):
        if result.prediction is None or result.evidence is None:
            continue  # refused
        if result.prediction.class_index != 1:
            continue
        pixels = decoding.decode(case.path.read_bytes()).pixels
        mask = dilated(_read_mask(masks[case.path.stem], pixels.shape[:2]), dilation)
        foreground = pixels > _BACKGROUND if pixels.ndim == 2 else (pixels > _BACKGROUND).any(-1)
        yield Pointing(
            case.patient_id or case.name,
            bool(mask[highest(result.evidence, mask.shape)]),
            float(mask[foreground].mean()) if foreground.any() else 0.0,
        )


def highest(evidence: NDArray[np.float32], shape: tuple[int, ...]) -> tuple[int, int]:
    """Row and column of the maximum of a heatmap that is enlarged to a film as in the app.

    Args:
        evidence: float32 `(rows, columns)` over the whole film.
        shape: Height and width of the film in pixels.
    """
    enlarged = cv2.resize(evidence, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    row, column = divmod(int(enlarged.argmax()), shape[1])
    return row, column


def dilated(mask: NDArray[np.bool_], fraction: float) -> NDArray[np.bool_]:
    """A mask grown by a disc.

    Args:
        mask: bool `(height, width)`.
        fraction: Radius of the disc as a fraction of the longer side.
    """
    radius = round(fraction * max(mask.shape))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), disc) > 0)


def as_markdown(points: Sequence[Pointing]) -> str:
    """The share of hits with its interval, clustered by patient, and that of random points."""
    hits = np.array([point.hits for point in points], np.bool_)
    patients = np.array([point.patient for point in points], np.str_)
    proportion = ClusteredProportion.of(hits, patients)
    low, high = proportion.interval()
    of = (
        f"{proportion.successes} of {counted(proportion.total, 'true positive')} "
        f"of {counted(proportion.num_patients, 'patient')}"
    )
    chance = float(np.mean([point.chance for point in points])) if points else float("nan")
    return markdown_table(
        ("what", "value", "95 % interval", "of"),
        [
            ("heatmap maximum on the mask", f"{proportion.value:.1%}",
             f"{low:.1%} to {high:.1%}", of),
            ("a random point of the foreground", f"{chance:.1%}", "", "the same images"),
        ],
    )  # fmt: skip


def _read_mask(path: Path, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    mask = np.asarray(Image.open(path).convert("L")) > 0
    if mask.shape != shape:
        raise DatasetError(
            f"The mask {path.name!r} has {mask.shape[0]} x {mask.shape[1]} pixels, its film "
            f"{shape[0]} x {shape[1]}. Expected masks of the size of their films."
        )
    return mask


if __name__ == "__main__":
    calls.run(main)
