"""Training on findings that do not exclude each other, with labels missing."""

import json

import numpy as np
import pandas as pd
import pytest

from app.core.bundles.manifest import MANIFEST
from app.core.errors import DatasetError
from app.core.images.preparation import prepare
from app.core.performance.predictions import select
from app.core.scoring.engine import Engine
from app.core.sources.source import Source
from app.core.statistics.curves import roc_auc
from model_training.config import TrainingConfig
from model_training.fitting.fit import fit
from model_training.fitting.publishing import Description
from tests.model_training.finding_films import FINDINGS


def test_it_is_an_any_of_bundle(trained_on_findings, findings_dataset):
    manifest = trained_on_findings.manifest

    assert manifest.task.kind == "any-of"
    assert manifest.task.classes == FINDINGS
    assert manifest.task.title == "Effusion and Nodule"
    assert list(manifest.findings) == list(FINDINGS)
    content = json.loads((trained_on_findings.path / MANIFEST).read_text())
    assert content["format"] == 3
    labels = findings_dataset.targets
    counted = manifest.data
    for number, name in enumerate(FINDINGS):
        labelled = sum(counted.labelled[split][name] for split in ("train", "val", "test"))
        positive = sum(counted.counts[split][name] for split in ("train", "val", "test"))
        assert labelled == (~np.isnan(labels[:, number])).sum()
        assert positive == (labels[:, number] == 1).sum()


def test_missing_labels_stay_missing(trained_on_findings, findings_dataset):
    labels = {case.name: case.findings for case in findings_dataset.cases}

    for _, row in trained_on_findings.predictions().iterrows():
        found = [row[f"y_true:{name}"] for name in FINDINGS]
        expected = [np.nan if one is None else one for one in labels[row["path"]]]
        np.testing.assert_array_equal(found, expected)


def test_no_patient_is_in_two_splits(trained_on_findings):
    table = pd.read_csv(trained_on_findings.path / "split.csv")

    assert (table.groupby("patient_id")["split"].nunique() == 1).all()
    fractions = table["split"].value_counts(normalize=True)
    assert fractions["test"] == pytest.approx(0.25, abs=0.04)
    assert set(table["EFFUSION"].dropna()) == {0, 1}
    assert table["NODULE"].isna().any()


def test_each_finding_is_learnt_and_decided_by_itself(trained_on_findings):
    thresholds = []
    for name in FINDINGS:
        own = trained_on_findings.of_finding(name)
        test = select(own.predictions(), own.manifest.task, split="test")
        assert roc_auc(test.y_true, test.probabilities[:, 1]) > 0.9
        thresholds.append(own.manifest.thresholds.decision)
        assert own.manifest.thresholds.chosen_on == "validation"
    assert thresholds[0] != thresholds[1]


def test_the_app_scores_as_the_table_says(trained_on_findings, findings_dataset):
    table = trained_on_findings.predictions().set_index("path")
    cases = [case for case in findings_dataset.cases if case.name in table.index][:8]

    results = Engine(trained_on_findings).score([Source(case.name, case.path) for case in cases])

    for case, result in zip(cases, results, strict=True):
        expected = [table.loc[case.name, f"probability:{name}"] for name in FINDINGS]
        np.testing.assert_allclose(
            result.prediction.class_probabilities, expected, rtol=0, atol=1e-4
        )


def test_each_finding_has_the_heatmap_scale_of_its_validation_films(
    trained_on_findings, findings_dataset
):
    manifest, table = trained_on_findings.manifest, trained_on_findings.predictions()
    paths = {case.name: case.path for case in findings_dataset.cases}
    engine = Engine(trained_on_findings)
    validation = table[table["split"] == "val"]
    maps = {
        path: engine.explain(prepare(paths[path].read_bytes(), manifest.input))[1]
        for path in validation["path"]
    }

    for number, name in enumerate(FINDINGS):
        decision = manifest.findings[name].thresholds.decision
        positive = validation.loc[validation[f"probability:{name}"] >= decision, "path"]
        peaks = [maps[path][number].max() for path in positive]
        assert manifest.heatmap.scale[name] == pytest.approx(np.quantile(peaks, 0.95), rel=0.01)
    assert len(set(manifest.heatmap.scale.values())) == len(FINDINGS)


def test_the_history_has_the_mean_auc(trained_on_findings):
    history = trained_on_findings.history()

    assert {"loss", "val_loss", "auc", "val_auc"} <= set(history)
    assert np.isfinite(history[["loss", "val_loss", "auc", "val_auc"]]).all(axis=None)
    best = trained_on_findings.manifest.training["best_epoch"]
    assert history["val_auc"].iloc[best - 1] == history["val_auc"].max()


def test_the_card_has_the_figures_of_each(trained_on_findings):
    card = trained_on_findings.card()

    assert "It looks for: Effusion, Nodule. An image can show any number" in card
    assert "Mean AUC of the 2 findings" in card
    for name in ("Effusion", "Nodule"):
        assert card.count(f"### {name}") == 2  # figures and decision


@pytest.mark.parametrize("imbalance", ["oversample", "both"])
def test_drawing_rare_classes_more_often_is_refused(findings_dataset, tmp_path, imbalance):
    config = TrainingConfig.from_preset("basic-cnn", image_size=32, imbalance=imbalance)

    with pytest.raises(DatasetError, match="several findings"):
        fit(findings_dataset, tmp_path / "b", config=config, description=Description())
