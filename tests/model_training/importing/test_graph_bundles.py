"""A bundle of a network that is not Keras is scored, explained and described like any other."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from app.cli import main as overread
from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_files import GRAPH, GRAPH_WEIGHTS, file_sha256
from app.core.bundles.manifest import MANIFEST
from app.core.errors import BundleError
from app.core.explanations.explainer import Explainer
from app.core.images.film import Film
from app.core.review.film_heatmaps import methods_of
from app.core.scoring.engine import Engine
from app.core.sources.sources import from_paths
from model_training.cli import main as overread_train
from tests.model_training.films import write_classes
from tests.model_training.importing.graph_files import scikit_like, torch_like
from tests.model_training.importing.model_files import perceptron, saved

CLASSES = ("NORMAL", "PNEUMONIA")
HOW = ("--classes", *CLASSES, "--scale", "imagenet", "--head", "softmax")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    return tmp_path


def imported(folder, model, *options):
    assert overread_train(["import", str(model), "--out", str(folder / "mine"), *options]) == 0
    return load_bundle(folder / "mine")


def test_a_bundle_of_onnx_scores_and_explains(home, capsys):
    bundle = imported(home, torch_like(home / "model.onnx"), *HOW)
    write_classes(home / "films", ("A",), patients=2)
    table, maps = home / "results.csv", home / "maps"

    command = ["score", str(bundle.path), str(home / "films"), "--out", str(table)]
    assert overread([*command, "--heatmaps", str(maps)]) == 0
    assert overread(["verify", str(bundle.path)]) == 0

    rows = pd.read_csv(table)
    assert list(rows["status"]) == ["ok"] * 4
    found = sorted(maps.glob("*.npy"))
    assert len(found) == 4
    assert np.load(found[0]).shape == (16, 24)
    assert bundle.manifest.format == 5
    assert {GRAPH, GRAPH_WEIGHTS} <= set(bundle.manifest.files)
    assert "heatmap are finite" in capsys.readouterr().out


def test_explanations_agree_with_each_other(home):
    bundle = imported(home, torch_like(home / "model.onnx"), *HOW)
    engine = Engine(bundle)
    film = Film(np.random.default_rng(5).integers(0, 256, (64, 96, 3), np.uint8))
    explainer = Explainer(engine.explained, bundle.manifest.input)

    found = {
        one.key: explainer.explain(film, method=one.key, class_index=1).evidence
        for one in methods_of(bundle)
    }

    assert "smooth_grad" not in found
    assert set(found) > {"grad_cam", "hires_cam", "score_cam", "occlusion", "rise"}
    # After global pooling the gradient is the same at each place.
    assert np.allclose(found["hires_cam"], found["grad_cam"], atol=1e-6)
    assert all(np.isfinite(one).all() for one in found.values())


@pytest.mark.parametrize("kind", ["scikit-learn", "keras"])
def test_without_a_map_there_are_scores_and_no_heatmap(home, capsys, kind):
    how = ("--classes", "A", "B", "C", "--scale", "0..1")
    if kind == "keras":
        model = saved(perceptron(), home / "mlp.keras")
    else:
        model, how = scikit_like(home / "mlp.onnx", features=16 * 20), (*how, "--size", "16x20")
    bundle = imported(home, model, *how)
    write_classes(home / "films", ("A",), patients=1)

    assert overread(["verify", str(bundle.path)]) == 0
    results = list(Engine(bundle).score(from_paths([str(home / "films")])))

    assert [one.status for one in results] == ["ok"] * len(results)
    assert all(one.evidence is None for one in results)
    assert [one.key for one in methods_of(bundle)] == ["occlusion", "rise"]
    assert "there is no heatmap" in capsys.readouterr().out
    assert "no heatmap" in bundle.card()


@pytest.mark.slow
def test_labelled_images_give_it_figures_and_a_gate(home):
    write_classes(home / "films", CLASSES, patients=60)
    model = torch_like(home / "model.onnx", channels=1)
    how = ("--classes", *CLASSES, "--scale", "0..1", "--head", "softmax")

    bundle = imported(home, model, *how, "--data", str(home / "films"))

    assert bundle.manifest.quality == "measured"
    assert len(bundle.predictions()) == 240
    layers = [one.layer for one in bundle.manifest.feature_layers]
    assert layers[0] == "pixels"
    assert layers[-1] == bundle.manifest.heatmap.layer
    results = list(Engine(bundle).score(from_paths([str(home / "films")])))
    known = bundle.predictions().set_index("image_id")["probability"]
    judged = [one for one in results if one.status == "ok" and one.image_id in known.index]
    assert len(judged) > 150  # the gate refuses some
    differences = [
        abs(one.prediction.class_probabilities[1] - known[one.image_id]) for one in judged
    ]
    assert max(differences) < 1e-5
    assert all(one.observation is not None for one in judged)


def altered(bundle, change):
    content = json.loads((bundle.path / MANIFEST).read_text())
    change(content)
    (bundle.path / MANIFEST).write_text(json.dumps(content))
    return bundle.path


def test_what_does_not_fit_its_manifest_is_refused(home):
    bundle = imported(home, torch_like(home / "model.onnx"), *HOW)

    path = altered(bundle, lambda content: content["heatmap"].update(layer="nowhere"))
    with pytest.raises(BundleError, match="no layer 'nowhere'"):
        Engine(load_bundle(path))

    path = altered(bundle, lambda content: content.update(format=4, quality="unknown"))
    with pytest.raises(BundleError, match=r"does not list model\.keras"):
        load_bundle(path)


def test_a_damaged_graph_is_refused(home):
    bundle = imported(home, torch_like(home / "model.onnx"), *HOW)
    file = bundle.path / GRAPH
    file.write_bytes(file.read_bytes()[:600])
    path = altered(bundle, lambda content: content["files"].update({GRAPH: file_sha256(file)}))

    with pytest.raises(BundleError, match="cannot be read"):
        Engine(load_bundle(path))
