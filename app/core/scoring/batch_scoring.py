"""From the files of a batch to their results: known, refused, or scored in one pass together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from app.core.errors import ImageError, RefusedImageError
from app.core.gate.observation import Observation
from app.core.images import decoding
from app.core.images.guard import guarded
from app.core.images.preparation import Rejected, for_model, prepare
from app.core.images.reading import AS_STORED, ReadOptions
from app.core.networks.class_logits import class_logits
from app.core.scoring.judging import FittedFilm, Judge, Judged, SeenFilm
from app.core.scoring.known_results import KnownResults, known_result
from app.core.scoring.result import Result
from app.core.scoring.second_look import SecondLook, looked_at_again
from app.core.sources.read_ahead import Pending
from app.core.sources.source import Source


class BatchScoring:
    """Scores the batches of one run. Thread-safe."""

    def __init__(
        self,
        judge: Judge,
        *,
        known: KnownResults | None,
        second_look: SecondLook | None,
        keep_logits: bool,
    ) -> None:
        """Prepares a run.

        Args:
            judge: Of the bundle.
            known: Cache of earlier results, to which new ones are added.
            second_look: Which refused films are read once more, and how; None leaves them refused.
            keep_logits: Whether results hold the logits of the network, too.
        """
        self._judge = judge
        self._known = known
        self._second_look = second_look
        self._keep_logits = keep_logits

    def score(self, batch: list[Pending]) -> list[Result]:
        """One result for each file, in order.

        Raises:
            BundleError: If the library fails to compute the network.
            SourceError: If the cache of earlier results fails.
        """
        results = self._score_once([(one.source, one.take) for one in batch])
        if self._second_look is None:
            return results
        return [looked_at_again(one, self._second_look, self._score_alone) for one in results]

    def _score_alone(self, source: Source) -> Result:
        return self._score_once([(source, source.read)])[0]

    def _score_once(self, batch: list[tuple[Source, Callable[[], bytes]]]) -> list[Result]:
        prepared = [self._prepare(source, read) for source, read in batch]
        scored = iter(self._score_fitted([one for one in prepared if isinstance(one, FittedFilm)]))
        results = [next(scored) if isinstance(one, FittedFilm) else one for one in prepared]
        if self._known is not None:
            self._known.add(results)
        return results

    def _prepare(self, source: Source, read: Callable[[], bytes]) -> Result | FittedFilm:
        """One film as network input, or its result if the network is not needed."""
        try:
            with guarded():
                data = read()
        except ImageError as error:
            return _without_score(source, "", error)
        image_id, network_input = decoding.image_id(data), self._judge.manifest.input
        if self._known is not None:
            reading = for_model(source.reading, network_input)
            found = known_result(self._known, image_id, source, reading)
            if found is not None:
                return found
        prepared = prepare(data, network_input, image_id=image_id, reading=source.reading)
        if isinstance(prepared, Rejected):
            chosen = prepared.film.chosen if prepared.film is not None else AS_STORED
            return _without_score(source, prepared.image_id, prepared.error, chosen)
        return self._judge.fitted(source, prepared)

    def _score_fitted(self, films: list[FittedFilm]) -> list[Result]:
        if not films:
            return []
        seen = self._judge.look_at(films)
        scores = self._judge.run(np.stack([film.pixels for film in films]))
        results = [
            _to_result(film, self._judge.judge(film, one, every_class=False))
            for film, one in zip(seen, self._judge.outputs(seen, scores), strict=True)
        ]
        if not self._keep_logits:
            return results
        logits = class_logits(np.asarray(scores.logits))
        return [replace(one, logits=row) for one, row in zip(results, logits, strict=True)]


def _to_result(seen: SeenFilm, judged: Judged) -> Result:
    film = seen.film
    if judged.error is not None:
        refused = _without_score(
            film.source, film.image_id, judged.error, film.chosen, judged.observation
        )
        return replace(refused, likeness=seen.likeness)
    return Result(
        film.source,
        film.image_id,
        "ok",
        prediction=judged.prediction,
        evidence=judged.evidence[0] if judged.evidence else None,
        chosen=film.chosen,
        observation=judged.observation,
        likeness=seen.likeness,
    )


def _without_score(
    source: Source,
    image_id: str,
    error: ImageError,
    chosen: ReadOptions = AS_STORED,
    observation: Observation | None = None,
) -> Result:
    remedy = error.remedy if isinstance(error, RefusedImageError) else None
    return Result(
        source,
        image_id,
        error.status,
        error.code,
        str(error),
        chosen=chosen,
        observation=observation,
        remedy=remedy,
    )
