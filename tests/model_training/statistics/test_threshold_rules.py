import subprocess
import sys

import numpy as np
import pytest

from app.core.statistics.metrics import Proportion, operating_point
from app.core.statistics.thresholds import (
    balanced_threshold,
    cost_threshold,
    youden_threshold,
)
from model_training.statistics.threshold_rules import Rule, decide, parse_rule


@pytest.mark.parametrize("text", ["balanced", "half", "youden"])
def test_a_plain_rule_is_its_name(text):
    assert parse_rule(text) == Rule(text)


def test_a_rule_with_a_number():
    assert parse_rule("sensitivity:0.97") == Rule("sensitivity", 0.97)
    assert parse_rule("cost:5") == Rule("cost", 5.0)


@pytest.mark.parametrize(
    "text",
    [
        "", "best", "half:0.5", "sensitivity", "sensitivity:", "sensitivity:97", "sensitivity:1",
        "sensitivity:0", "sensitivity:nan", "sensitivity:high", "cost", "cost:0", "cost:-2",
        "cost:inf", "cost:5:6",
    ],
)  # fmt: skip
def test_an_unknown_rule_is_refused_with_the_known_ones(text):
    with pytest.raises(ValueError, match=r"balanced, half, youden, sensitivity:S.*cost:R") as error:
        parse_rule(text)

    assert f"Received {text!r}." in str(error.value)


def test_each_rule_decides_as_its_function():
    y_true = np.repeat([0, 1], 20)
    noise = np.random.default_rng(1).normal(0, 0.25, 40)
    y_score = np.clip(0.3 + 0.4 * y_true + noise, 0, 1)

    def decided(text):
        return decide(y_true, y_score, rule=parse_rule(text)).threshold

    assert decided("balanced") == balanced_threshold(y_true, y_score)
    assert decided("youden") == youden_threshold(y_true, y_score)
    assert decided("cost:3") == cost_threshold(y_true, y_score, 3)
    assert decided("half") == 0.5


def test_sensitivity_is_shown_by_the_lower_end_of_its_interval():
    # 200 positives evenly from 0.2 up. 194 of 200 are 97 %, but show only 93.6 %; all but one
    # show 97.2 %, all but two 96.4 % (Wilson).
    y_true = np.repeat([0, 1], [50, 200])
    y_score = np.concatenate([np.linspace(0, 0.3, 50), np.linspace(0.2, 0.9, 200)])

    decision = decide(y_true, y_score, rule=Rule("sensitivity", 0.97))

    point = operating_point(y_true, y_score, threshold=decision.threshold)
    assert point.fn == 1
    assert Proportion(199, 200).interval()[0] > 0.97 > Proportion(198, 200).interval()[0]
    assert "of the sensitivity is at least 97 %" in decision.description


@pytest.mark.parametrize("num_positive", [30, 124, 125])
def test_with_too_few_positives_the_number_needed_is_stated(num_positive):
    y_true = np.repeat([0, 1], [5, num_positive])
    y_score = np.append(np.linspace(0, 0.3, 5), np.linspace(0.4, 0.9, num_positive))

    decision = decide(y_true, y_score, rule=Rule("sensitivity", 0.97))

    assert decision.threshold == pytest.approx(0.35)  # all are found either way
    assert ("125 are needed to show 97 %" in decision.description) == (num_positive < 125)
    # z² = 3.8415: 30 of 30 show 30 / 33.84 = 88.6 %, and 125 of 125 show 97.02 %.
    if num_positive == 30:
        assert "30 positives can only show a sensitivity of at least 88.6 %" in decision.description


def test_parsing_a_rule_needs_no_table_library():
    done = subprocess.run(
        [sys.executable, "-c",
         "import sys, model_training.statistics.threshold_rules; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert not {"pandas", "keras", "scipy", "pydantic"} & set(done.stdout.split())
