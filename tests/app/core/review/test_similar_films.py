"""Held-out films like one of a worklist: which, and that none tells what is still to be called."""

import numpy as np

from app.core.gate.observation import Observation
from app.core.review.similar_films import similar_to
from app.core.scoring.prediction import predict
from app.core.scoring.result import Result
from app.core.sources.source import Source
from tests.known_films import held_out, on_a_line


def at(place: float, bundle, predicted: int | None) -> Result:
    """The result of a film at a place on a line."""
    logits = np.full(len(bundle.manifest.task.classes), -9.0)
    logits[predicted or 0] = 9.0
    prediction = None if predicted is None else predict(logits, bundle.manifest)
    observation = Observation(0.5, np.array([place], np.float16))
    return Result(Source("new", None), "new", "ok", prediction=prediction, observation=observation)


def shown(similar) -> list[list[str]]:
    return [[one.image_id for one in films] for films in similar.neighbours.by_class]


def test_the_three_nearest_of_each_class_are_shown(bundle, tmp_path):
    # The first 20 films, at 0 to 19, are normal; the others have pneumonia.
    known = on_a_line(bundle, tmp_path / "line")
    ids = list(held_out(bundle, 40)["image_id"])

    similar = similar_to(known, at(17.4, known, 1))

    assert shown(similar) == [[ids[17], ids[18], ids[16]], [ids[20], ids[21], ids[22]]]
    assert (similar.prediction.class_index, similar.num_unread) == (1, 0)


def test_films_that_are_still_to_be_called_are_left_out_and_counted(bundle, tmp_path):
    known = on_a_line(bundle, tmp_path / "line")
    ids = list(held_out(bundle, 40)["image_id"])

    unread = frozenset([ids[17], ids[16], ids[0]])  # the last one would not be shown anyway
    similar = similar_to(known, at(17.4, known, 1), unread=unread)

    assert shown(similar)[0] == [ids[18], ids[19], ids[15]]
    assert similar.num_unread == 2


def test_each_finding_has_films_of_its_own(findings_bundle, tmp_path):
    known = on_a_line(findings_bundle, tmp_path / "line", num=60)
    labels = findings_bundle.predictions()["y_true:NODULE"].head(60)
    predicted = list(findings_bundle.manifest.task.classes).index("NODULE")

    similar = similar_to(known, at(30.1, known, predicted))

    ids = list(held_out(findings_bundle, 60)["image_id"])
    nearest_first = sorted(range(60), key=lambda place: abs(place - 30.1))
    assert shown(similar) == [
        [ids[place] for place in nearest_first if labels[place] == label][:3] for label in (0, 1)
    ]
    assert similar.bundle.finding == "NODULE"


def test_a_model_without_a_reference_has_no_films(bundle):
    assert similar_to(bundle, at(1, bundle, 1)) is None
