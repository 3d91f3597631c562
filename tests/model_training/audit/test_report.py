"""Which near-duplicates the page of an inspection shows."""

import cv2
import numpy as np

from model_training.audit.checks import inspect
from model_training.audit.report import most_relevant_pairs
from model_training.data.datasets import read_dataset
from tests.model_training.films import write


def anatomy(number):
    noise = np.random.default_rng(number).normal(size=(96, 96))
    details = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return np.clip(120 + 35 * details / details.std(), 0, 255).astype(np.uint8)


def test_copies_with_different_findings_are_shown_first(tmp_path):
    write(tmp_path / "a.png", anatomy(1))
    write(tmp_path / "a_again.png", anatomy(1) + 1)
    write(tmp_path / "b.png", anatomy(2))
    write(tmp_path / "b_blurred.png", cv2.GaussianBlur(anatomy(2), (0, 0), 1.5))
    (tmp_path / "t.csv").write_text(
        "file,E,N\na.png,1,1\na_again.png,1,1\nb.png,0,1\nb_blurred.png,1,0\n"
    )
    inspection = inspect(read_dataset(tmp_path), name="films")

    pairs = inspection.pairs
    shown = [inspection.cases[pairs.first[index]].name for index in most_relevant_pairs(inspection)]

    assert shown == ["b.png", "a.png"]
    assert pairs.correlation.max() > pairs.correlation.min() + 1e-4
