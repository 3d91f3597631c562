"""What is exported answers as the bundle does, and its example shows so."""

from __future__ import annotations

import json
import runpy

import numpy as np
import pytest

from app.cli import main as overread
from app.core.backends.exporting import ABOUT, EXAMPLE, TOLERANCE, VECTORS, export_network
from app.core.errors import BundleError
from model_training.cli import main as overread_train
from tests.bundles import make_bundle
from tests.model_training.importing.graph_files import torch_like

CLASSES = ("NORMAL", "PNEUMONIA")


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    return make_bundle(folder, classes=("EFFUSION", "NODULE", "MASS"), any_of=True)


def run_example(folder, capsys):
    capsys.readouterr()
    runpy.run_path(folder / EXAMPLE)
    *films, last = capsys.readouterr().out.strip().splitlines()
    return films, float(last.removeprefix("largest difference:"))


# TensorFlow's own interpreter says that it will move, and loads Keras' files without closing them.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow
@pytest.mark.parametrize("to", ["keras", "onnx", "openvino", "tflite"])
def test_a_shipped_model_is_exported_with_an_example_that_runs(
    phantom_bundle, tmp_path, monkeypatch, capsys, to
):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    out = tmp_path / "exported"

    assert overread(["export", str(phantom_bundle.path), "--to", to, "--out", str(out)]) == 0

    assert float(capsys.readouterr().out.removeprefix("largest difference from the bundle:")) < 1e-4
    films, difference = run_example(out, capsys)
    assert difference <= TOLERANCE
    with np.load(out / VECTORS) as vectors:
        assert len(films) == len(vectors["pixels"]) == 9
        assert np.ptp(vectors["probabilities"]) > 0.5
    about = json.loads((out / ABOUT).read_text())
    assert about["outputs"] == ["PNEUMONIA"]
    assert about["bundle_sha256"] == phantom_bundle.sha256
    assert about["input"]["fit"] == phantom_bundle.manifest.input.fit
    lines = (out / EXAMPLE).read_text().splitlines()
    assert len(lines) <= 15
    assert max(map(len, lines)) <= 100


def test_findings_keep_their_names_and_order(findings, tmp_path):
    export_network(findings, "openvino", tmp_path / "out", cache=tmp_path / "cache")

    about = json.loads((tmp_path / "out" / ABOUT).read_text())
    assert about["outputs"] == ["EFFUSION", "NODULE", "MASS"]
    assert not about["exclude_each_other"]
    assert set(about["findings"]) == set(about["outputs"])


@pytest.mark.parametrize("units", [1, 2])
def test_a_graph_is_exported_as_one_with_probabilities(tmp_path, monkeypatch, capsys, units):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    model = torch_like(tmp_path / "model.onnx", units=units)
    head = "sigmoid" if units == 1 else "softmax"
    how = ["--classes", *CLASSES, "--scale", "0..1", "--head", head]
    imported, out = tmp_path / "imported", tmp_path / "out"
    assert overread_train(["import", str(model), *how, "--out", str(imported)]) == 0

    assert overread(["export", str(imported), "--to", "openvino", "--out", str(out)]) == 0
    assert overread(["export", str(imported), "--to", "onnx", "--out", str(tmp_path / "x")]) == 1

    films, difference = run_example(out, capsys)
    assert difference <= TOLERANCE
    assert len(films) == 3
    assert not (tmp_path / "x").exists()


def test_an_export_that_answers_otherwise_is_not_published(findings, tmp_path, monkeypatch):
    from app.core.backends import exporting

    run = exporting._RUN["openvino"]
    monkeypatch.setitem(exporting._RUN, "openvino", lambda *given: run(*given) + 2e-4)

    with pytest.raises(BundleError, match="answers differently"):
        export_network(findings, "openvino", tmp_path / "out", cache=tmp_path / "cache")
    assert [one.name for one in tmp_path.iterdir()] == ["cache"]
