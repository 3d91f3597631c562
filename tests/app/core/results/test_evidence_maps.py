"""Evidence maps found again: in memory, on disk, beside a score, and from the other class."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from app.core.explanations.selection import Choice, default_choice
from app.core.results import evidence_maps
from app.core.results.evidence_maps import EvidenceMaps
from app.core.results.result_cache import CachedResults
from app.core.results.result_store import ResultStore
from app.core.scoring.engine import Engine
from app.core.sources.source import Source

FILM = "f" * 64
EVIDENCE = np.array([[1.5, -2.0, 0.0]], np.float32)
OCCLUSION = Choice("occlusion", None, 1)


@pytest.fixture
def known(bundle, tmp_path):
    return CachedResults(ResultStore(tmp_path / "kept.sqlite3"), bundle)


def maps_of(bundle, known, *, num_logits=1):
    return EvidenceMaps(bundle, num_logits=num_logits, known=lambda: known)


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_a_map_comes_back_for_its_film_and_choice_alone(bundle, known, where):
    maps = maps_of(bundle, known if where == "disk" else None, num_logits=2)
    maps.add(FILM, OCCLUSION, EVIDENCE)
    if where == "disk":  # as another process finds it
        maps = maps_of(bundle, known, num_logits=2)

    np.testing.assert_array_equal(maps.get(FILM, OCCLUSION), EVIDENCE)
    assert maps.get("e" * 64, OCCLUSION) is None
    assert maps.get(FILM, replace(OCCLUSION, class_index=0)) is None
    assert maps.get(FILM, Choice("score_cam", "conv1", 1)) is None


def test_a_single_sigmoid_tells_both_classes_where_the_method_has_a_sign(bundle, known):
    maps = maps_of(bundle, known)
    layer_cam = Choice("layer_cam", "conv1", 1)
    maps.add(FILM, OCCLUSION, EVIDENCE)
    maps.add(FILM, layer_cam, EVIDENCE)

    np.testing.assert_array_equal(maps.get(FILM, replace(OCCLUSION, class_index=0)), -EVIDENCE)
    assert maps.get(FILM, replace(layer_cam, class_index=0)) is None


def test_the_map_of_a_score_is_found_for_the_predicted_class(bundle, known, tmp_path, film):
    path = tmp_path / "film.png"
    cv2.imwrite(str(path), film)
    (result,) = Engine(bundle).score([Source("film.png", path)])
    known.add([result])
    choice = default_choice(bundle.manifest.heatmap, result.prediction.class_index)
    maps = maps_of(bundle, known)

    np.testing.assert_array_equal(maps.get(result.image_id, choice), result.evidence)
    other = replace(choice, class_index=1 - choice.class_index)
    np.testing.assert_array_equal(maps.get(result.image_id, other), -result.evidence)
    assert maps.get(result.image_id, replace(choice, layer="another")) is None


def test_a_store_that_was_locked_for_a_moment_is_asked_again(bundle, known):
    found: list[CachedResults | None] = [None, known]
    known.add_map(FILM, OCCLUSION.name, EVIDENCE, facts={})
    maps = EvidenceMaps(bundle, num_logits=2, known=lambda: found.pop(0))

    assert maps.get(FILM, OCCLUSION) is None
    np.testing.assert_array_equal(maps.get(FILM, OCCLUSION), EVIDENCE)


def test_memory_holds_the_maps_that_were_added_last(bundle, monkeypatch):
    monkeypatch.setattr(evidence_maps, "_MAX_IN_MEMORY", 2)
    maps = maps_of(bundle, None, num_logits=2)
    for film in ("a", "b", "c"):
        maps.add(film, OCCLUSION, EVIDENCE)

    assert [maps.get(film, OCCLUSION) is not None for film in ("a", "b", "c")] == [
        False, True, True,
    ]  # fmt: skip
