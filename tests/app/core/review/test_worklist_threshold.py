import pytest

from app.core.review import making
from app.core.review.making import Plan


def test_films_are_decided_by_the_threshold_of_their_worklist(start, settings, bundle):
    def scored(threshold):
        plan = Plan(name="Ward", bundle=bundle, threshold=threshold)
        made = making.of_folder(worklists, plan, "ward", settings=settings)
        made.wait_until_scored(60)
        return [one.prediction for one in made.results()]

    worklists = start()
    lowest, highest, own = scored(0.0), scored(1.0), scored(None)

    assert {(one.class_index, one.threshold) for one in lowest} == {(1, 0.0)}
    assert {(one.class_index, one.threshold) for one in highest} == {(0, 1.0)}
    # What is kept of the films is that of the model, not of one worklist.
    assert {one.threshold for one in own} == {bundle.manifest.thresholds.decision}
    for other in (highest, own):
        assert [one.probability for one in other] == pytest.approx(
            [one.probability for one in lowest]
        )
