from dataclasses import replace

import numpy as np
import pytest

from app.core.adaptation.adapt import Adapted
from app.core.adaptation.fitting import Decision
from app.core.adaptation.holding_out import adapt_decision
from app.core.adaptation.picture import change, place_films
from app.core.adaptation.wanted import Wanted
from app.core.adaptation.writing import make_adaptation
from app.core.bundles.adaptation import Comparison, LocalFigure
from tests.app.core.adaptation.local_films import local_films


def adapted_to(bundle, films, wanted=None):
    base = Decision(bundle.manifest.calibration, bundle.manifest.thresholds)
    fitted = adapt_decision(films, base, bundle.manifest.task, wanted or Wanted())
    return Adapted(bundle, films, fitted, make_adaptation(bundle, films, fitted, "Ward 3"))


def test_films_stand_by_truth_and_each_lies_in_one_zone(bundle):
    placed = place_films(adapted_to(bundle, local_films(400, distance=9.0)))

    assert [name for name, _ in placed.groups] == ["Pneumonia", "Normal"]
    assert [len(scores) for _, scores in placed.groups] == [200, 200]
    assert [zone.name for zone in placed.zones] == ["ruled out", "to be read", "ruled in"]
    assert sum(zone.films.successes for zone in placed.zones) == 400
    edges = [(zone.low, zone.high) for zone in placed.zones]
    assert edges[0][0] == 0
    assert edges[-1][1] == 1
    assert edges[0][1] == edges[1][0]
    assert edges[1][1] == edges[2][0]


def test_the_counts_are_those_of_the_promises(bundle):
    adapted = adapted_to(bundle, local_films(400, distance=9.0))
    guarantee = adapted.adaptation.thresholds.guarantee

    out, _, ruled_in = place_films(adapted).zones
    assert out.films.successes == guarantee.rule_out.inside
    assert ruled_in.films.successes == guarantee.rule_in.inside


def three_classes(num_films):
    """Films of three classes, all predicted rightly but the first."""
    labels = np.arange(num_films) % 3
    logits = 8.0 * np.eye(3)[labels]
    logits[0] = [0.0, 0.5, 0.0]  # of class 0
    found = local_films(num_films)
    return replace(found, logits=logits, labels=labels)


def test_with_three_classes_films_stand_by_whether_the_prediction_is_right(three_class_bundle):
    placed = place_films(adapted_to(three_class_bundle, three_classes(90)))

    assert [(name, len(scores)) for name, scores in placed.groups] == [
        ("predicted rightly", 89), ("predicted wrongly", 1)
    ]  # fmt: skip
    assert [zone.name for zone in placed.zones] == ["to be read", "clear"]
    assert placed.zones[0].low == 0
    assert placed.zones[0].high == placed.zones[1].low
    assert sum(zone.films.successes for zone in placed.zones) == 90
    assert placed.zones[1].films.successes >= 89


def test_with_too_few_films_all_are_to_be_read(bundle):
    placed = place_films(adapted_to(bundle, local_films(24, distance=1.0)))

    (zone,) = placed.zones
    assert (zone.name, zone.low, zone.high) == ("to be read", 0.0, 1.0)
    assert (zone.films.successes, zone.films.total) == (24, 24)


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("sensitivity", 0.9, 0.8, "worse"),
        ("specificity", 0.4, 0.9, "better"),
        ("calibration error", 0.1, 0.2, "worse"),
        ("positives ruled out", 0.05, 0.02, "better"),
        ("accuracy", 0.5, 0.5, "the same"),
        ("to be read", 0.1, 0.9, ""),  # more work, which may be what it takes
        ("positive where ruled in", 0.9, None, ""),
    ],
)
def test_what_became_worse(name, before, after, expected):
    figures = [LocalFigure(value=value, total=10) for value in (before, after)]

    assert change(Comparison(name=name, before=figures[0], after=figures[1])) == expected


def test_the_films_are_left_as_they_are(bundle):
    adapted = adapted_to(bundle, local_films(60))
    before = adapted.films.logits.copy()

    place_films(adapted)

    np.testing.assert_array_equal(adapted.films.logits, before)
