"""Films like this one: the nearest held-out films of each class, and when they contradict."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.bundles.task import Task
from app.core.gate.film_distances import VOTERS
from app.core.gate.known_films import HeldOutFilms
from app.core.gate.neighbours import Neighbour, Neighbours, nearest
from app.core.markdown import escape_markdown
from app.core.performance.formatting import counted, proportion_in_full
from app.core.review.cases import Case
from app.core.review.open_worklist import OpenWorklist
from app.core.scoring.prediction import Prediction
from app.core.statistics.metrics import Proportion
from app.ui import elements, errors, state, widget_keys
from app.ui.cache import similar_films as cache

_TITLE = "Films like this one"
_HELP = (
    "The nearest held-out films of each class where the network sees them, never of the same "
    "patient. At a distance of 1, a film is farther from its nearest one than almost all held-out "
    "films are. A film may be near for another reason than its finding."
)
# As in the worklist for two classes; then any that are easily told apart.
_SHAPES_OF_TWO = ("○", "▲")
_SHAPES = ("○", "▲", "■", "◆", "▽", "⬟", "✚", "★")

_mount = elements.define("overread_similar_films", __file__)


@dataclass(frozen=True, slots=True, eq=False)
class Similar:
    """What the films most like the open one say.

    Attributes:
        bundle: The model, or the finding that it is asked about.
        sample: The films it was compared with.
        neighbours: The nearest of them.
        prediction: The model's; None if the film was refused.
    """

    bundle: Bundle
    sample: HeldOutFilms
    neighbours: Neighbours
    prediction: Prediction | None

    @property
    def task(self) -> Task:
        """The question, whose classes exclude each other."""
        return self.bundle.manifest.task


def find(case: Case, bundle: Bundle, class_index: int) -> Similar | None:
    """The films most like the open one; None if the model has none to compare with.

    Args:
        case: The open film.
        bundle: The model.
        class_index: With findings, the one that is looked at.
    """
    if case.observation is None:
        return None
    prediction = case.prediction
    if bundle.manifest.task.any_of:
        bundle = bundle.of_finding(bundle.manifest.task.classes[class_index])
        prediction = prediction.findings[class_index] if prediction is not None else None
    sample = cache.held_out(bundle)
    if sample is None:
        return None
    neighbours = nearest(
        case.observation.coordinates,
        sample.known,
        film=sample.owner(case.image_id),
        predicted=prediction.class_index if prediction is not None else None,
    )
    return Similar(bundle, sample, neighbours, prediction)


def warn(similar: Similar | None) -> None:
    """Says that the films most like the open one contradict the model, if they do.

    Args:
        similar: As from `find`.
    """
    if similar is None or similar.prediction is None:
        return
    other = similar.neighbours.contradicted_by
    if other is None:
        return
    others, said = (
        escape_markdown(_name(similar.task, label))
        for label in (other, similar.prediction.class_index)
    )
    st.warning(
        f":small[{similar.neighbours.votes[other]} of the {VOTERS} most similar films with known "
        f"truth are {others}; the model says {said}. Look again.]",
        icon=":material/compare:",
    )


def show(similar: Similar | None, case: Case, opened: OpenWorklist) -> None:
    """Draws the nearest films of each class; a click shows one beside the open film.

    Args:
        similar: As from `find`.
        case: The open film.
        opened: Its worklist.
    """
    if similar is None:
        return
    st.markdown(f"**{_TITLE}**", help=_HELP)
    has_pictures = bool(similar.sample.pictures)
    shown = {one.image_id for films in similar.neighbours.by_class for one in films}
    in_worklist = _items(opened, shown)
    data: dict[str, Any] = {
        "label": _TITLE,
        "film": cache.compared_picture(case.image_id, case.film)
        if has_pictures and case.film is not None
        else "",
        "film_caption": f"This film: {_answer(similar)}",
        "rows": [
            {
                "truth": _name(similar.task, label),
                "films": [
                    _tile(one, similar) | {"can_open": one.image_id in in_worklist}
                    for one in similar.neighbours.by_class[label]
                ],
            }
            for label in _order(similar.neighbours)
        ],
    }
    _mount(
        data=data,
        key=widget_keys.SIMILAR_FILMS,
        on_opened_change=errors.callback(partial(_open, opened)),
    )
    st.caption(" ".join(_notes(similar)))


def _notes(similar: Similar) -> list[str]:
    neighbours, task = similar.neighbours, similar.task
    votes = sorted(enumerate(neighbours.votes), key=lambda pair: -pair[1])
    listed = [f"{count} {escape_markdown(_name(task, label))}" for label, count in votes if count]
    notes = [f"Of the {neighbours.num_voters} most similar films: {', '.join(listed)}."]
    if similar.prediction is None:  # a vote about what the model refused would be a judgement
        notes = ["This film was refused: the truth of others says nothing about it."]
    if neighbours.contradicts:
        notes.append(_how_often(similar.bundle))
    first = neighbours.nearest
    if first is not None and first.closeness == "far":
        notes.append(
            f"None is close: the nearest lies at a distance of {_number(first)}; almost all "
            "held-out films have one within 1."
        )
    if neighbours.num_left_out:
        left_out = counted(neighbours.num_left_out, "film")
        notes.append(f"{left_out} of this patient left out.")
    if not similar.sample.pictures:
        notes.append("This model ships no pictures of its films.")
    return notes


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
    return f"On test films they contradict {' and '.join(found)} (95 % intervals)."


def _order(neighbours: Neighbours) -> list[int]:
    """Of two classes the positive one is first, of more the nearest; but first what contradicts."""
    labels = [label for label, films in enumerate(neighbours.by_class) if films]
    labels = (
        labels[::-1]
        if len(neighbours.by_class) == 2
        else sorted(labels, key=lambda label: neighbours.by_class[label][0].distance)
    )
    return sorted(labels, key=lambda label: label != neighbours.contradicted_by)


def _tile(neighbour: Neighbour, similar: Similar) -> dict[str, Any]:
    """What the browser needs of one film."""
    image_id, task = neighbour.image_id, similar.task
    path = similar.sample.pictures.get(image_id)
    distance = f"{_number(neighbour)} {neighbour.closeness}"
    in_words = f"{_number(neighbour)} ({neighbour.closeness})"
    name = _name(task, neighbour.label)
    split = {"val": "validation", "test": "test"}.get(similar.sample.splits[image_id], "held-out")
    return {
        "key": image_id,
        "picture": cache.known_picture(similar.bundle, path) if path is not None else "",
        "truth": f"{_shape(task, neighbour.label)} {name}",
        "distance": distance,
        "description": f"{name}, {distance}, {split} film",
        "caption": f"A {split} film. Truth: {name}. Distance: {in_words}.",
    }


def _number(neighbour: Neighbour) -> str:
    """The distance of a film, with as many digits as tell it from another."""
    return f"{neighbour.distance:.2f}" if neighbour.distance < 10 else f"{neighbour.distance:.0f}"


def _answer(similar: Similar) -> str:
    """What the model says of the open film."""
    if similar.prediction is None:
        return "no prediction"
    return f"the model says {_name(similar.task, similar.prediction.class_index)}"


def _name(task: Task, label: int) -> str:
    return task.display_name(task.classes[label])


def _shape(task: Task, label: int) -> str:
    shapes = _SHAPES_OF_TWO if task.binary else _SHAPES
    return shapes[label % len(shapes)]


def _open(opened: OpenWorklist) -> None:
    """Has the viewer open one of the films, which is in the worklist."""
    image_id = state.value_of(widget_keys.SIMILAR_FILMS, {}).get("opened")
    for item in _items(opened, {image_id}).values():
        before = state.value_of(widget_keys.WISHED_FILM)
        state.set_value(widget_keys.WISHED_FILM, (item, before[1] + 1 if before else 1))


def _items(opened: OpenWorklist, image_ids: Collection[str]) -> dict[str, int]:
    """Positions of those films that are in a worklist, by their identity."""
    return {
        one.image_id: item
        for item, one in enumerate(opened.results())
        if one is not None and one.image_id in image_ids
    }
