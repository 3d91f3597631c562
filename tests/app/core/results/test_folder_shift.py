import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from app.core.gate.observation import Observation
from app.core.gate.reservoir import Reservoir
from app.core.images.reading import ReadOptions
from app.core.results.folder_shift import add_result, compare_folder
from app.core.results.reference_films import reference_films
from app.core.scoring.prediction import predict, predict_findings
from app.core.scoring.result import Result
from app.core.sources.source import Source


@pytest.mark.parametrize(("reach", "refused"), [(1.0, 22), (1.2, 13), (1.5, 0)])
def test_adapted_to_a_place_held_out_films_are_refused_by_its_limit(binary, reach, refused):
    calibration = binary.manifest.calibration
    adaptation = SimpleNamespace(
        base_calibration=calibration, calibration=calibration, reach=reach, place="Ward 3"
    )
    shift = compare_folder(Reservoir(), dataclasses.replace(binary, adaptation=adaptation))

    # Of 60 distances from 0.1 to 1.5, in steps of 0.0237.
    assert (shift.reference_refused.successes, shift.reference_refused.total) == (refused, 60)


def test_a_bundle_without_a_reference_is_not_compared(bundle):
    assert reference_films(bundle) is None
    assert compare_folder(Reservoir(), bundle) is None


def _result(status="ok", **fields):
    return Result(Source("film.png", None), "0" * 64, status, **fields)


def test_results_are_counted_by_what_became_of_them(bundle, findings_bundle):
    reservoir, seen = Reservoir(), Observation(0.5, np.zeros(4, np.float16))
    positive = predict(np.array([0.0, 20.0]), bundle.manifest)
    none = predict_findings(
        findings_bundle.manifest, probabilities=[0.0] * 3, raw_probabilities=[0.0] * 3
    )

    add_result(reservoir, _result(prediction=positive, observation=seen))
    add_result(reservoir, _result(prediction=none, observation=seen))
    add_result(reservoir, _result("refused", reason_code="unfamiliar", observation=seen))
    add_result(reservoir, _result("refused", reason_code="too_small"))
    add_result(reservoir, _result("unreadable", reason_code="damaged"))
    # A reader's decision does not make a foreign film familiar; a corrected one is another film.
    far, decided = Observation(1.2, np.zeros(4, np.float16)), ReadOptions(override="seen")
    add_result(reservoir, _result(prediction=positive, observation=far, chosen=decided))
    add_result(reservoir, _result(prediction=positive, observation=seen, chosen=decided))
    corrected = ReadOptions(remedy="invert")
    add_result(reservoir, _result(prediction=positive, observation=seen, chosen=corrected))
    add_result(reservoir, _result("failed", reason_code="invalid_output"))

    assert reservoir.answers == {1: 2, 0: 1}
    assert reservoir.refused == {"unfamiliar": 2, "too_small": 1, "overridden": 1}
    assert reservoir.num_seen == 7
    assert list(reservoir.sample().scores) == pytest.approx(
        [positive.probability, 0.0, positive.probability]
    )
    assert len(reservoir.distances()) == 6
