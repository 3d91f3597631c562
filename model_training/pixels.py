"""Films decoded once, by the app's own functions, into one file on disk."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from app.core import images
from app.core.bundle import Input
from app.core.errors import DatasetError, ImageError
from model_training.datasets import Case


def decode_cases(
    cases: Sequence[Case], network_input: Input, file: Path
) -> tuple[NDArray[np.uint8], list[str], list[int]]:
    """Decodes and fits every case into a memory-mapped array.

    Args:
        cases: What to decode.
        network_input: Size, channels and fit.
        file: Where the array is kept; it may be larger than memory.

    Returns:
        The uint8 array `(len(cases), height, width, channels)` in [0, 255], the SHA-256 of
        each file, and the positions of cases that could not be read (their pixels are 0).

    Raises:
        DatasetError: If more than one case in ten cannot be read.
    """
    shape = (len(cases), network_input.height, network_input.width, network_input.channels)
    pixels = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=shape)

    def decode(index: int) -> tuple[str, bool]:
        data = cases[index].path.read_bytes()
        try:
            pixels[index] = images.fit(
                images.decode(data),
                height=network_input.height,
                width=network_input.width,
                channels=network_input.channels,
                how=network_input.fit,
            )
        except ImageError:
            return images.image_id(data), False
        return images.image_id(data), True

    with ThreadPoolExecutor() as pool:
        results = list(
            tqdm(pool.map(decode, range(len(cases))), "decoding", len(cases), unit="film")
        )
    digests = [digest for digest, _ in results]
    failed = [index for index, (_, is_decoded) in enumerate(results) if not is_decoded]
    if len(failed) > len(cases) / 10:
        raise DatasetError(
            f"{len(failed)} of {len(cases)} images cannot be read. Expected at most one in ten; "
            "check the folder with `overread score`."
        )
    return pixels, digests, failed
