import cv2
import numpy as np
import pytest

from app.core.adaptation.films import score_films
from app.core.adaptation.labels import Labelled
from app.core.adaptation.left_out import CONTRADICTING, REPEATED, TRAINED_ON
from app.core.errors import DatasetError
from app.core.images.decoding import image_id
from app.core.scoring.engine import Engine
from app.core.sources.source import Source
from tests.app.core.adaptation.local_films import local_films
from tests.references import familiar_film, foreign_film


@pytest.fixture
def pictures(tmp_path, film):
    """Six files, all different."""
    paths = []
    for number in range(6):
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), np.roll(film, 7 * number, axis=1))
        paths.append(path)
    return paths


def labelled(path, label=0, patient=""):
    return Labelled(Source(path.name, path), label, patient)


def test_films_are_scored_as_the_engine_does(engine, pictures):
    films = score_films(engine, [labelled(path, i % 2) for i, path in enumerate(pictures)])
    results = list(engine.score(Source(path.name, path) for path in pictures))

    odds = films.logits[:, 1] - films.logits[:, 0]
    assert 1 / (1 + np.exp(-odds)) == pytest.approx(
        [one.prediction.raw_probability for one in results], abs=1e-6
    )
    assert films.image_ids.tolist() == [one.image_id for one in results]
    assert films.labels.tolist() == [0, 1, 0, 1, 0, 1]
    assert films.units.kind == "film"
    assert films.left_out == {}


def test_each_film_goes_through_the_network_once(engine, pictures, monkeypatch):
    run, batches, events = engine.run, [], []
    monkeypatch.setattr(engine, "run", lambda pixels: batches.append(len(pixels)) or run(pixels))
    found = score_films(
        engine,
        [labelled(path) for path in pictures],
        lambda number, of, step: events.append(f"{number} of {of} {step}"),
    )

    assert len(found.labels) == sum(batches) == 6
    assert events == [f"{number} of 6 scored" for number in range(7)]


def test_what_cannot_be_used_is_left_out_and_counted(engine, pictures, tmp_path):
    copy, text = tmp_path / "copy.png", tmp_path / "text.txt"
    copy.write_bytes(pictures[0].read_bytes())
    other = tmp_path / "other.png"
    other.write_bytes(pictures[1].read_bytes())
    text.write_text("no film")
    given = [labelled(path) for path in (*pictures, copy, text, tmp_path / "missing.png")]

    films = score_films(engine, [*given, labelled(other, 1)])

    # The second film has two labels, so neither is used; a copy with the same label is once.
    assert films.names.tolist() == ["0.png", "2.png", "3.png", "4.png", "5.png"]
    assert films.left_out[CONTRADICTING] == 2
    assert films.left_out[REPEATED] == 1
    assert films.examples == ("other.png",)
    assert sum(films.left_out.values()) == 5


def test_a_third_label_of_a_film_is_left_out_too(engine, pictures, tmp_path):
    again = [pictures[0], pictures[0], pictures[0]]
    given = [labelled(path, label) for path, label in zip(again, (0, 1, 0), strict=True)]

    films = score_films(engine, [*given, labelled(pictures[1])])

    assert films.left_out == {CONTRADICTING: 3}


def test_films_of_the_training_are_left_out(engine, pictures, monkeypatch):
    digest = image_id(pictures[2].read_bytes())
    split = engine.bundle.path / "split.csv"
    before = split.read_bytes() if split.exists() else None
    split.write_text(f"path,label,split,image_id\nx.png,NORMAL,train,{digest}\n")
    try:
        films = score_films(engine, [labelled(path) for path in pictures])
        with pytest.raises(DatasetError, match="the model was trained, tuned or tested on it"):
            score_films(engine, [labelled(pictures[2])])
    finally:
        split.unlink()
        if before is not None:
            split.write_bytes(before)

    assert films.left_out == {TRAINED_ON: 1}
    assert "2.png" not in films.names


def test_unfamiliar_films_are_used_and_inverted_ones_are_not(referenced_bundle, tmp_path):
    films = {"foreign.png": foreign_film(1), "inverted.png": 255 - familiar_film(1001)}
    for name, pixels in films.items():
        cv2.imwrite(str(tmp_path / name), pixels)
    given = [labelled(tmp_path / name) for name in films]

    found = score_films(Engine(referenced_bundle, backend="tensorflow"), given)

    assert found.names.tolist() == ["foreign.png"]
    assert found.distances[0] > 1
    assert sum(found.left_out.values()) == 1


def test_units_are_patients_where_they_are_known():
    assert local_films(4, patients=["a", "a", "b", "c"]).units.kind == "patient"
    some = local_films(4, patients=["a", "a", "", ""]).units
    assert some.kind == "group"
    assert len(set(some.names)) == 3


def test_the_fingerprint_is_that_of_the_films_in_any_order():
    films = local_films(20)

    assert films.fingerprint == films.select(np.arange(20)[::-1]).fingerprint
    assert films.fingerprint != films.select(np.arange(19)).fingerprint
