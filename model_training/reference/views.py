"""Looks at films, and at faulty copies of them, as the gate will see them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.backends.running import AnyNetwork, features_function
from app.core.bundles.network_input import Input
from app.core.bundles.reference_section import FeatureLayer
from app.core.errors import ImageError, RefusedImageError, Remedy
from app.core.gate.admission import refusal_of
from app.core.gate.film_view import FilmView
from app.core.gate.image_statistics import NAMES, view_statistics
from app.core.gate.markers import has_marker
from app.core.gate.rules.header import check_header
from app.core.gate.rules.mirrored import check_mirrored
from app.core.images import decoding, remedies
from app.core.images.film import Film
from app.core.images.guard import guarded
from app.core.images.preparation import for_model, to_input
from app.core.images.reading import ReadOptions
from app.core.progress import progress
from app.core.sources.source import Source
from model_training.data.datasets import Case
from model_training.reference.faults import CROPPED, faulty
from model_training.reference.variation import varied

# Network input, uint8 `(batch, height, width, channels)`, to features, float32
# `(batch, num_features)`.
Featurise = Callable[[NDArray[np.uint8]], NDArray[np.float32]]

_TOGETHER = 16


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What was seen of some films.

    Attributes:
        positions: int64 `(num_films,)`, which of the cases could be read.
        features: float32 `(num_films, num_features)`.
        statistics: float32 `(num_films, num_statistics)`, see `image_statistics`.
        shapes: Rows and columns of each film.
        stated: Why each is refused for what its file states; None if it is not.
        mirrored: The same for its marker.
        has_marker: bool `(num_films,)`, whether the letter R of one can be read.
        faulty: Fault -> features of copies of the first films that have it.
        elsewhere: Features of variants of the films, see `variation`; none if none were wanted.
        faulty_elsewhere: Fault -> the same of copies that lack a side.
    """

    positions: NDArray[np.int64]
    features: NDArray[np.float32]
    statistics: NDArray[np.float32]
    shapes: tuple[tuple[int, int], ...]
    stated: tuple[RefusedImageError | None, ...]
    mirrored: tuple[RefusedImageError | None, ...]
    has_marker: NDArray[np.bool_]
    faulty: dict[str, NDArray[np.float32]]
    elsewhere: NDArray[np.float32]
    faulty_elsewhere: dict[str, NDArray[np.float32]]

    @property
    def anywhere(self) -> NDArray[np.float32]:
        """Features of the films as they are and of their variants, `(num_seen, num_features)`."""
        return np.concatenate([self.features, self.elsewhere])


@dataclass(frozen=True, slots=True, eq=False)
class Looker:
    """How films are read and seen.

    Attributes:
        network_input: Size, channels and fit of the network.
        reading: What files leave open.
        featurise: The network up to its features.
    """

    network_input: Input
    reading: ReadOptions
    featurise: Featurise

    def look(
        self,
        cases: Sequence[Case],
        *,
        faults: Sequence[str],
        num_faulty: int,
        seed: int,
        num_variants: int = 0,
    ) -> Looked:
        """Reads films and takes their features and statistics; one that cannot be read is left out.

        Args:
            cases: The films.
            faults: The faults to make, of `faults.FAULTS`.
            num_faulty: Of how many of the films, from the first.
            seed: Of what varies in the faults.
            num_variants: Variants of each film, see `variation`.
        """
        rng, rng_elsewhere = np.random.default_rng(seed), np.random.default_rng((seed, 1))
        positions: list[int] = []
        features: list[NDArray[np.float32]] = []
        statistics: list[NDArray[np.float32]] = []
        shapes: list[tuple[int, int]] = []
        stated: list[RefusedImageError | None] = []
        mirrored: list[RefusedImageError | None] = []
        markers: list[bool] = []
        copies: dict[str, list[NDArray[np.float32]]] = {fault: [] for fault in faults}
        variants: list[NDArray[np.float32]] = []
        variants_without: dict[str, list[NDArray[np.float32]]] = {
            fault: [] for fault in faults if fault in CROPPED and num_variants
        }
        for some in self._read(cases):
            films = [film for _, film in some]
            features.append(self.featurise(self._fitted(films)))
            views = [FilmView(film) for film in films]
            statistics += [view_statistics(view) for view in views]
            shapes += [(film.pixels.shape[0], film.pixels.shape[1]) for film in films]
            stated += map(self._stated, films)
            mirrored += map(_mirrored, views)
            markers += map(has_marker, views)
            chosen = films[: max(0, num_faulty - len(positions))]
            positions += [position for position, _ in some]
            for fault in faults if chosen else ():
                wrong = [
                    Film(faulty(fault, film.pixels, _grey_as(other, film), rng))
                    for film, other in zip(chosen, [*chosen[1:], chosen[0]], strict=True)
                ]
                copies[fault].append(self.featurise(self._fitted(wrong)))
            for _ in range(num_variants):
                seen = [Film(varied(film.pixels, rng_elsewhere)) for film in films]
                variants.append(self.featurise(self._fitted(seen)))
            for fault in variants_without if chosen else ():
                seen = [_without_side(fault, film, rng_elsewhere) for film in chosen]
                variants_without[fault].append(self.featurise(self._fitted(seen)))
        size = features[0].shape[1] if features else 0
        nothing = np.zeros((0, size), np.float32)
        return Looked(
            np.array(positions, np.int64),
            np.concatenate([nothing, *features]),
            np.array(statistics, np.float32).reshape(len(positions), len(NAMES)),
            tuple(shapes),
            tuple(stated),
            tuple(mirrored),
            np.array(markers, np.bool_),
            {fault: np.concatenate([nothing, *found]) for fault, found in copies.items()},
            np.concatenate([nothing, *variants]),
            {fault: np.concatenate([nothing, *found]) for fault, found in variants_without.items()},
        )

    def look_again(self, case: Case, remedy: Remedy) -> NDArray[np.float32]:
        """Features of a film with a remedy applied, `(num_features,)`.

        Args:
            case: The film; it was read before.
            remedy: What to do with it.
        """
        film = remedies.apply(read_film(case, self.network_input, self.reading), remedy)
        features: NDArray[np.float32] = self.featurise(self._fitted([film]))[0]
        return features

    def _stated(self, film: Film) -> RefusedImageError | None:
        return refusal_of(lambda: check_header(film, self.network_input))

    def _read(self, cases: Sequence[Case]) -> Iterator[list[tuple[int, Film]]]:
        """Position and film of those that can be read, some at a time."""
        some: list[tuple[int, Film]] = []
        numbered = progress(enumerate(cases), title="looking", unit="film", total=len(cases))
        for position, case in numbered:
            try:
                some.append((position, read_film(case, self.network_input, self.reading)))
            except ImageError:
                continue
            if len(some) == _TOGETHER:
                yield some
                some = []
        if some:
            yield some

    def _fitted(self, films: Sequence[Film]) -> NDArray[np.uint8]:
        return np.stack([to_input(film, self.network_input) for film in films])


def featuriser(network: AnyNetwork, layers: Sequence[FeatureLayer]) -> Featurise:
    """A network up to its features.

    Args:
        network: The network.
        layers: Those whose features are taken.
    """
    function = features_function(network, layers)

    def featurise(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return function(pixels.astype(np.float32))

    return featurise


def read_film(case: Case, network_input: Input, reading: ReadOptions) -> Film:
    """A film as the network that is looked at would be given it, in its own size.

    Args:
        case: The film.
        network_input: Size, channels and fit of the network.
        reading: What files leave open.

    Raises:
        ImageError: If it cannot be read.
    """
    with guarded():
        data = Source(case.name, case.path).read()
        return decoding.decode(data, for_model(reading, network_input))


def _mirrored(view: FilmView) -> RefusedImageError | None:
    return refusal_of(lambda: check_mirrored(view))


def _without_side(fault: str, film: Film, rng: np.random.Generator) -> Film:
    elsewhere = varied(film.pixels, rng)
    return Film(faulty(fault, elsewhere, elsewhere, rng))


def _grey_as(other: Film, film: Film) -> NDArray[np.uint8]:
    """The pixels of another film, in grey or in colour as this one."""
    if other.pixels.ndim == film.pixels.ndim:
        return other.pixels
    if film.pixels.ndim == 2:
        return np.asarray(other.pixels.mean(axis=-1), np.uint8)
    return np.repeat(other.pixels[..., np.newaxis], 3, axis=-1)
