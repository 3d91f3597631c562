"""What a browser is told of the films like one that is open, and their small pictures."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image
from starlette.responses import Response

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import PICTURE_TYPES
from app.core.bundles.task import Task
from app.core.errors import OverreadError
from app.core.gate.film_distances import VOTERS
from app.core.gate.neighbours import Neighbour, Neighbours
from app.core.performance.formatting import counted, proportion_in_full
from app.core.review.similar_films import SimilarFilms, similar_films
from app.core.statistics.metrics import Proportion
from app.reading.answers import FOR_A_DAY, PREFIX, AnswerError, Asked, route
from app.reading.opened import AskedFilm, asked_film

# As in the list for two classes; then any that are easily told apart.
_SHAPES_OF_TWO = ("○", "▲")
_SHAPES = ("○", "▲", "■", "◆", "▽", "⬟", "✚", "★")


def similar_part(asked: Asked, found: AskedFilm) -> dict[str, Any] | None:
    """The held-out films most like a film; None if its reader may not see the model, or none exist.

    Args:
        asked: The request.
        found: Its film.
    """
    if not found.sight.shows_model or found.result is None:
        return None
    try:
        similar = similar_films(found.opened, found.result, asked.session.reader)
    except OverreadError as error:  # the film can be read all the same
        return {"contradiction": "", "rows": [], "notes": [str(error)]}
    return None if similar is None else similar_answer(similar, found.item)


def similar_answer(similar: SimilarFilms, item: int) -> dict[str, Any]:
    """The films most like one of a worklist as JSON.

    Args:
        similar: Those films.
        item: Position of the one.
    """
    return {
        "contradiction": _contradiction(similar),
        "rows": [
            {
                "truth": _name(similar.task, label),
                "films": [_film(one, similar, item) for one in similar.neighbours.by_class[label]],
            }
            for label in _order(similar.neighbours)
        ],
        "notes": list(filter(None, _notes(similar))),
    }


def picture(asked: Asked) -> Response:
    """The small picture of a held-out film, for a reader who may see what the model says.

    Raises:
        AnswerError: If there is none, or it may not be seen yet.
    """
    found = asked_film(asked)
    found.require_shown()
    bundle = found.opened.bundle
    path = bundle.picture(asked.path["image_id"])
    if path is None or bundle.sha256[:32] != asked.path["digest"]:
        raise AnswerError(404, "There is no picture of this film.")
    try:
        content = path.read_bytes()
    except OSError:
        raise AnswerError(404, "The picture of this film cannot be read any more.") from None
    return Response(content, media_type=PICTURE_TYPES[path.suffix], headers=FOR_A_DAY)


SIMILAR_FILMS = (route("/similar/{item:int}/{digest}/{image_id}", picture),)


def _contradiction(similar: SimilarFilms) -> str:
    other = similar.neighbours.contradicted_by
    if other is None or similar.prediction is None:
        return ""
    others, said = (_name(similar.task, one) for one in (other, similar.prediction.class_index))
    return (
        f"{similar.neighbours.votes[other]} of the {VOTERS} most similar films with known truth "
        f"are {others}; the model says {said}. Look again."
    )


def _how_often(bundle: Bundle) -> str:
    """How often similar films contradict wrong and right answers; empty if not measured."""
    reference = bundle.manifest.reference
    known = reference.contradictions_of(bundle.finding) if reference is not None else None
    if known is None or not known.wrong + known.right:
        return ""
    found = [
        f"{proportion_in_full(proportion)} of {which} answers"
        for which, proportion in (
            ("wrong", Proportion(known.on_wrong, known.wrong)),
            ("right", Proportion(known.on_right, known.right)),
        )
        if proportion.total
    ]
    return f"On test films they contradict {' and '.join(found)} (95 % intervals over films)."


def _notes(similar: SimilarFilms) -> list[str]:
    neighbours, task = similar.neighbours, similar.task
    votes = sorted(enumerate(neighbours.votes), key=lambda pair: -pair[1])
    listed = [f"{count} {_name(task, label)}" for label, count in votes if count]
    notes = [f"Of the {neighbours.num_voters} most similar: {', '.join(listed)}."]
    if similar.prediction is None:  # a vote about what the model refused would be a judgement
        notes = ["This film was refused: the truth of others says nothing about it."]
    if neighbours.contradicts:
        notes.append(_how_often(similar.bundle))
    first = neighbours.nearest
    if first is not None and first.closeness == "far":
        notes.append("None is close: almost all held-out films have one within 1.")
    if neighbours.num_left_out:
        notes.append(f"{counted(neighbours.num_left_out, 'film')} of this patient left out.")
    if similar.num_unread:
        left_out, them = (
            counted(similar.num_unread, "film"),
            "it" if similar.num_unread == 1 else "them",
        )
        notes.append(f"{left_out} of this worklist left out until you have called {them}.")
    if not similar.sample.pictures:
        notes.append("This model ships no pictures of its films.")
    return notes


def _order(neighbours: Neighbours) -> list[int]:
    """Of two classes the positive one is first, of more the nearest; but first what contradicts."""
    labels = [label for label, films in enumerate(neighbours.by_class) if films]
    labels = (
        labels[::-1]
        if len(neighbours.by_class) == 2
        else sorted(labels, key=lambda label: neighbours.by_class[label][0].distance)
    )
    return sorted(labels, key=lambda label: label != neighbours.contradicted_by)


def _film(neighbour: Neighbour, similar: SimilarFilms, item: int) -> dict[str, Any]:
    """What the browser needs of one film; `film` is its picture as of any film, if there is one."""
    image_id, name = neighbour.image_id, _name(similar.task, neighbour.label)
    path = similar.sample.pictures.get(image_id)
    split = {"val": "validation", "test": "test"}.get(similar.sample.splits[image_id], "held-out")
    size = _size(path) if path is not None else None
    address = f"{PREFIX}/similar/{item}/{similar.bundle.sha256[:32]}/{image_id}"
    return {
        "key": image_id,
        "truth": f"{_shape(similar.task, neighbour.label)} {name}",
        "distance": f"{_number(neighbour)} {neighbour.closeness}",
        "caption": f"A {split} film. Truth: {name}. Distance: {_number(neighbour)} "
        f"({neighbour.closeness}).",
        "film": size and {"url": address, "rows": size[1], "columns": size[0], "bits": 8},
        "item": similar.items.get(image_id),
    }


@lru_cache(maxsize=4000)
def _size(path: Path) -> tuple[int, int] | None:
    """Width and height of a picture; None if it cannot be read."""
    try:
        with Image.open(path) as found:
            return found.size
    except OSError:
        return None


def _number(neighbour: Neighbour) -> str:
    """The distance of a film, with as many digits as tell it from another."""
    return f"{neighbour.distance:.2f}" if neighbour.distance < 10 else f"{neighbour.distance:.0f}"


def _name(task: Task, label: int) -> str:
    return task.display_name(task.classes[label])


def _shape(task: Task, label: int) -> str:
    shapes = _SHAPES_OF_TWO if task.binary else _SHAPES
    return shapes[label % len(shapes)]
