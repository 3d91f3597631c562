from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from app.core.exports.contents import Contents
from app.core.record.opening import open_record
from app.core.scoring.prediction import Prediction
from app.core.scoring.result import Result
from app.core.sources.source import Source
from tests.worklist_readings import Readings

NAMES = ("=NORMAL/1.png", "PNEUMONIA/肺 2.png", "PNEUMONIA/3.png", "4.png", "5.png")
TRUTH = {0: 0, 1: 1, 2: 1}


def result(name: str, item: int, probability: float) -> Result:
    label = int(probability >= 0.5)
    prediction = Prediction(
        ("NORMAL", "PNEUMONIA")[label], label, probability, probability, 0.5,
        "positive" if label else "negative", (1 - probability, probability),
    )  # fmt: skip
    return Result(Source(name, None), f"{item:064x}", "ok", prediction=prediction)


@pytest.fixture(scope="session")
def read(tmp_path_factory) -> Iterator[Readings]:
    """Two readers and an adjudicator on three films, a refused film, and one that nobody read."""
    with open_record(
        f"sqlite:///{tmp_path_factory.mktemp('read') / 'reviews.sqlite3'}"
    ) as database:
        readings = Readings(database)
        readings.read(0, "Ada", 0, 1, 1)
        readings.read(0, "Grace", 0, 1, 0)
        readings.read(1, "Ada", 1, 1, 1)
        readings.read(1, "Grace", 1, 1, 1)
        undone = readings.add("verdict", 2, "Ada", label=1, prediction=1)
        readings.add("undo", 2, "Ada", undoes=undone.number)
        readings.add(
            "verdict", 2, "Ada", prediction=1, agreement="disagree", confidence=0.5,
            comment="=HYPERLINK(1)\r\nopacité 肺 \U0001f62e <b>", tags=("rotated", "device"),
            regions=({"kind": "line", "points": [[1, 2], [3, 4]], "label": ""},),
        )  # fmt: skip
        readings.add("reported", 3, "Ada", comment="turned")
        readings.add("adjudication", 0, "Mary", label=0, confidence=1.0)
        yield readings


@pytest.fixture(scope="session")
def contents(read, phantom_bundle) -> Contents:
    results = [result(name, item, 0.7) for item, name in enumerate(NAMES[:3])]
    refused = Result(Source(NAMES[3], None), "f" * 64, "refused", "rotated", "It is turned.")
    return Contents(
        read.worklist, phantom_bundle, NAMES, [*results, refused, None], read.entries, TRUTH,
        datetime(2026, 11, 30, tzinfo=UTC),
    )  # fmt: skip
