"""Tuning a model of findings that do not exclude each other."""

import pandas as pd
import pytest

from model_training.config import TrainingConfig
from model_training.tuning.goal import Goal
from model_training.tuning.report import as_text, write_page
from model_training.tuning.search_space import parse_search
from model_training.tuning.study import recorded_settings
from model_training.tuning.tune import Search, tune
from tests.model_training.finding_films import FINDINGS

pytestmark = pytest.mark.slow


def test_findings_are_judged_by_their_mean_auc(findings_dataset, tmp_path, own_cache):
    base = TrainingConfig.from_preset(
        "custom-cnn", filters=(8, 16), image_size=32, epochs=2, augmentation="none",
        validation_fraction=0.25, test_fraction=0.25,
    )  # fmt: skip
    searched = parse_search(["batch_size=32"], base)
    search = Search(searched, "random", "none", trials=1, name="findings")

    study = tune(findings_dataset, tmp_path, base=base, search=search, cache=own_cache)

    history = pd.read_csv(tmp_path / "trials" / "0" / "history.csv")
    assert study.best_value == history["val_auc"].max()
    goal = Goal.of(FINDINGS, "any-of")
    labels = recorded_settings(study)["the validation split"]
    assert list(labels) == ["EFFUSION", "no EFFUSION", "NODULE", "no NODULE"]
    text = as_text(study, goal)
    # An image has up to two labels, so that these are not images, and the interval of one AUC is
    # not that of a mean.
    assert (
        f"mean validation AUC {study.best_value:.3f} "
        f"(of 2 findings, {sum(labels.values())} labels; no interval)"
    ) in text
    assert "Hanley" not in text
    write_page(tmp_path / "report.html", study, goal=goal, title="Findings")
    assert "mean validation AUC" in (tmp_path / "report.html").read_text(encoding="utf-8")
