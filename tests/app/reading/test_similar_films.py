"""Films like the open one, as a browser is told of them: truth, distance, contradiction."""

import numpy as np
import pytest

from app.core.review.similar_films import similar_to
from app.reading.similar_films import similar_answer
from tests.app.core.review.test_similar_films import at
from tests.known_films import held_out, on_a_line
from tests.pictures import encode

PICTURE = encode(np.full((20, 30), 90, np.uint8), "JPEG")


def told(bundle, place, predicted, **more):
    """What a browser is told of a film at a place on a line."""
    return similar_answer(similar_to(bundle, at(place, bundle, predicted), **more), 7)


def test_each_film_comes_with_truth_distance_picture_and_its_place_in_the_worklist(
    bundle, tmp_path
):
    ids = list(held_out(bundle, 40)["image_id"])
    shown = {ids[place]: PICTURE for place in (17, 18)}
    known = on_a_line(bundle, tmp_path / "line", pictures=shown)

    positive, negative = told(known, 17.4, 1, items={ids[18]: 3})["rows"]

    # To the nearest of another patient it is 1 step, but for the first, 1.02, and the last, 2: the
    # limit is 1.02 + 0.22 * 0.98. In float16, the film is at 17.406.
    assert [film["distance"] for film in negative["films"]] == [
        "0.33 close", "0.48 close", "1.14 far",
    ]  # fmt: skip
    first = negative["films"][0]
    assert first["truth"] == "○ Normal"
    assert positive["films"][0]["truth"] == "▲ Pneumonia"
    assert first["caption"] == "A validation film. Truth: Normal. Distance: 0.33 (close)."
    url = f"/reading/similar/7/{known.sha256[:32]}/{ids[17]}"
    assert first["film"] == {"url": url, "rows": 20, "columns": 30, "bits": 8}
    assert [film["item"] for film in negative["films"]] == [None, 3, None]
    assert negative["films"][2]["film"] is None


@pytest.mark.parametrize(("votes", "says"), [(8, True), (9, False), (None, False)])
def test_it_is_said_when_enough_of_the_nearest_films_contradict(bundle, tmp_path, votes, says):
    known = on_a_line(bundle, tmp_path / "line", votes=votes)

    # The 11 nearest to 17.4 are at 12 to 22: 8 normal, 3 with pneumonia.
    found = told(known, 17.4, 1)

    sentence = (
        "8 of the 11 most similar films with known truth are Normal; the model says Pneumonia. "
        "Look again."
    )
    assert found["rows"][0]["truth"] == ("Normal" if says else "Pneumonia")
    assert found["contradiction"] == (sentence if says else "")
    assert found["notes"][0] == "Of the 11 most similar: 8 Normal, 3 Pneumonia."
    # Wilson intervals of 4 of 31 and 3 of 1,013, by hand.
    how_often = (
        "12.9 % (5.1 to 28.9 %; 4 of 31) of wrong answers and "
        "0.3 % (0.1 to 0.9 %; 3 of 1,013) of right answers"
    )
    assert (how_often in " ".join(found["notes"])) == says


def test_without_a_prediction_the_films_are_shown_and_contradict_nothing(bundle, tmp_path):
    found = told(on_a_line(bundle, tmp_path / "line", votes=6), 17.1, None)

    assert len(found["rows"]) == 2
    assert not found["contradiction"]
    # What is refused is not judged, by similar films neither.
    assert found["notes"][0].startswith("This film was refused")


def test_what_is_far_has_no_picture_or_is_left_out_is_said(bundle, tmp_path):
    known = on_a_line(bundle, tmp_path / "line")
    unread = frozenset(held_out(bundle, 40)["image_id"][:1])

    notes = " ".join(told(known, -9.0, 1, unread=unread)["notes"])

    assert "None is close" in notes
    assert "This model ships no pictures of its films." in notes
    assert "1 film of this worklist left out until you have called it." in notes


def test_of_more_than_two_classes_the_nearest_is_first(three_class_bundle, tmp_path):
    known = on_a_line(three_class_bundle, tmp_path / "line", num=60)

    assert [row["truth"] for row in told(known, 42.4, 0)["rows"]] == ["Nodule", "Effusion", "Clear"]


def test_in_a_worklist_they_come_with_the_film_and_their_pictures_are_fetched(make, known_ward):
    _, browser = make(model=known_ward)

    similar = browser.get("/reading/films/0").json()["similar"]

    films = [film for row in similar["rows"] for film in row["films"]]
    assert len(films) == 6
    fetched = browser.get(films[0]["film"]["url"])
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "image/webp")
    assert fetched.content == (known_ward.path / f"pictures/{films[0]['key']}.webp").read_bytes()
    another = films[0]["film"]["url"].replace(known_ward.sha256[:32], "0" * 32)
    assert browser.get(another).status_code == 404
    assert browser.get(films[0]["film"]["url"][:-1] + "x").status_code == 404


def test_a_held_out_film_of_a_blind_worklist_tells_its_truth_after_its_own_call_alone(
    make, known_ward
):
    opened, browser = make(mode="blind_first", model=known_ward)
    call = {"label": known_ward.manifest.task.classes[0], "confidence": 0.75}

    def keys():
        rows = browser.get("/reading/films/0").json()["similar"]["rows"]
        return {film["key"] for row in rows for film in row["films"]}

    browser.post("/reading/films/0/call", json={"action": "1" * 36, **call})
    own = {one.image_id for one in opened.results()}
    assert not keys() & own
    browser.post("/reading/films/1/call", json={"action": "2" * 36, **call})
    assert keys() & own <= {opened.result(1).image_id}
