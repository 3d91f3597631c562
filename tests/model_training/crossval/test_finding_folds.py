"""Cross-validation of findings that do not exclude each other."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from model_training.cli import main
from model_training.config import TrainingConfig
from model_training.crossval.fold_bundle import publish_ensemble
from model_training.crossval.folds import crossvalidate
from model_training.crossval.report import as_text, write_page
from model_training.crossval.summary import predictions_table, summarise
from model_training.data import film_cache
from model_training.fitting.publishing import Description
from model_training.preparation.films import prepare
from tests.model_training.crossval.calls import arguments

pytestmark = pytest.mark.slow

CONFIG = TrainingConfig.from_preset(
    "custom-cnn", filters=(8, 16), image_size=32, epochs=2, batch_size=8, augmentation="none",
    validation_fraction=0.3, test_fraction=0.2,
)  # fmt: skip


@pytest.fixture(scope="module")
def films(findings_dataset):
    return prepare(findings_dataset, config=CONFIG, cache=film_cache.default_folder())


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("cv")


@pytest.fixture(scope="module")
def folds(films, out):
    return crossvalidate(films, CONFIG, out=out, num_folds=2, leave_out_test=True)


def test_every_patient_outside_the_test_split_is_held_out_once(folds, films):
    positions = np.concatenate([fold.positions for fold in folds])

    assert len(np.unique(positions)) == len(positions)
    splits = np.array([case.split for case in films.cases])
    assert set(positions) == set(np.flatnonzero(splits != "test"))
    groups = [set(films.groups[fold.positions]) for fold in folds]
    assert not groups[0] & groups[1]
    labels = [films.findings[fold.positions] for fold in folds]
    positives = [np.nansum(one, axis=0) for one in labels]
    assert np.abs(positives[0] - positives[1]).max() <= 4


def test_figures_are_those_of_the_table(folds, films):
    summary, table = summarise(folds, films), predictions_table(folds, films)

    for number, row in summary.folds.iterrows():
        own = table[table["fold"] == number + 1]
        known = own["y_true:NODULE"].notna()
        auc = roc_auc_score(
            own.loc[known, "y_true:NODULE"].astype(int), own.loc[known, "probability:NODULE"]
        )
        assert row["AUC NODULE"] == pytest.approx(auc, abs=1e-9)
        assert row["mean AUC"] == pytest.approx((row["AUC NODULE"] + row["AUC EFFUSION"]) / 2)
    assert own["threshold:NODULE"].nunique() == 1
    assert summary.pooled.low <= summary.pooled.value <= summary.pooled.high


def test_text_and_page(folds, films, tmp_path):
    summary = summarise(folds, films)

    assert f"Out-of-fold mean AUC, all folds together: {summary.pooled.value:.3f}" in as_text(
        summary
    )
    write_page(tmp_path / "report.html", folds, films, summary, title="Findings")
    assert "AUC EFFUSION" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_finished_folds_are_read_again(folds, films, out):
    again = crossvalidate(films, CONFIG, out=out, num_folds=2, leave_out_test=True)

    for one, other in zip(folds, again, strict=True):
        assert one.decided == other.decided
        np.testing.assert_array_equal(one.probabilities(), other.probabilities())


def test_the_ensemble_is_an_any_of_bundle(folds, films, tmp_path):
    bundle = publish_ensemble(
        folds, films, tmp_path / "ensemble", config=CONFIG, description=Description()
    )

    assert bundle.manifest.task.any_of
    table = bundle.predictions()
    assert set(table["split"]) == {"val", "test"}
    own = pd.read_csv(bundle.path / "predictions.csv")
    assert own["y_true:EFFUSION"].isna().any()
    assert bundle.of_finding("EFFUSION").manifest.thresholds.decision > 0


def test_drawing_rare_findings_more_often_is_refused_before_anything_is_read(tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "b.png").write_bytes(b"")
    table = tmp_path / "t.csv"
    table.write_text("path,effusion,nodule\na.png,1,1\nb.png,0,0\n", encoding="utf-8")

    assert main(arguments(table, tmp_path / "cv", "--imbalance", "oversample")) == 1

    assert "an image of these data can show several findings" in capsys.readouterr().err
