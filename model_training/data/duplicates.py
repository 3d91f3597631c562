"""Images that are one film: copies re-encoded, resized, exposed otherwise, or mirrored.

Neighbouring slices of one MRI examination count as the same film too. A 64-bit perceptual hash
finds candidates, and a correlation of small thumbnails confirms them.

Reference:
    - Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010),
      https://www.phash.org/docs/pubs/thesis_zauner.pdf
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tqdm import tqdm

from app.core.images import geometry
from app.core.images.decoding import Film

THUMBNAIL_SIDE = 32

# Of the pairs that the correlation below calls the same film, 96 % of neighbouring MRI slices and
# all re-encoded, resized or brightened copies lie within this many of 64 bits.
MAX_HASH_DISTANCE = 10

# Measured on 5,216 chest radiographs: of 13.6 million pairs of different patients one lies above
# (0.93, to the eye one child under two numbers), the next at 0.88. Copies lie above 0.96 when
# re-encoded, above 0.99 when resized to a quarter, above 0.93 when exposed by half a stop.
MIN_CORRELATION = 0.92

# What all films of one kind have in common is coarser than this, in thumbnail pixels.
_COARSE_SIGMA = 2.0

_BLOCK_ENTRIES = 2**22
_CONFIRMED_AT_ONCE = 2**13


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of near-duplicates; all arrays have shape `(num_pairs,)`.

    Attributes:
        first: Position of the one image.
        second: Position of the other, always behind the first.
        correlation: From `MIN_CORRELATION` to 1.
        mirrored: Whether the second resembles the first only as its mirror image.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    correlation: NDArray[np.float32]
    mirrored: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.first)


def thumbnail(film: Film) -> NDArray[np.uint8]:
    """The film in grey, stretched to `(THUMBNAIL_SIDE, THUMBNAIL_SIDE)`, uint8 in [0, 255]."""
    side = THUMBNAIL_SIDE
    return geometry.fit(film, height=side, width=side, channels=1, how="stretch")[..., 0]


def near_duplicates(thumbnails: NDArray[np.uint8], digests: Sequence[str]) -> Pairs:
    """Every pair of different files that show the same film.

    Identical files are compared once, as the first of them. The time grows with the square of
    the number of images: 5,000 take about two seconds, 100,000 some minutes.

    Args:
        thumbnails: As `thumbnail` makes them, `(num_cases, THUMBNAIL_SIDE, THUMBNAIL_SIDE)`.
        digests: SHA-256 of each file, in the same order.

    Raises:
        ValueError: If there is not one thumbnail a digest, or their size differs.
    """
    if thumbnails.shape != (len(digests), THUMBNAIL_SIDE, THUMBNAIL_SIDE):
        raise ValueError(
            f"`thumbnails` must have shape ({len(digests)}, {THUMBNAIL_SIDE}, {THUMBNAIL_SIDE}). "
            f"Received {thumbnails.shape}."
        )
    different = np.sort(np.unique(np.asarray(digests), return_index=True)[1])
    films = thumbnails[different]
    fine = _fine_structure(films)
    plain = _search(_hashes(films), _hashes(films), fine, mirrored=False)
    mirrored = _search(_hashes(films), _hashes(films[:, :, ::-1]), fine, mirrored=True)
    # A symmetric film resembles another both ways.
    new = ~np.isin(
        mirrored.first * len(films) + mirrored.second, plain.first * len(films) + plain.second
    )
    return Pairs(
        first=different[np.concatenate([plain.first, mirrored.first[new]])],
        second=different[np.concatenate([plain.second, mirrored.second[new]])],
        correlation=np.concatenate([plain.correlation, mirrored.correlation[new]]),
        mirrored=np.concatenate([plain.mirrored, mirrored.mirrored[new]]),
    )


def near_duplicate_groups(
    thumbnails: NDArray[np.uint8], digests: Sequence[str]
) -> NDArray[np.int64]:
    """A group number for each case: equal for identical files and near-duplicates of each other.

    Likeness is passed on: of three slices in a row, the outer two are in one group though they
    may differ. Arguments and errors as for `near_duplicates`.

    Returns:
        Numbers from 0, shape `(num_cases,)`.
    """
    return groups_of(near_duplicates(thumbnails, digests), digests)


def groups_of(pairs: Pairs, digests: Sequence[str]) -> NDArray[np.int64]:
    """As `near_duplicate_groups`, from pairs that are known already."""
    _, first, file_of = np.unique(np.asarray(digests), return_index=True, return_inverse=True)
    cases = np.arange(len(digests))
    links = (
        np.concatenate([pairs.first, cases]),
        np.concatenate([pairs.second, first[file_of]]),
    )
    shape = (len(digests), len(digests))
    graph = coo_array((np.ones(len(links[0]), np.bool_), links), shape=shape)
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _hashes(films: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The perceptual hash of each film, 64 bits in one number."""
    bits = [imagehash.phash(Image.fromarray(np.ascontiguousarray(film))).hash for film in films]
    packed = np.packbits(np.asarray(bits, np.bool_).reshape(len(films), 64), axis=1)
    return packed.view(np.uint64)[:, 0]


def _fine_structure(films: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Each film without its coarse shades, as a vector of mean 0 and length 1.

    Half precision, 2 KB an image, moves a correlation by less than 0.001.
    """
    vectors = np.empty((len(films), THUMBNAIL_SIDE, THUMBNAIL_SIDE), np.float16)
    for row, film in enumerate(films):
        exact = film.astype(np.float32)
        fine = exact - cv2.GaussianBlur(exact, (0, 0), _COARSE_SIGMA)
        fine -= fine.mean()
        vectors[row] = fine / max(float(np.linalg.norm(fine)), 1e-6)
    return vectors


def _search(
    hashes: NDArray[np.uint64],
    other_hashes: NDArray[np.uint64],
    fine: NDArray[np.float16],
    *,
    mirrored: bool,
) -> Pairs:
    """Pairs whose hashes are near and whose fine structures correlate."""
    num_films = len(hashes)
    rows = max(1, _BLOCK_ENTRIES // max(num_films, 1))

    def block(start: int) -> list[Pairs]:
        distance = np.bitwise_count(
            hashes[start : start + rows, np.newaxis] ^ other_hashes[np.newaxis, start:]
        )
        near = np.triu(distance <= MAX_HASH_DISTANCE, k=1)
        first, second = (positions + start for positions in np.nonzero(near))
        return [
            _confirmed(first[part], second[part], fine, mirrored=mirrored)
            for part in _chunks(len(first))
        ]

    starts = range(0, num_films, rows)
    with ThreadPoolExecutor() as pool:
        found = [
            pairs
            for block_pairs in tqdm(
                pool.map(block, starts),
                "comparing",
                len(starts),
                unit="block",
                leave=False,
                disable=None,
            )
            for pairs in block_pairs
        ]
    return Pairs(
        first=_concatenated([pairs.first for pairs in found], np.int64),
        second=_concatenated([pairs.second for pairs in found], np.int64),
        correlation=_concatenated([pairs.correlation for pairs in found], np.float32),
        mirrored=_concatenated([pairs.mirrored for pairs in found], np.bool_),
    )


def _confirmed(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    fine: NDArray[np.float16],
    *,
    mirrored: bool,
) -> Pairs:
    ones, others = fine[first].astype(np.float32), fine[second].astype(np.float32)
    if mirrored:
        others = others[:, :, ::-1]
    correlation = np.einsum("ijk,ijk->i", ones, others)
    same = correlation >= MIN_CORRELATION
    return Pairs(first[same], second[same], correlation[same], np.full(int(same.sum()), mirrored))


def _chunks(length: int) -> list[slice]:
    return [
        slice(start, start + _CONFIRMED_AT_ONCE) for start in range(0, length, _CONFIRMED_AT_ONCE)
    ]


def _concatenated(parts: list[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype), *parts])
