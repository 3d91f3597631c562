import cv2
import numpy as np
import pytest

from app.core.adaptation.proposal import candidates, candidates_among, propose, to_label
from app.core.scoring.engine import Engine
from app.core.sources.source import Source
from tests.references import familiar_film, foreign_film


def test_one_film_of_each_range_of_scores():
    scores = np.random.default_rng(0).random(100)

    chosen = propose(scores, 10, seed=1)

    ranks = np.argsort(np.argsort(scores))[chosen]
    assert sorted(rank // 10 for rank in ranks) == list(range(10))


def test_the_order_says_nothing_of_the_score():
    ranks = propose(np.arange(1000.0), 100, seed=0)

    assert abs(np.corrcoef(np.arange(100), ranks)[0, 1]) < 0.3


def test_every_film_has_the_same_chance():
    drawn = np.zeros(7)
    for seed in range(3000):
        drawn[propose(np.linspace(0, 1, 7), 3, seed=seed)] += 1

    # 3 of 7 in each draw: 1286 of 3000, with a standard deviation of 27.
    assert np.abs(drawn - 3000 * 3 / 7).max() < 5 * 27


def test_the_seed_decides():
    scores = np.random.default_rng(0).random(50)

    assert propose(scores, 5, seed=3).tolist() == propose(scores, 5, seed=3).tolist()
    assert propose(scores, 5, seed=3).tolist() != propose(scores, 5, seed=4).tolist()


def test_more_than_there_are_gives_all():
    assert sorted(propose([0.5, 0.5, 0.1], 10)) == [0, 1, 2]


def test_none_is_no_number():
    with pytest.raises(ValueError, match="number=0"):
        propose([0.5], 0)


@pytest.fixture(scope="module")
def referenced(referenced_bundle):
    return Engine(referenced_bundle)


def test_films_that_only_look_unfamiliar_can_be_labelled(referenced, tmp_path):
    films = {
        "foreign.png": foreign_film(1),
        "familiar.png": familiar_film(1000),
        "inverted.png": 255 - familiar_film(1001),
    }
    for name, pixels in films.items():
        cv2.imwrite(str(tmp_path / name), pixels)
    (tmp_path / "torn.png").write_bytes(b"no film")
    sources = [Source(name, tmp_path / name) for name in (*films, "torn.png")]

    assert next(referenced.score(sources)).reason_code == "unfamiliar"
    found = candidates(referenced, sources)

    assert [one.name for one in found.sources] == ["familiar.png", "foreign.png"]
    assert all(0 < score < 1 for score in found.scores)
    assert found.passed_over == 2
    assert found.sources[1].reading.override == ""


def test_films_under_review_are_proposed_without_scoring_them_again(referenced, tmp_path):
    films = {
        "foreign.png": foreign_film(1),
        "familiar.png": familiar_film(1000),
        "inverted.png": 255 - familiar_film(1001),
    }
    for name, pixels in films.items():
        cv2.imwrite(str(tmp_path / name), pixels)
    (tmp_path / "torn.png").write_bytes(b"no film")
    results = list(referenced.score(Source(name, tmp_path / name) for name in (*films, "torn.png")))

    found = candidates_among(results)

    assert [one.name for one in found.sources] == ["foreign.png", "familiar.png"]
    assert found.passed_over == 2
    # What has no probability is drawn after all others.
    assert found.scores[0] == 1 + results[0].observation.distance > 2
    assert found.scores[1] == results[1].prediction.probability


def test_the_table_to_fill_in_has_no_score():
    table = to_label(["a.png", "b.png"])

    assert table.to_dict("list") == {
        "path": ["a.png", "b.png"], "label": ["", ""], "patient_id": ["", ""]
    }  # fmt: skip
