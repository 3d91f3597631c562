import numpy as np
import pytest

from app.core.exports.overlays import drawn
from app.core.results.evidence_maps import EvidenceMaps
from app.core.scoring.result import Result
from app.core.sources.source import Source


@pytest.fixture
def maps(engine):
    return EvidenceMaps(engine.bundle, num_logits=engine.backend.num_logits, known=lambda: None)


def test_a_scored_film_is_drawn_with_the_heatmap_of_its_class(engine, source, maps):
    (result,) = engine.score([source])

    found = drawn(engine, maps, source, result, side=40)

    assert found.pixels.shape[2] == 3
    assert max(found.pixels.shape) == 40
    assert found.scale == engine.bundle.manifest.heatmap.scale


def test_a_film_without_prediction_is_drawn_alone(engine, source, maps):
    refused = Result(source, "", "refused", "rotated", "It is turned.")

    found = drawn(engine, maps, source, refused, side=40)

    assert found.scale is None
    assert np.ptp(found.pixels, axis=2).max() == 0  # grey


def test_a_film_that_was_changed_or_is_gone_is_not_drawn(engine, source, maps):
    (result,) = engine.score([source])
    source.path.write_bytes(source.path.read_bytes() + b"\0")
    assert drawn(engine, maps, source, result, side=40).problem == "changed"

    source.path.unlink()
    found = drawn(engine, maps, Source(source.name, source.path), result, side=40)

    assert (found.pixels, bool(found.problem)) == (None, True)
    assert drawn(engine, maps, source, None, side=40).problem == "pending"
