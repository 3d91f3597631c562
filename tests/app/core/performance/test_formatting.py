import pytest

from app.core.bundles.manifest import Calibration, Task
from app.core.performance.formatting import calibration_in_full

TWO = Task(title="t", classes=("A", "B"), positive="B", display_names={"B": "Beta"})
THREE = Task(title="t", classes=("A", "B", "C"))


@pytest.mark.parametrize(
    ("task", "offset", "words"),
    [
        (TWO, (), "logits divided by 1.34"),
        (TWO, (0.0, 2.2592), "logits divided by 1.34, then 2.26 added for Beta"),
        (
            THREE,
            (0.0, -0.5, 1.25),
            "logits divided by 1.34, then -0.5 added for B and 1.25 for C",
        ),
    ],
)
def test_calibration_in_words(task, offset, words):
    calibration = Calibration(
        method="temperature_and_offset" if offset else "temperature",
        temperature=1.3361,
        offset=offset,
        fitted_on="validation",
    )

    assert calibration_in_full(calibration, task) == words
