"""Near-duplicates: copies of one film re-encoded, resized, with another exposure, or mirrored.

Adjacent slices of one MRI examination count as near-duplicates too. A 64-bit perceptual hash
finds candidates, and the correlation of small thumbnails confirms them.

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

from app.core.images import geometry
from app.core.images.film import Film
from app.core.progress import progress

THUMBNAIL_SIDE = 32

# Of the pairs accepted by the correlation below, 96 % of the adjacent MRI slices and all
# re-encoded, resized or brightened copies differ in at most this many of 64 bits.
MAX_HASH_DISTANCE = 10

# Measured on 5,216 chest radiographs: of 13.6 million pairs of different patients, one lies above
# (0.93, apparently one child with two numbers), the next at 0.88. Copies lie above 0.96 if
# re-encoded, above 0.99 if resized to a quarter, above 0.93 if exposed by half a stop more or less.
MIN_CORRELATION = 0.92

# Structure that all films of one kind share is coarser than this, in thumbnail pixels.
_COARSE_SIGMA = 2.0

_BLOCK_ENTRIES = 2**22
_CONFIRMED_AT_ONCE = 2**13


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of near-duplicates; all arrays have shape `(num_pairs,)`.

    Attributes:
        first: Index of one image.
        second: Index of the other, always greater than `first`.
        correlation: In [`MIN_CORRELATION`, 1].
        mirrored: Whether only the mirror image of the second resembles the first.
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

    Of identical files only the first is compared. The time is quadratic in the number of images:
    about two seconds for 5,000, some minutes for 100,000.

    Args:
        thumbnails: uint8 grey values as returned by `thumbnail`,
            `(num_cases, THUMBNAIL_SIDE, THUMBNAIL_SIDE)`.
        digests: SHA-256 of each file, in the same order.

    Raises:
        ValueError: If there is not one thumbnail per digest, or they have another size.
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
    # A symmetric film resembles another one in both orientations.
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
    """A group number for each case, equal for identical files and near-duplicates.

    The relation is transitive: of three adjacent slices, the outer two are in one group even if
    they differ.

    Args:
        thumbnails: uint8 grey values as returned by `thumbnail`,
            `(num_cases, THUMBNAIL_SIDE, THUMBNAIL_SIDE)`.
        digests: SHA-256 of each file, in the same order.

    Returns:
        Numbers from 0, shape `(num_cases,)`.
    """
    return groups_of(near_duplicates(thumbnails, digests), digests)


def groups_of(pairs: Pairs, digests: Sequence[str]) -> NDArray[np.int64]:
    """The groups of `near_duplicate_groups`, from known pairs.

    Args:
        pairs: As returned by `near_duplicates`.
        digests: SHA-256 of each file.

    Returns:
        Numbers from 0, shape `(num_cases,)`.
    """
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
    """The 64-bit perceptual hash of each film as one number, `(num_films,)`."""
    bits = [imagehash.phash(Image.fromarray(np.ascontiguousarray(film))).hash for film in films]
    packed = np.packbits(np.asarray(bits, np.bool_).reshape(len(films), 64), axis=1)
    return packed.view(np.uint64)[:, 0]


def _fine_structure(films: NDArray[np.uint8]) -> NDArray[np.float16]:
    """High-pass filtered films, each with mean 0 and norm 1, `(num_films, side, side)`.

    Half precision, 2 KB per image, changes a correlation by less than 0.001.
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
    """Pairs with similar hashes and correlated fine structure."""
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
            for block_pairs in progress(
                pool.map(block, starts), title="comparing", unit="block", total=len(starts)
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
