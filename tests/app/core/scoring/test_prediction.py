import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from app.core.bundles.decision_rule import Calibration, Finding, Thresholds
from app.core.bundles.guarantee import Guarantee, ZonePromise
from app.core.bundles.task import Task
from app.core.scoring.prediction import predict


def test_binary_prediction_by_hand(bundle):
    # Temperature 1.25, threshold 0.5, uncertain from 0.4 to 0.6: sigmoid(0.5 / 1.25) = 0.5987.
    prediction = predict(np.array([0.0, 0.5]), bundle.manifest)

    assert prediction.label == "PNEUMONIA"
    assert prediction.probability == pytest.approx(0.59869, abs=1e-5)
    assert prediction.raw_probability == pytest.approx(0.62246, abs=1e-5)
    assert prediction.class_probabilities == pytest.approx((0.40131, 0.59869), abs=1e-5)
    assert prediction.zone == "uncertain"


@pytest.mark.parametrize(
    ("logit", "label", "zone"),
    [(3.0, "PNEUMONIA", "positive"), (0.0, "PNEUMONIA", "uncertain"), (-3.0, "NORMAL", "negative")],
)
def test_zones_and_a_probability_equal_to_the_threshold(bundle, logit, label, zone):
    prediction = predict(np.array([0.0, logit]), bundle.manifest)

    assert (prediction.label, prediction.zone) == (label, zone)


def test_two_softmax_logits_read_like_one_sigmoid(bundle):
    assert predict(np.array([1.0, 1.5]), bundle.manifest).probability == pytest.approx(
        predict(np.array([0.0, 0.5]), bundle.manifest).probability
    )


def test_multi_class_reads_the_likeliest(three_class_bundle):
    prediction = predict(np.array([0.0, 0.1, 5.0]), three_class_bundle.manifest)

    assert prediction.label == "NODULE"
    assert prediction.probability == pytest.approx(prediction.class_probabilities[2])
    assert sum(prediction.class_probabilities) == pytest.approx(1)
    assert prediction.zone == "clear"
    assert predict(np.array([0.0, 0.1, 0.2]), three_class_bundle.manifest).zone == "uncertain"


def test_an_offset_moves_the_probability_and_not_the_raw_one(bundle):
    shifted = Calibration(
        method="temperature_and_offset", temperature=2.0, offset=(0.0, 1.5), fitted_on="validation"
    )
    manifest = bundle.manifest.model_copy(update={"one_of_calibration": shifted})

    prediction = predict(np.array([0.0, -1.0]), manifest)

    # sigmoid(-1 / 2 + 1.5) = sigmoid(1), and sigmoid(-1) before calibration.
    assert prediction.label == "PNEUMONIA"
    assert prediction.probability == pytest.approx(0.73106, abs=1e-5)
    assert prediction.raw_probability == pytest.approx(0.26894, abs=1e-5)


def test_findings_take_little_memory_and_are_those_of_the_model(findings_bundle):
    manifest = findings_bundle.manifest
    first, second = (predict(np.array([-3.0, 2.0, value]), manifest) for value in (-1.0, 1.0))

    assert first.findings.decided is second.findings.decided
    assert first.class_probabilities is first.findings.probabilities
    assert list(first.findings)[:2] == first.findings[:2] == second.findings[:2]
    assert first.findings[-1] != second.findings[-1]
    assert len(first.findings) == 3
    with pytest.raises(IndexError):
        first.findings[3]


def test_a_batch_with_many_findings_takes_less_than_a_kilobyte_a_film():
    decided = Finding(
        thresholds=Thresholds(
            decision=0.5, uncertain_low=0.4, uncertain_high=0.6, rule="half", chosen_on="validation"
        ),
        calibration=Calibration(method="temperature", temperature=1.0, fitted_on="validation"),
    )
    names = tuple(f"FINDING {number}" for number in range(14))
    manifest = SimpleNamespace(
        task=Task(title="Findings", kind="any-of", classes=names),
        findings=dict.fromkeys(names, decided),
    )
    logits = np.random.default_rng(0).normal(-1, 1.5, (200, 14))
    predict(logits[0], manifest)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]

    kept = [predict(one, manifest) for one in logits]

    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert used / len(kept) < 1024  # 4,700 with a prediction object for each finding


def test_findings_by_hand(findings_bundle):
    # Temperature 1.25 without an offset, then twice temperature 2 with 0.5 added; thresholds 0.5,
    # 0.4 and 0.3, uncertain from 0.1 below up to 0.6.
    prediction = predict(np.array([-3.0, 2.0, -1.0]), findings_bundle.manifest)

    # sigmoid(-3 / 1.25), sigmoid(2 / 2 + 0.5), sigmoid(-1 / 2 + 0.5)
    assert prediction.class_probabilities == pytest.approx((0.08317, 0.81757, 0.5), abs=1e-5)
    assert [one.zone for one in prediction.findings] == ["negative", "positive", "uncertain"]
    assert [one.label for one in prediction.findings] == ["no EFFUSION", "NODULE", "CARDIOMEGALY"]
    assert [one.threshold for one in prediction.findings] == pytest.approx([0.5, 0.4, 0.3])
    assert prediction.findings[1].raw_probability == pytest.approx(0.88080, abs=1e-5)  # sigmoid(2)
    assert prediction.label == "NODULE|CARDIOMEGALY"
    assert (prediction.zone, prediction.class_index) == ("positive", 1)
    assert prediction.probability == prediction.findings[1].probability


@pytest.mark.parametrize(
    ("logits", "label", "zone", "leading"),
    [
        ([4.0, 5.0, 9.0], "EFFUSION|NODULE|CARDIOMEGALY", "positive", 2),
        ([-9.0, -9.0, -9.0], "none", "negative", 2),  # the lowest threshold is the nearest
        ([-0.2, -9.0, -9.0], "none", "uncertain", 0),
        ([-0.4, -1.6, -9.0], "NODULE", "uncertain", 1),  # 0.42 at 0.5, and 0.43 at 0.4
    ],
)
def test_the_finding_that_leads(findings_bundle, logits, label, zone, leading):
    prediction = predict(np.array(logits), findings_bundle.manifest)

    assert (prediction.label, prediction.zone) == (label, zone)
    assert prediction.class_index == leading


def test_a_zone_that_is_not_promised_is_empty(bundle):
    nothing = ZonePromise(promised=0.1, found=False, errors=0, of=0, bound=1.0, inside=0, more=5)
    guarantee = Guarantee(
        confidence=0.95, units=8, unit="film", positives=4, rule_out=nothing, rule_in=nothing
    )
    thresholds = bundle.manifest.thresholds.model_copy(
        update={"uncertain_low": 0.0, "uncertain_high": 1.0, "guarantee": guarantee}
    )
    manifest = bundle.manifest.model_copy(update={"one_of_thresholds": thresholds})

    # A logit of 1,000 saturates: its probability is exactly 1, as is the edge.
    assert predict(np.array([0.0, 1000.0]), manifest).zone == "uncertain"
    assert predict(np.array([0.0, -1000.0]), manifest).zone == "uncertain"
