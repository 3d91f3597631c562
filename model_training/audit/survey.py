"""Reads every file of a data set once and collects the facts the checks need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from app.core.bundles.network_input import Input
from app.core.errors import ImageError
from app.core.gate.image_statistics import NAMES, image_statistics
from app.core.images import decoding, dicom_file
from app.core.images.coded_image import coded_image
from app.core.images.file_kinds import HEAD_BYTES, kind_of
from app.core.images.guard import guarded
from app.core.images.preparation import Rejected, prepare
from app.core.images.reading import AS_STORED, ReadOptions
from app.core.images.silence import silent
from app.core.progress import progress
from app.core.sources.source import Source
from model_training.data.datasets import Case
from model_training.data.duplicates import THUMBNAIL_SIDE, thumbnail

# Between two steps of the progress bar.
_FILES_A_STEP = 256


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """The facts about a list of cases.

    Attributes:
        facts: One row per case: `digest` (SHA-256, empty if the file could not be read) and
            `problem` (code of the reason why it cannot be used, else empty). For usable
            images also `file_format`, `pixel_kind` such as `grey, 8 bits`, `width` and `height`
            in pixels, `num_bytes`, `quantisation` (mean of a JPEG's luminance table, 0 for other
            files), `exif`, `colour_profile` and `comment` (whether the file has them), `mean`
            and `deviation` of the grey values in [0, 255].
        thumbnails: As returned by `duplicates.thumbnail`, uint8 `(num_cases, side, side)`; 0 for
            cases with a problem.
        statistics: As returned by `image_statistics`, float32 `(num_cases, len(NAMES))`; 0 for
            cases with a problem.
    """

    facts: pd.DataFrame
    thumbnails: NDArray[np.uint8]
    statistics: NDArray[np.float32]

    @property
    def usable(self) -> NDArray[np.int64]:
        """Indices of the cases without a problem, shape `(num_usable,)`."""
        return np.flatnonzero(self.facts["problem"] == "").astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Header:
    file_format: str
    pixel_kind: str
    quantisation: float = 0.0
    exif: bool = False
    colour_profile: bool = False
    comment: bool = False


def survey(
    cases: Sequence[Case], *, channels: Literal[1, 3] = 1, reading: ReadOptions = AS_STORED
) -> Survey:
    """Reads every file once, in parallel; keeps a thumbnail (1 KB) and a row of facts of each.

    Args:
        cases: The files.
        channels: Of the network to be trained, 1 for grey or 3 for RGB; files that training
            would leave out have a problem.
        reading: Which image and which window to read where a file leaves it open.
    """
    network_input = Input(
        height=THUMBNAIL_SIDE, width=THUMBNAIL_SIDE, channels=channels, fit="stretch"
    )
    thumbnails = np.zeros((len(cases), THUMBNAIL_SIDE, THUMBNAIL_SIDE), np.uint8)
    statistics = np.zeros((len(cases), len(NAMES)), np.float32)

    def examine(index: int) -> dict[str, object]:
        facts: dict[str, object] = {"digest": "", "problem": ""}
        try:
            with guarded():
                return facts | read(index, facts)
        except ImageError as error:
            return facts | {"problem": error.code}

    def read(index: int, facts: dict[str, object]) -> dict[str, object]:
        data = Source(cases[index].name, cases[index].path).read()
        facts["digest"] = decoding.image_id(data)
        prepared = prepare(data, network_input, reading=reading)
        if isinstance(prepared, Rejected):
            raise prepared.error
        film = prepared.film
        thumbnails[index] = thumbnail(film)
        statistics[index] = image_statistics(film)
        header = _dicom_header(data) if dicom_file.is_dicom(data) else _picture_header(data)
        return {
            "file_format": header.file_format,
            "pixel_kind": header.pixel_kind,
            "width": film.pixels.shape[1],
            "height": film.pixels.shape[0],
            "num_bytes": len(data),
            "quantisation": header.quantisation,
            "exif": header.exif,
            "colour_profile": header.colour_profile,
            "comment": header.comment,
            "mean": float(film.pixels.mean()),
            "deviation": float(film.pixels.std()),
        }

    with (
        ThreadPoolExecutor() as pool,
        progress(total=len(cases), title="reading", unit="film") as bar,
    ):
        rows = []
        for batch in _batches(len(cases)):
            rows += list(pool.map(examine, batch))
            bar.update(len(batch))
    return Survey(pd.DataFrame(rows, columns=list(_COLUMNS)), thumbnails, statistics)


_COLUMNS = (
    "digest", "problem", "file_format", "pixel_kind", "width", "height", "num_bytes",
    "quantisation", "exif", "colour_profile", "comment", "mean", "deviation",
)  # fmt: skip


def _batches(number: int) -> Iterator[range]:
    for start in range(0, number, _FILES_A_STEP):
        yield range(start, min(start + _FILES_A_STEP, number))


def _picture_header(data: bytes) -> _Header:
    with silent():  # as when it was decoded
        try:
            picture = Image.open(BytesIO(data))
        except UnidentifiedImageError:
            return _other_header(data)
    tables = getattr(picture, "quantization", None) or {}
    texts = ("comment", "xmp", "XML:com.adobe.xmp", "Comment", "Description", "Software")
    return _Header(
        file_format="JPEG" if picture.format == "MPO" else str(picture.format),
        pixel_kind=_pixel_kind(picture, data),
        quantisation=float(np.mean(tables[0])) if 0 in tables else 0.0,
        exif="exif" in picture.info,
        colour_profile="icc_profile" in picture.info,
        comment=any(key in picture.info for key in texts),
    )


def _other_header(data: bytes) -> _Header:
    """Of a file that Pillow does not read."""
    if image := coded_image(data):
        colours = "grey" if image.channels == 1 else "colour"
        return _Header(image.kind, f"{colours}, {image.bits} bits")
    kind = kind_of(data[:HEAD_BYTES])
    return _Header(kind.name.removesuffix(" image") if kind else "other", "other")


def _pixel_kind(picture: Image.Image, data: bytes) -> str:
    if picture.format == "PNG":
        bits = data[24]  # from the header; Pillow's mode does not show it for colour
    else:
        bits = {"1": 1, "F": 32, "I": 32}.get(picture.mode, 16 if "16" in picture.mode else 8)
    is_grey = picture.mode in ("1", "L", "LA", "F") or picture.mode.startswith("I")
    colours = "grey" if is_grey else "palette" if picture.mode == "P" else "colour"
    return f"{colours}, {bits} bits"


def _dicom_header(data: bytes) -> _Header:
    with silent():
        dataset = dicom_file.header(data)
    kind = "grey" if int(dataset.get("SamplesPerPixel") or 1) == 1 else "colour"
    bits = dataset.get("BitsStored") or dataset.get("BitsAllocated") or 0
    return _Header("DICOM", f"{kind}, {int(bits)} bits")
