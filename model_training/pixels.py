"""Films decoded once, by the app's own functions, into one file on disk."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from app.core import images
from app.core.bundle import Input
from app.core.errors import DatasetError, ImageError
from app.core.sources import Source
from app.core.suitability import check_suitable
from model_training.datasets import Case


def decode_cases(
    cases: Sequence[Case], network_input: Input, file: Path
) -> tuple[NDArray[np.uint8], list[str], dict[int, str]]:
    """Decodes and fits every case into a memory-mapped array.

    Args:
        cases: What to decode.
        network_input: Size, channels, fit and modalities.
        file: Where the array is kept; it may be larger than memory.

    Returns:
        The uint8 array `(len(cases), height, width, channels)` in [0, 255], the SHA-256 of
        each file, and, by position, why a case has no pixels (they are 0): the code of the
        reason with which the app would refuse it too.

    Raises:
        DatasetError: If more than one case in ten has no pixels, or the disk is too small.
    """
    shape = (len(cases), network_input.height, network_input.width, network_input.channels)
    _require_space(int(np.prod(shape)), file.parent)
    pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=shape)

    def decode(index: int) -> tuple[str, str]:
        digest = ""
        try:
            data = Source(cases[index].name, cases[index].path).read()
            digest = images.image_id(data)
            film = images.decode(data)
            check_suitable(film, network_input)
        except ImageError as error:
            return digest, error.code
        pixels[index] = images.fit(
            film,
            height=network_input.height,
            width=network_input.width,
            channels=network_input.channels,
            how=network_input.fit,
        )
        return digest, ""

    with ThreadPoolExecutor() as pool:
        results = list(
            tqdm(pool.map(decode, range(len(cases))), "decoding", len(cases), unit="film")
        )
    failed = {index: code for index, (_, code) in enumerate(results) if code}
    if len(failed) > len(cases) / 10:
        raise DatasetError(
            f"{len(failed)} of {len(cases)} images cannot be trained on ({by_reason(failed)}). "
            "Expected at most one in ten. `overread score` lists the reason of each; colour "
            "pictures need --channels 3."
        )
    return pixels, [digest for digest, _ in results], failed


def by_reason(failed: dict[int, str]) -> str:
    """How many cases failed for which reason, such as `3 damaged, 1 empty_file`."""
    return ", ".join(f"{count} {code}" for code, count in Counter(failed.values()).most_common())


def _require_space(num_bytes: int, folder: Path) -> None:
    # A memory map that runs out of disk kills the process without a word.
    free = shutil.disk_usage(folder).free
    if num_bytes > free:
        raise DatasetError(
            f"The decoded films need {num_bytes / 1024**3:,.1f} GB beside the bundle; "
            f"{free / 1024**3:,.1f} GB are free. Choose --out on a larger disk, or a smaller "
            "--image-size."
        )
