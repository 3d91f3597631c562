"""Films like this one, as drawn: which, with what truth and distance, and when they contradict."""

from __future__ import annotations

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.known_films import held_out, with_known_films
from tests.pictures import encode


def draw(folder, place, predicted, class_index=0):
    """Draws what the page draws of films like one at a place on a line."""
    from pathlib import Path
    from types import SimpleNamespace

    import numpy as np

    from app.core.bundles.bundle import load_bundle
    from app.core.gate.observation import Observation
    from app.core.images.film import Film
    from app.core.review.cases import Case
    from app.core.scoring.prediction import predict
    from app.ui.case import similar_films

    bundle = load_bundle(Path(folder))
    logits = np.full(len(bundle.manifest.task.classes), -9.0)
    logits[predicted or 0] = 9.0
    case = Case(
        "new",
        Film(np.zeros((40, 30), np.uint8)),
        predict(logits, bundle.manifest) if predicted is not None else None,
        observation=Observation(0.5, np.array([place], np.float16)),
    )
    similar = similar_films.find(case, bundle, class_index)
    similar_films.warn(similar)
    without_them = SimpleNamespace(results=list)  # a worklist that has none of them
    similar_films.show(similar, case, without_them)


def drawn(bundle, place, predicted, class_index=0) -> AppTest:
    arguments = (str(bundle.path), place, predicted, class_index)
    at = AppTest.from_function(draw, args=arguments, default_timeout=60).run()
    assert not at.exception
    return at


def rows(at: AppTest) -> list[dict]:
    """What the browser is given."""
    (element,) = at.get("bidi_component")
    return json.loads(element.proto.json)["rows"]


def line(bundle, folder, *, votes=None, num=40, pictures=()):
    """A bundle whose held-out films lie on a line, two a patient, 20 of each class."""
    table = held_out(bundle, num)
    places = np.arange(num, dtype=np.float32)[:, np.newaxis]
    places[2] = 1.02  # not the same film as the one at 1, nor are any others
    shown = {table["image_id"][number]: PICTURE for number in pictures}
    return with_known_films(bundle, folder, table, places, pictures=shown, votes=votes)


PICTURE = encode(np.full((20, 30), 90, np.uint8), "JPEG")


def test_the_three_nearest_of_each_class_are_shown_with_truth_and_distance(bundle, tmp_path):
    # The first 20 films, at 0 to 19, are normal; the others have pneumonia.
    known = line(bundle, tmp_path / "line", pictures=(17, 18))

    positive, negative = rows(drawn(known, 17.4, 1))

    ids = list(held_out(bundle, 40)["image_id"])
    assert [film["key"] for film in negative["films"]] == [ids[17], ids[18], ids[16]]
    assert [film["key"] for film in positive["films"]] == [ids[20], ids[21], ids[22]]
    # To the nearest of another patient it is 1 step, but for the first, 1.02, and the last, 2: the
    # limit is 1.02 + 0.22 * 0.98. In float16, the film is at 17.406.
    assert [film["distance"] for film in negative["films"]] == [
        "0.33 close", "0.48 close", "1.14 far",
    ]  # fmt: skip
    assert negative["films"][0]["truth"] == "○ Normal"
    assert positive["films"][0]["truth"] == "▲ Pneumonia"
    assert negative["films"][0]["description"] == "Normal, 0.33 close, validation film"
    assert [bool(film["picture"]) for film in negative["films"]] == [True, True, False]
    assert not any(film["can_open"] for film in negative["films"])


@pytest.mark.parametrize(("votes", "says"), [(8, True), (9, False), (None, False)])
def test_it_is_said_when_enough_of_the_nearest_films_contradict(bundle, tmp_path, votes, says):
    known = line(bundle, tmp_path / "line", votes=votes)

    # The 11 nearest to 17.4 are at 12 to 22: 8 normal, 3 with pneumonia.
    at = drawn(known, 17.4, 1)

    warned = [one.value for one in at.warning]
    sentence = (
        "8 of the 11 most similar films with known truth are Normal; the model says Pneumonia. "
        "Look again."
    )
    first = rows(at)[0]["truth"]
    assert first == ("Normal" if says else "Pneumonia")
    assert warned == ([f":small[{sentence}]"] if says else [])
    assert at.caption[0].value.startswith("Of the 11 most similar films: 8 Normal, 3 Pneumonia.")
    # Wilson intervals of 4 of 31 and 3 of 1,013, by hand.
    how_often = (
        "12.9 % (5.1 to 28.9 %; 4 of 31) of wrong answers and "
        "0.3 % (0.1 to 0.9 %; 3 of 1,013) of right answers"
    )
    assert (how_often in at.caption[0].value) == says


def test_without_a_prediction_the_films_are_shown_and_contradict_nothing(bundle, tmp_path):
    at = drawn(line(bundle, tmp_path / "line", votes=6), 17.1, None)

    assert len(rows(at)) == 2
    assert not at.warning
    # What is refused is not judged, by similar films neither.
    assert "Of the 11" not in at.caption[0].value
    assert "says nothing about it" in at.caption[0].value


def test_a_model_without_pictures_and_a_film_far_from_all_are_said_to_be_so(bundle, tmp_path):
    at = drawn(line(bundle, tmp_path / "line"), -9.0, 1)

    assert "This model ships no pictures of its films." in at.caption[0].value
    assert "None is close" in at.caption[0].value


def test_a_model_without_a_reference_shows_no_films(bundle):
    at = drawn(bundle, 1.0, 1)

    assert not at.markdown
    assert not at.get("bidi_component")


def test_each_finding_has_films_of_its_own(findings_bundle, tmp_path):
    known = line(findings_bundle, tmp_path / "line", num=60)
    labels = findings_bundle.predictions()["y_true:NODULE"].head(60)
    names = list(findings_bundle.manifest.task.classes)

    present, absent = rows(drawn(known, 30.1, 0, names.index("NODULE")))

    ids = list(held_out(findings_bundle, 60)["image_id"])
    nearest_first = sorted(range(60), key=lambda place: abs(place - 30.1))
    for row, label in ((present, 1), (absent, 0)):
        expected = [ids[place] for place in nearest_first if labels[place] == label][:3]
        assert [film["key"] for film in row["films"]] == expected
    assert present["truth"] == "Nodule"
    assert absent["truth"] == "No nodule"


def test_of_more_than_two_classes_the_nearest_is_first(three_class_bundle, tmp_path):
    known = line(three_class_bundle, tmp_path / "line", num=60)

    found = rows(drawn(known, 42.4, 0))

    assert [row["truth"] for row in found] == ["Nodule", "Effusion", "Clear"]
