"""What a model says of a film once its network has run: a refusal, or prediction and evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.core.backends.scores import Scores
from app.core.bundles.manifest import Manifest
from app.core.errors import (
    ImageError,
    InvalidOutputError,
    RefusedImageError,
    Remedy,
)
from app.core.gate.admission import Impression, remedies_to_try, require_admitted
from app.core.gate.likeness import likeness
from app.core.gate.observation import Observation
from app.core.images.preparation import Prepared, Rejected
from app.core.images.reading import ReadOptions
from app.core.networks.class_logits import class_logits, values_of_class
from app.core.rendering import heatmaps
from app.core.scoring.gatekeeper import Gatekeeper, Glance
from app.core.scoring.output_check import require_numbers
from app.core.scoring.prediction import Prediction, predict
from app.core.scoring.reading_again import read_with
from app.core.sources.source import Source

# How many films go through the network with their remedies together, as in a batch of the engine.
_LOOKS_TOGETHER = 8
# Of a batch of network inputs, uint8 `(batch, height, width, channels)` in [0, 255].
RunNetwork = Callable[[NDArray[np.uint8]], Scores]


@dataclass(frozen=True, slots=True, eq=False)
class FittedFilm:
    """A film on its way through the network, without its pixels at full resolution.

    Attributes:
        source: Where it can be read again.
        image_id: As in `Prepared`.
        pixels: The network input, as in `Prepared`.
        shape: Rows and columns at full resolution.
        chosen: How it was read.
        glance: What is kept of it for the gate.
    """

    source: Source
    image_id: str
    pixels: NDArray[np.uint8]
    shape: tuple[int, int]
    chosen: ReadOptions
    glance: Glance


@dataclass(frozen=True, slots=True, eq=False)
class SeenFilm:
    """A film that the gate has looked at.

    Attributes:
        film: The film.
        impression: What the gate saw of it.
        likeness: Mark of what it shows, see `likeness.likeness`.
    """

    film: FittedFilm
    impression: Impression
    likeness: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """What the network gave for one film; may contain NaN.

    Attributes:
        logits: float32 `(num_logits,)`.
        maps: Evidence, float32 `(rows, columns, num_logits)` over the whole input.
        observation: Where its features lie, or what is wrong with them; None without a reference.
        remedied: The same of the film with each remedy that may put it right, or why it could not
            be read again.
    """

    logits: NDArray[np.float32]
    maps: NDArray[np.float32] | None
    observation: Observation | InvalidOutputError | None = None
    remedied: Mapping[Remedy, Observation | ImageError] = field(default_factory=dict)

    def seen_with(self, remedy: Remedy) -> Observation | None:
        """Where the film lies with a remedy; None if it has one or cannot be judged with it.

        Raises:
            ImageError: If it could not be read again, or gave features that are not finite.
        """
        seen = self.remedied.get(remedy)
        if isinstance(seen, ImageError):
            raise seen
        return seen


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One film with what the model says of it.

    Attributes:
        prediction: None if it is refused, or the model gave no valid output.
        evidence: float32 maps `(rows, columns)` over the whole film, in logits and class order,
            or that of the predicted class alone; empty without a prediction, or a layer with a map.
        observation: As in `Result`.
        error: Why there is no prediction.
    """

    prediction: Prediction | None = None
    evidence: tuple[NDArray[np.float32], ...] = ()
    observation: Observation | None = None
    error: ImageError | None = None


class Judge:
    """Gate, calibration and thresholds of one bundle. Thread-safe."""

    def __init__(self, manifest: Manifest, gatekeeper: Gatekeeper, run: RunNetwork) -> None:
        """Puts them together.

        Args:
            manifest: Of the bundle.
            gatekeeper: Its gate.
            run: Computes its network, for films that may be right with a remedy.
        """
        self.manifest = manifest
        self.gatekeeper = gatekeeper
        self.run = run

    def fitted(self, source: Source, prepared: Prepared) -> FittedFilm:
        """A film as it goes through the network.

        Args:
            source: Where it can be read again.
            prepared: The film.
        """
        film = prepared.film
        rows, columns = film.pixels.shape[:2]
        return FittedFilm(
            source,
            prepared.image_id,
            prepared.pixels,
            (rows, columns),
            film.chosen,
            self.gatekeeper.glance(film),
        )

    def look_at(self, films: Sequence[FittedFilm]) -> list[SeenFilm]:
        """What the gate sees of the films of a batch before they are scored.

        Of all together, not of each when it was decoded: see `Gatekeeper.impression`.
        """
        impressions = [self.gatekeeper.impression(film.glance) for film in films]
        marks = [likeness(film.pixels) for film in films]
        return [SeenFilm(*one) for one in zip(films, impressions, marks, strict=True)]

    def outputs(self, films: Sequence[SeenFilm], scores: Scores) -> list[Outputs]:
        """The outputs of a batch, film by film.

        Args:
            films: The films, in the same order.
            scores: What the network gave for them.
        """
        logits, maps, features = scores
        seen = self.gatekeeper.observe_all(features, [film.impression for film in films])
        of_films = [None] * len(logits) if maps is None else maps
        remedied = self._remedied(films, seen)
        return [Outputs(*one) for one in zip(logits, of_films, seen, remedied, strict=True)]

    def judge(self, seen: SeenFilm, outputs: Outputs, *, every_class: bool) -> Judged:
        """Admits or refuses one film, and judges it if it is admitted.

        Args:
            seen: The film.
            outputs: What the network gave for it.
            every_class: Whether there is a map for each class, not for the predicted one alone.
        """
        observation = None
        try:
            require_numbers(outputs.logits, outputs.maps)
            if isinstance(outputs.observation, InvalidOutputError):
                raise outputs.observation
            observation = outputs.observation
            if not seen.film.chosen.override:
                self._require_admitted(seen, outputs, observation)
            prediction = self._predict(outputs)
        except ImageError as error:
            return Judged(observation=observation, error=error)
        classes = self._classes() if every_class else (prediction.class_index,)
        return Judged(prediction, self._evidence(outputs, classes, seen.film.shape), observation)

    def explain(
        self, outputs: Outputs, film_shape: tuple[int, int]
    ) -> tuple[Prediction, tuple[NDArray[np.float32], ...]]:
        """The prediction of one film, and an evidence map for each class, whatever the gate says.

        Args:
            outputs: What the network gave for it.
            film_shape: Rows and columns of the film at full resolution.

        Returns:
            The prediction, and float32 maps `(rows, columns)` over the whole film, in logits and
            class order; none if the network has no layer with a map.

        Raises:
            InvalidOutputError: If the outputs are not finite.
        """
        require_numbers(outputs.logits, outputs.maps)
        return self._predict(outputs), self._evidence(outputs, self._classes(), film_shape)

    def _classes(self) -> range:
        return range(len(self.manifest.task.classes))

    def _predict(self, outputs: Outputs) -> Prediction:
        return predict(class_logits(outputs.logits[np.newaxis])[0], self.manifest)

    def _evidence(
        self, outputs: Outputs, classes: range | tuple[int, ...], film_shape: tuple[int, int]
    ) -> tuple[NDArray[np.float32], ...]:
        if outputs.maps is None:
            return ()
        return tuple(
            heatmaps.without_padding(
                values_of_class(outputs.maps, index), film_shape, self.manifest.input
            )
            for index in classes
        )

    def _remedied(
        self,
        films: Sequence[SeenFilm],
        observations: Sequence[Observation | InvalidOutputError | None],
    ) -> list[dict[Remedy, Observation | ImageError]]:
        """What is seen of the films of a batch with the remedies that may put them right.

        All together, for alone a film takes up to twice as long in the network.
        """
        found: list[dict[Remedy, Observation | ImageError]] = [{} for _ in films]
        again: list[tuple[dict[Remedy, Observation | ImageError], Remedy, NDArray[np.uint8]]] = []
        for of_film, seen, observation in zip(found, films, observations, strict=True):
            if isinstance(observation, InvalidOutputError):
                continue
            for remedy in _remedies_to_try(seen, observation):
                try:
                    prepared = read_with(remedy, seen.film, self.manifest.input)
                except ImageError as error:
                    of_film[remedy] = error
                    continue
                if isinstance(prepared, Prepared):
                    again.append((of_film, remedy, prepared.pixels))
        for start in range(0, len(again), _LOOKS_TOGETHER):
            some = again[start : start + _LOOKS_TOGETHER]
            features = self.run(np.stack([pixels for _, _, pixels in some])).features
            second = self.gatekeeper.observe_all(features, [Impression()] * len(some))
            for (of_film, remedy, _), observation in zip(some, second, strict=True):
                if observation is not None:
                    of_film[remedy] = observation
        return found

    def _require_admitted(
        self, seen: SeenFilm, outputs: Outputs, observation: Observation | None
    ) -> None:
        """Refuses a film as the gate does.

        Raises:
            RefusedImageError: If the model is not for it.
            UnreadableImageError: If it had to be read again, and is no longer what it was.
        """
        try:
            require_admitted(observation, seen.impression, remedied=outputs.seen_with)
        except RefusedImageError as refusal:
            if refusal.remedy is None or self._passes_rules_with(refusal.remedy, seen.film):
                raise
            raise refusal.without_remedy() from None

    def _passes_rules_with(self, remedy: Remedy, film: FittedFilm) -> bool:
        """Whether no rule refuses a film with a remedy, which else would be offered in vain."""
        prepared = read_with(remedy, film, self.manifest.input)
        if isinstance(prepared, Rejected):
            return False
        impression = self.gatekeeper.look_at(prepared.film)
        return impression.refusal is None and impression.spoilt is None


def _remedies_to_try(seen: SeenFilm, observation: Observation | None) -> tuple[Remedy, ...]:
    """See `remedies_to_try`; none for a film that has one, or is judged whatever the gate says."""
    chosen = seen.film.chosen
    if chosen.override or chosen.remedy is not None:
        return ()
    return remedies_to_try(observation, seen.impression)
