"""A film examined, with the real engine."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.explanations.selection import default_choice
from app.core.results.evidence_maps import EvidenceMaps
from app.core.results.result_cache import CachedResults
from app.core.results.result_store import ResultStore
from app.core.review.cases import examine
from app.core.scoring.engine import Engine
from app.core.sources.source import Source


@pytest.fixture(scope="module")
def three_class_engine(three_class_bundle):
    return Engine(three_class_bundle)


def kept(engine, tmp_path):
    return CachedResults(ResultStore(tmp_path / "kept.sqlite3"), engine.bundle)


def maps_of(engine, known):
    """The maps as another process would find them."""
    return EvidenceMaps(engine.bundle, num_logits=engine.backend.num_logits, known=lambda: known)


def test_a_case_has_a_map_for_each_class(engine, source):
    case = examine(engine, source, source.read())

    assert case.film.pixels.shape == (90, 120)
    assert len(case.evidence) == 2
    assert not case.reason
    np.testing.assert_allclose(case.evidence[0], -case.evidence[1], atol=1e-6)


def test_an_unreadable_case_keeps_its_reason(engine):
    case = examine(engine, Source("x", Path("x")), b"no image")

    assert case.film is None
    assert case.prediction is None
    assert (case.reason_code, "8 bytes" in case.reason) == ("not_an_image", True)


def test_a_refused_case_still_shows_its_film(engine):
    colours = np.zeros((64, 64, 3), np.uint8)
    colours[:, :32], colours[:, 32:] = (255, 0, 0), (0, 255, 0)
    data = cv2.imencode(".png", colours)[1].tobytes()
    case = examine(engine, Source("x", Path("x")), data)

    assert case.reason.startswith("This is a colour image")
    assert case.film is not None
    assert case.prediction is None


def test_with_more_classes_a_case_is_computed_for_them_all(three_class_engine, source, tmp_path):
    known = kept(three_class_engine, tmp_path)
    known.add(list(three_class_engine.score([source])))

    case = examine(
        three_class_engine, source, source.read(), maps=maps_of(three_class_engine, known)
    )

    assert len(case.evidence) == 3
    assert not np.allclose(case.evidence[0], -case.evidence[1])


def test_with_more_classes_a_case_is_opened_again_without_the_network(
    three_class_engine, source, tmp_path, monkeypatch
):
    known = kept(three_class_engine, tmp_path)
    known.add(list(three_class_engine.score([source])))
    first = examine(
        three_class_engine, source, source.read(), maps=maps_of(three_class_engine, known)
    )
    monkeypatch.setattr(Engine, "run", None)

    again = examine(
        three_class_engine,
        source,
        source.read(),
        maps=maps_of(three_class_engine, kept(three_class_engine, tmp_path)),
    )

    assert again.prediction.class_probabilities == pytest.approx(
        first.prediction.class_probabilities
    )
    assert len(again.evidence) == 3
    for one, other in zip(again.evidence, first.evidence, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_map_that_was_dropped_is_computed_again(three_class_engine, source, tmp_path):
    known = kept(three_class_engine, tmp_path)
    results = list(three_class_engine.score([source]))
    known.add(results)
    heatmap = three_class_engine.bundle.manifest.heatmap
    wrong = np.full((2, 2), 9, np.float32)
    predicted = results[0].prediction.class_index
    for index in (predicted, (predicted + 1) % 3):
        name = default_choice(heatmap, index).name
        known.add_map(results[0].image_id, name, wrong, facts={})

    case = examine(
        three_class_engine, source, source.read(), maps=maps_of(three_class_engine, known)
    )

    assert len(case.evidence) == 3
    assert all(evidence.max() < 9 for evidence in case.evidence)


@pytest.mark.parametrize("label", [0, 1])
def test_a_stored_map_of_one_logit_serves_both_classes(
    engine, source, tmp_path, monkeypatch, label
):
    known = kept(engine, tmp_path)
    known.add(list(engine.score([source])))
    fresh = examine(engine, source, source.read())
    monkeypatch.setattr(Engine, "run", None)

    case = examine(engine, source, source.read(), maps=maps_of(engine, known))

    np.testing.assert_allclose(case.evidence[label], fresh.evidence[label], atol=1e-6)
