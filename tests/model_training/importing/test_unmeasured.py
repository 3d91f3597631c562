"""A bundle of whose quality nothing is known scores, and says so wherever it is looked at."""

from __future__ import annotations

import pandas as pd
import pytest

from app.cli import main as overread
from app.core.bundles.bundle import load_bundle
from app.core.performance.predictions import splits
from model_training.fitting.publishing import Description
from model_training.importing.description import Provenance
from model_training.importing.imported import Said, import_network
from model_training.importing.refusal import NotImportedError
from model_training.importing.unmeasured import publish_unmeasured
from tests.model_training.films import write_classes
from tests.model_training.importing.model_files import CLASSES, saved, tiny

pytestmark = pytest.mark.filterwarnings("ignore")


def published(tmp_path, head, classes):
    path = saved(tiny(**head), tmp_path / "model.keras")
    said = Said(classes=classes, scale="0..1")
    return publish_unmeasured(
        tmp_path / "unmeasured",
        import_network(path, said),
        description=Description(),
        provenance=Provenance(path, "A. Nobody"),
    )


@pytest.mark.parametrize(
    ("head", "classes"),
    [
        ({}, CLASSES),
        ({"units": 3, "activation": "softmax"}, ("A", "B", "C")),
        ({"units": 3, "activation": "sigmoid"}, ("EFFUSION", "NODULE", "MASS")),
    ],
)
def test_every_answer_is_uncertain_and_no_figure_is_shown(
    tmp_path, capsys, monkeypatch, head, classes
):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    bundle = published(tmp_path, head, classes)
    write_classes(tmp_path / "films", ("A",), patients=2)
    table = tmp_path / "results.csv"

    status = overread(["score", str(bundle.path), str(tmp_path / "films"), "--out", str(table)])

    assert status == 0
    assert "nothing is known" in capsys.readouterr().err
    rows = pd.read_csv(table)
    assert list(rows["status"]) == ["ok"] * 4
    zones = [name for name in rows if name == "zone" or name.startswith("zone")]
    assert (rows[zones] == "uncertain").all(axis=None)
    assert bundle.manifest.quality == "unknown"
    assert bundle.manifest.training["trained_by"] == "stated by the importer: A. Nobody"
    assert splits(bundle.predictions()) == ()
    card = bundle.card()
    assert "Of the quality of this model nothing is known." in card
    assert "| AUC" not in card
    assert "Any image at all: nothing was measured." in card


def test_verify_says_that_nothing_is_known(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    bundle = published(tmp_path, {}, CLASSES)

    assert overread(["verify", str(bundle.path)]) == 0

    assert "quality: nothing is known" in capsys.readouterr().out
    assert load_bundle(bundle.path).sha256 == bundle.sha256


def test_names_that_no_bundle_can_have(tmp_path):
    with pytest.raises(NotImportedError, match="Choose others with --classes"):
        published(tmp_path, {"units": 2, "activation": "sigmoid"}, ("none", "a|b"))
