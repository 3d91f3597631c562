"""What a model says of a film once its network has run: a refusal, or prediction and evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.core.backends.scores import Scores
from app.core.bundles.manifest import Manifest
from app.core.errors import (
    CHANGED,
    ImageError,
    InvalidOutputError,
    RefusedImageError,
    Remedy,
    UnreadableImageError,
)
from app.core.gate.admission import Impression, require_admitted
from app.core.gate.likeness import likeness
from app.core.gate.observation import Observation
from app.core.images import decoding
from app.core.images.guard import guarded
from app.core.images.preparation import Prepared, Rejected, prepare
from app.core.images.reading import ReadOptions
from app.core.networks.class_logits import class_logits, values_of_class
from app.core.rendering import heatmaps
from app.core.scoring.gatekeeper import Gatekeeper, Glance
from app.core.scoring.output_check import require_numbers
from app.core.scoring.prediction import Prediction, predict
from app.core.sources.source import Source

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
    """

    logits: NDArray[np.float32]
    maps: NDArray[np.float32] | None
    observation: Observation | InvalidOutputError | None = None


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
        return [Outputs(*one) for one in zip(logits, of_films, seen, strict=True)]

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
            self._require_admitted(seen, observation)
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

    def _require_admitted(self, seen: SeenFilm, observation: Observation | None) -> None:
        """Refuses a film as the gate does, unless its reader decided otherwise.

        Raises:
            RefusedImageError: If the model is not for it.
            UnreadableImageError: If it had to be read again, and is no longer what it was.
        """
        film = seen.film
        if film.chosen.override:
            return
        try:
            require_admitted(
                observation,
                seen.impression,
                remedied=lambda remedy: self._observe_with(remedy, film),
            )
        except RefusedImageError as refusal:
            if refusal.remedy is None or self._passes_rules_with(refusal.remedy, film):
                raise
            raise refusal.without_remedy() from None

    def _passes_rules_with(self, remedy: Remedy, film: FittedFilm) -> bool:
        """Whether no rule refuses a film with a remedy, for which it would be offered in vain."""
        reading = replace(film.source.reading, remedy=remedy)
        prepared = prepare(_read_again(film), self.manifest.input, reading=reading)
        if isinstance(prepared, Rejected):
            return False
        return self.gatekeeper.look_at(prepared.film).refusal is None

    def _observe_with(self, remedy: Remedy, film: FittedFilm) -> Observation | None:
        """What is seen of a film with a remedy; None if it has one or cannot be judged with it."""
        if film.chosen.remedy is not None:
            return None
        reading = replace(film.source.reading, remedy=remedy)
        prepared = prepare(_read_again(film), self.manifest.input, reading=reading)
        if isinstance(prepared, Rejected):
            return None
        features = self.run(prepared.pixels[np.newaxis]).features
        if features is None:
            return None
        return self.gatekeeper.observe(features[0], Impression())


def _read_again(film: FittedFilm) -> bytes:
    """The bytes of a film, once more.

    Raises:
        UnreadableImageError: If they are no longer those of the film.
    """
    try:
        with guarded():
            data = film.source.read()
    except ImageError:
        data = b""
    if film.chosen.image_id(decoding.image_id(data)) != film.image_id:
        raise UnreadableImageError(
            CHANGED,
            "The file was replaced, or could not be read again, while it was being scored. Score "
            "it again.",
        )
    return data
