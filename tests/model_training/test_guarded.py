"""A file at which a decoder fails in an unforeseen way is left out by the trainer and named."""

import cv2
import numpy as np
import pytest

from app.core.bundles.network_input import Input
from app.core.images import decoding
from model_training.audit.survey import survey
from model_training.config import TrainingConfig
from model_training.data.datasets import Case, Dataset
from model_training.data.film_cache import decode_cases
from model_training.evaluation.scoring import split_groups
from model_training.preparation.sample import sample

NUM_CASES = 12
BAD = 5


class PanicError(BaseException):
    """What a decoder in Rust raises: no `Exception`."""


@pytest.fixture(params=[KeyError("x"), RecursionError(), SystemError(), PanicError()], ids=repr)
def cases(request, tmp_path, monkeypatch):
    """Films, at the sixth of which the decoder fails."""
    generator = np.random.default_rng(0)
    found = []
    for number in range(NUM_CASES):
        path = tmp_path / f"{number:02d}.png"
        picture = cv2.resize(generator.integers(0, 256, (9, 9)).astype(np.uint8), (80, 80))
        cv2.imwrite(str(path), picture)
        found.append(Case(path, path.name, number % 2, "", "", ""))
    bad = found[BAD].path.read_bytes()
    original = decoding._decode

    def decode(data, *arguments):
        if data == bad:
            raise request.param
        return original(data, *arguments)

    monkeypatch.setattr(decoding, "_decode", decode)
    return found


def test_fit_leaves_it_out(cases, tmp_path):
    network_input = Input(height=32, width=32, channels=1, fit="stretch")
    decoded = decode_cases(cases, network_input, tmp_path / "cache")
    assert decoded.failed == {BAD: "failed"}
    assert decoded.digests[BAD]
    again = decode_cases(cases, network_input, tmp_path / "cache")
    assert again.failed == {BAD: "failed"}


def test_inspect_lists_it(cases):
    facts = survey(cases).facts
    assert facts["problem"][BAD] == "failed"
    assert (facts["problem"].drop(BAD) == "").all()


def test_a_preview_skips_it(cases):
    config = TrainingConfig.from_preset("residual", image_size=32)
    drawn = sample(Dataset(("A", "B"), cases), config=config, number=NUM_CASES)
    assert len(drawn) == NUM_CASES - 1


def test_evaluation_compares_the_others(cases):
    groups = split_groups(cases)
    assert len(groups) == NUM_CASES
    assert len(set(groups)) == NUM_CASES
