"""A batch is compared with the reference of its bundle once its images are scored."""

from dataclasses import replace

import pytest

from app.core.gate.image_statistics import NAMES
from app.core.review.batch import Batch
from app.core.scoring.engine import Engine
from app.core.sources.source import Source
from tests.folder_films import with_ward, write_ward


@pytest.fixture(scope="module")
def ward_bundle(bundle, tmp_path_factory):
    return with_ward(bundle, tmp_path_factory.mktemp("ward") / bundle.name)


def _scored(bundle, folder):
    sources = [Source(path.name, path) for path in sorted(folder.iterdir())]
    batch = Batch(sources, bundle=bundle)
    assert batch.shift is None
    batch.start(Engine(bundle))
    batch.wait(60)
    assert not batch.progress.error
    return batch


def test_films_like_those_of_the_reference_do_not_differ(ward_bundle, tmp_path):
    shift = _scored(ward_bundle, write_ward(tmp_path / "films", 60)).shift

    assert not shift.matters
    assert shift.num_compared == 60
    assert len(shift.differences) == 6 + len(NAMES)


def test_brighter_films_differ(ward_bundle, tmp_path):
    shift = _scored(ward_bundle, write_ward(tmp_path / "films", 60, brighter=60)).shift

    assert "brighter" in shift.sentence
    assert {"features", "mean"} <= {one.what for one in shift.differences if one.matters}


def test_a_film_that_is_judged_anew_has_all_compared_again(ward_bundle, tmp_path):
    """Readers decide about films one by one; what Review says must follow."""
    batch = _scored(ward_bundle, write_ward(tmp_path / "films", 60))
    before = batch.shift
    for result in batch.results[:20]:
        batch.replace(
            result.source,
            replace(result, status="refused", reason_code="unfamiliar", prediction=None),
        )
    batch.wait(60)

    assert (before.refused.successes, before.refused.total) == (0, 60)
    assert (batch.shift.refused.successes, batch.shift.refused.total) == (20, 60)
    assert "20 of 60" in batch.shift.sentence
    overridden = replace(batch.results[30].source.reading, override="seen")
    batch.replace(batch.results[30].source, replace(batch.results[30], chosen=overridden))
    batch.wait(60)
    assert batch.shift.refused.successes == 21


def test_without_a_reference_nothing_is_compared(bundle, tmp_path):
    assert _scored(bundle, write_ward(tmp_path / "films", 2)).shift is None
