from pathlib import Path

import numpy as np
import pytest

from app.core.gate.observation import Observation
from app.core.scoring.prediction import predict
from app.core.scoring.result import Result
from app.core.sources.source import Source
from app.core.statistics.metrics import Proportion
from model_training.audit import gate_report
from model_training.audit.at_the_gate import AtTheGate, Group, Reason
from model_training.data.datasets import Case

# Split, label, status, code, distance and remedy of each image.
IMAGES = (
    ("train", 0, "ok", "", 0.2, None),
    ("train", 0, "refused", "inverted", 1.4, "invert"),
    ("train", 1, "ok", "", 0.4, None),
    ("test", 0, "unreadable", "damaged", None, None),
    ("test", 1, "refused", "unfamiliar", 3.0, None),
    ("test", 1, "refused", "unfamiliar", 2.0, None),
    ("test", 1, "failed", "invalid_output", None, None),
)


@pytest.fixture
def cases():
    return [
        Case(Path(f"{number}.png"), f"{number}.png", label, "", "", split)
        for number, (split, label, *_) in enumerate(IMAGES)
    ]


@pytest.fixture
def at_the_gate(bundle, cases):
    def result(status, code, distance, remedy):
        return Result(
            Source("film.png", None),
            "0" * 64,
            status,
            code,
            prediction=predict(np.array([0.0, 2.0]), bundle.manifest) if status == "ok" else None,
            observation=distance and Observation(distance, np.zeros(4, np.float16)),
            remedy=remedy,
        )

    results = [result(*fields) for _, _, *fields in IMAGES]
    return AtTheGate.of(bundle, ("clear", "sick"), cases, results)


def test_refusals_are_of_the_images_that_were_read(at_the_gate):
    assert at_the_gate.refused == Proportion(3, 5)


def test_reasons_have_distances_and_remedies(at_the_gate):
    assert at_the_gate.reasons() == [
        Reason("unfamiliar", Proportion(2, 5), (2.5, 3.0), 0),
        Reason("inverted", Proportion(1, 5), (1.4, 1.4), 1),
    ]


def test_groups_are_by_split_and_class_in_order(at_the_gate):
    assert at_the_gate.groups() == [
        Group("train", "clear", Proportion(1, 2), (pytest.approx(0.8), 1.4)),
        Group("train", "sick", Proportion(0, 1), (0.4, 0.4)),
        Group("test", "clear", Proportion(0, 0), None),
        Group("test", "sick", Proportion(2, 2), (2.5, 3.0)),
    ]


def test_findings_count_with_and_without(bundle, at_the_gate, cases):
    both = [Case(one.path, one.name, -1, "", "", "", (1, 0)) for one in cases]

    found = AtTheGate.of(bundle, ("nodule", "mass"), both, at_the_gate.results)

    assert [(one.answer, one.refused) for one in found.groups()] == [
        ("nodule", Proportion(3, 5)), ("no mass", Proportion(3, 5)),
    ]  # fmt: skip
    assert gate_report.figures(found) == []  # an image has no class to be coloured by


def test_a_table_lists_the_farthest_first(at_the_gate):
    assert [row[:3] for row in gate_report.refused(at_the_gate).rows] == [
        ("4.png", "3.00", "unfamiliar"), ("5.png", "2.00", "unfamiliar"),
        ("1.png", "1.40", "inverted"),
    ]  # fmt: skip


def test_a_class_without_images_that_can_be_read_has_no_figure(at_the_gate):
    rows = gate_report.groups(at_the_gate).rows

    assert rows[2] == ("test", "clear", "0 of 0", "none", "no interval", "–", "–")
    of_json = gate_report.as_dict(at_the_gate)["groups"][2]
    assert of_json == {
        "split": "test", "class": "clear", "refused": 0, "of": 0, "low": None, "high": None,
        "median_distance": None,
    }  # fmt: skip


def test_a_model_without_a_reference_says_so(at_the_gate):
    said = gate_report.sentences(at_the_gate)

    assert said[0].startswith("This model has no reference of the images it learned from")
    assert said[1] == (
        "By their files alone, small would refuse 60.0 % (23.1 to 88.2 %; 3 of 5) of the images "
        "that can be read."
    )
    assert at_the_gate.shift is None
