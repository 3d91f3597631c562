from pathlib import Path

import numpy as np
import pytest

from app.core.images.reading import ReadOptions
from app.core.review.film_answers import Answer, ReadersView
from app.core.review.film_rows import film_row
from app.core.scoring.prediction import predict
from app.core.scoring.result import Result
from app.core.sources.source import Source

SEES_ALL = ReadersView({3: Answer("Agree", ("Reader 1",), ("rotated", "device"))})
SEES_NOTHING = ReadersView(shown=frozenset(), hides_names=True)
PATH = "ward 3/day 2/film.dcm"


def result(manifest=None, logits=(), status="ok", **facts):
    prediction = None if manifest is None else predict(np.array(logits), manifest)
    return Result(Source(PATH, Path(PATH)), "a" * 64, status, prediction=prediction, **facts)


def test_the_likeliest_of_more_than_two_classes_is_compared_with_no_threshold(three_class_bundle):
    manifest = three_class_bundle.manifest
    row = film_row(3, PATH, result(manifest, [0.0, 3.0, 1.0]), SEES_ALL, manifest.task)

    assert row.probability_text.endswith(" %")
    assert (row.threshold, row.threshold_text) == (None, "")


def test_a_row_says_all_of_a_film(bundle):
    manifest = bundle.manifest
    row = film_row(3, PATH, result(manifest, [0.0, 3.0]), SEES_ALL, manifest.task)

    assert (row.folder, row.name) == ("ward 3/day 2", "film.dcm")
    assert row.status_word == "▲ Positive"
    assert row.prediction == "Pneumonia"
    assert row.probability_text == f"{round(100 * row.probability)} %"
    assert row.threshold == manifest.thresholds.decision
    assert (row.verdict, row.reader, row.tags) == ("Agree", "Reader 1", ("rotated", "device"))
    assert (row.reason, row.is_judged) == ("", True)


def test_a_film_that_waits_has_a_row(bundle):
    row = film_row(0, "film.png", None, SEES_ALL, bundle.manifest.task)

    assert (row.name, row.folder, row.status_word) == ("film.png", "", "◌ Waiting")
    assert (row.probability, row.probability_text, row.verdict) == (None, "", "")
    assert not row.is_judged


def test_the_image_that_was_chosen_stands_beside_the_name(bundle):
    chosen = result(status="unreadable", chosen=ReadOptions(frame=1200))

    row = film_row(0, PATH, chosen, SEES_ALL, bundle.manifest.task)

    assert row.name == "film.dcm · image 1,200"


def test_a_finding_has_a_row_of_its_own_with_all_findings_beside_it(findings_bundle):
    manifest = findings_bundle.manifest
    judged = result(manifest, [-3.0, 2.0, -1.0])

    every = film_row(0, PATH, judged, SEES_ALL, manifest.task)
    one = film_row(0, PATH, judged, SEES_ALL, manifest.task, finding="EFFUSION")

    assert "Nodule" in every.prediction
    assert every.beside == ""
    assert (one.status, one.prediction) == ("negative", "No effusion")
    assert one.beside == every.prediction


@pytest.mark.parametrize(
    ("film", "status", "reason"),
    [
        ("positive", "to_read", ""),
        (None, "to_read", ""),
        ("failed", "to_read", ""),
        ("copy", "to_read", "Nearly the same as another film."),
        ("refused", "refused", "It is blank."),
    ],
)
def test_before_a_readers_own_call_a_row_tells_nothing_of_the_model(bundle, film, status, reason):
    manifest = bundle.manifest
    films = {
        "positive": result(manifest, [0.0, 3.0]),
        "failed": result(status="failed", reason_code="not_finite", reason="Not a number."),
        "copy": result(manifest, [0.0, 3.0], duplicate_of="ward 3/other.dcm"),
        "refused": result(status="refused", reason_code="blank", reason="It is blank."),
    }

    row = film_row(3, PATH, films.get(film), SEES_NOTHING, manifest.task)

    assert (row.status, row.reason, row.name, row.folder) == (status, reason, "Film 4", "")
    assert row.probability is row.threshold is None
    assert row.probability_text == row.threshold_text == row.prediction == ""


def test_after_the_call_the_model_is_shown_and_the_name_still_hidden(bundle):
    view = ReadersView(shown=frozenset({3}), hides_names=True)

    row = film_row(3, PATH, result(bundle.manifest, [0.0, 3.0]), view, bundle.manifest.task)

    assert (row.status, row.name, row.prediction) == ("positive", "Film 4", "Pneumonia")
