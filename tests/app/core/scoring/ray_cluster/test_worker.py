"""What a worker does without a cluster."""

import pickle

import cv2
import numpy as np

from app.core.images.reading import ReadOptions
from app.core.scoring.engine import Engine
from app.core.scoring.ray_cluster import dispatch, driver, worker
from app.core.scoring.second_look import ApplyRemedies
from app.core.sources.source import Source
from tests.references import familiar_film, foreign_film


def test_digests_are_found_to_the_last_byte():
    class Known:
        def image_ids(self):
            return ["00" * 32, "ab" * 31 + "00", "ff" * 32]

    digests = worker.Digests(driver._digests(Known()))
    source = Source("a", None)

    assert [
        digests.get(image_id, source) is not None
        for image_id in ("00" * 32, "ab" * 31 + "00", "ff" * 32, "ab" * 32, "00" * 31 + "01")
    ] == [True, True, True, False, False]


def test_what_the_gate_said_comes_back_from_a_worker(referenced_bundle, tmp_path):
    cv2.imwrite(str(tmp_path / "foreign.png"), foreign_film(5))
    cv2.imwrite(str(tmp_path / "inverted.png"), 255 - familiar_film(5000))
    sources = [Source(name, tmp_path / name) for name in ("foreign.png", "inverted.png")]
    engine = Engine(referenced_bundle, backend="tensorflow")
    second_look = pickle.loads(pickle.dumps(ApplyRemedies()))
    results = list(engine.score(sources, second_look=second_look))

    answers = pickle.loads(pickle.dumps([worker._answer(result) for result in results]))
    received = [
        dispatch._result(source, answer) for source, answer in zip(sources, answers, strict=True)
    ]

    assert [one.status for one in received] == ["refused", "ok"]
    for sent, got in zip(results, received, strict=True):
        assert got.source == sent.source
        assert (got.chosen, got.remedy, got.prediction) == (
            sent.chosen, sent.remedy, sent.prediction
        )  # fmt: skip
        assert got.observation.distance == sent.observation.distance
        np.testing.assert_array_equal(got.observation.coordinates, sent.observation.coordinates)
    assert received[0].source is sources[0]
    assert received[1].source.reading == ReadOptions(remedy="invert")
