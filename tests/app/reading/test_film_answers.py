"""Why the model says what it says of a film, in one sentence."""

from types import SimpleNamespace

import numpy as np
import pytest

from app.core.scoring.prediction import predict
from app.reading.film_answers import prediction_part


def of_three(bundle, *, high, rules_in):
    """The manifest of a model with three classes, clear from a probability on, or never."""
    thresholds = SimpleNamespace(
        decision=0.0, uncertain_low=0.0, uncertain_high=high, rules_in=rules_in, rules_out=False
    )
    return SimpleNamespace(
        task=bundle.manifest.task,
        thresholds=thresholds,
        calibration=bundle.manifest.calibration,
    )


@pytest.mark.parametrize(
    ("high", "rules_in", "ends"),
    [
        (0.95, True, "below the limit of 95 % for a clear answer."),
        (0.3, True, "above the limit of 30 % for a clear answer."),
        (1.0, False, "no answer of this model counts as clear."),
    ],
)
def test_of_more_than_two_classes_it_names_what_a_clear_answer_takes(
    three_class_bundle, high, rules_in, ends
):
    manifest = of_three(three_class_bundle, high=high, rules_in=rules_in)
    prediction = predict(np.array([0.0, 0.4, 0.1]), manifest)

    told = prediction_part(prediction, manifest)

    assert told["sentence"].endswith(ends)
    assert (told["zone"] == "clear") == (ends[:5] == "above")
