import pytest

from app.core.record.worklists import set_threshold
from app.core.review import making
from app.core.review.making import Plan


def test_films_are_decided_by_the_threshold_of_their_worklist(start, settings, bundle):
    worklists = start()
    plan = Plan(name="Ward", bundle=bundle, threshold=0.0)
    made = making.of_folder(worklists, plan, "ward", settings=settings)
    made.wait_until_scored(60)
    probabilities = [one.prediction.probability for one in made.results()]
    assert {one.prediction.class_index for one in made.results()} == {1}
    assert {one.prediction.threshold for one in made.results()} == {0.0}

    version = made.version
    set_threshold(worklists.record, made.worklist.id, 1.0)
    made.refresh()
    assert made.version > version
    assert {one.prediction.class_index for one in made.results()} == {0}
    assert [one.prediction.probability for one in made.results()] == pytest.approx(probabilities)

    # What is kept of the films is that of the model, not of one worklist.
    other = making.of_folder(worklists, Plan(name="B", bundle=bundle), "ward", settings=settings)
    other.wait_until_scored(60)
    own = bundle.manifest.thresholds.decision
    assert {one.prediction.threshold for one in other.results()} == {own}
    assert other.progress.known == 0
