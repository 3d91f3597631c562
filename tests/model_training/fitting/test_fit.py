"""`overread-train fit` from a folder to a bundle that verifies and scores."""

import os
import re
import tempfile
from contextlib import redirect_stderr
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from app.cli import main as overread
from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_files import SPLIT, file_sha256
from app.core.scoring.engine import Engine
from app.core.sources.sources import from_paths
from app.core.statistics.calibration_fitting import calibrate
from app.core.statistics.recalibration import calibrated
from model_training.cli import main
from model_training.data.datasets import read_dataset
from model_training.data.image_files import images_below
from model_training.evaluation import decision_fitting
from tests.model_training.fitting.calls import BASIC, fit_arguments, leftovers

pytestmark = pytest.mark.slow


def test_bundle_says_what_was_done(trained, data):
    manifest = trained.manifest

    assert manifest.name == "two"
    assert manifest.task.title == "Normal or Pneumonia"
    assert manifest.task.classes == ("NORMAL", "PNEUMONIA")
    assert manifest.task.positive == "PNEUMONIA"
    assert manifest.task.display_names == {"NORMAL": "Normal", "PNEUMONIA": "Pneumonia"}
    assert (manifest.input.height, manifest.input.width, manifest.input.channels) == (32, 32, 1)
    assert manifest.data.name == data.name
    assert (manifest.data.source, manifest.data.licence) == ("generated", "CC0")
    assert manifest.training["preset"] == "basic-cnn"
    assert manifest.training["validation_fraction"] == 0.4
    history = trained.history()
    assert manifest.training["epochs_run"] == len(history) == 2
    assert manifest.training["best_epoch"] == history["val_auc"].idxmax() + 1
    assert manifest.thresholds.chosen_on == manifest.calibration.fitted_on == "validation"
    assert len(trained.samples) == 2


def test_the_work_folder_is_gone(trained):
    assert leftovers(trained.path.parent) == ["two"]


def test_a_given_test_split_is_used_and_a_small_validation_split_is_not(trained, data):
    table = trained.predictions()
    counts = trained.manifest.data.counts

    given = {path.relative_to(data).as_posix() for path in images_below(data / "test")}
    assert set(table.loc[table["split"] == "test", "path"]) == given
    assert counts["test"] == {"NORMAL": 10, "PNEUMONIA": 10}
    assert "val split has 8 images" in trained.card()
    assert "No patient, no identical file" in trained.card()
    total = sum(sum(inside.values()) for inside in counts.values())
    assert total == len(read_dataset(data).cases) - 1


def test_an_unreadable_film_is_left_out_counted_and_not_named(trained):
    everything = trained.card() + trained.predictions().to_csv()

    assert "1 of 85 images (1 not an image)" in trained.card()
    assert "Mustermann" not in everything


def test_no_patient_is_on_two_sides(trained, data):
    table = trained.predictions()
    cases = read_dataset(data).cases

    held_out = table.groupby("patient_id")["split"].nunique()
    assert (held_out == 1).all()
    held_out_patients = {case.name for case in cases if case.patient_id in set(held_out.index)}
    assert held_out_patients == set(table["path"])


def test_the_source_of_patients_is_in_bundle_and_card(trained):
    assert trained.manifest.data.patients_from.startswith("file names such as personN")
    assert "images come from file names such as personN" in trained.card()
    assert "--subgroup-pattern _(bacteria)_" in trained.card()


def test_predictions_hold_what_the_contract_says(trained, data):
    table = trained.predictions()

    classes = np.array(trained.manifest.task.classes)
    assert (classes[table["y_true"]] == [path.split("/")[1] for path in table["path"]]).all()
    assert [file_sha256(data / path) for path in table["path"]] == table["image_id"].tolist()
    assert table["subgroup"].unique().tolist() == ["bacteria"]
    logits = np.stack([np.zeros(len(table)), table["logit"]], axis=1)
    np.testing.assert_allclose(
        table["probability"], calibrated(logits, trained.manifest.calibration)[:, 1], atol=1e-6
    )


def test_threshold_and_temperature_come_from_the_validation_rows(trained):
    table = trained.predictions()
    validation = table[table["split"] == "val"]
    labels = validation["y_true"].to_numpy()
    logits = np.stack([np.zeros(len(validation)), validation["logit"]], axis=1)
    shares = np.stack([1 - validation["probability"], validation["probability"]], axis=1)

    fitted, kept = calibrate(logits, labels), trained.manifest.calibration
    assert fitted.temperature == pytest.approx(kept.temperature, abs=2e-4)
    assert fitted.offset == pytest.approx(kept.offset, abs=2e-4)
    found, expected = (
        decision_fitting.choose_thresholds(shares, labels),
        trained.manifest.thresholds,
    )
    assert found.decision == pytest.approx(expected.decision, abs=1e-6)
    assert found.uncertain_low == pytest.approx(expected.uncertain_low, abs=1e-6)
    assert found.uncertain_high == pytest.approx(expected.uncertain_high, abs=1e-6)
    assert expected.guarantee.units == validation["patient_id"].nunique()


@pytest.mark.parametrize("which", ["trained", "trained_on_three"])
def test_the_app_gives_the_probabilities_of_the_table(which, request):
    bundle = request.getfixturevalue(which)
    root = request.getfixturevalue("data" if which == "trained" else "three_data")
    table = bundle.predictions()

    results = list(Engine(bundle).score(from_paths([root / path for path in table["path"]])))

    assert [result.image_id for result in results] == table["image_id"].tolist()
    found = [result.prediction.probability for result in results]
    np.testing.assert_allclose(found, table["probability"], atol=1e-4)
    threshold = bundle.manifest.thresholds.decision
    if which == "trained":
        predicted = [result.prediction.class_index for result in results]
        assert predicted == (table["probability"] >= threshold).astype(int).tolist()
    else:
        columns = [result.prediction.class_probabilities for result in results]
        np.testing.assert_allclose(columns, table[["CLEAR", "EFFUSION", "TB"]], atol=1e-4)


def test_three_classes_in_plain_folders(trained_on_three):
    manifest = trained_on_three.manifest
    table = trained_on_three.predictions()

    assert manifest.task.title == "Three findings"
    assert manifest.task.positive is None
    assert manifest.task.display_names == {"CLEAR": "Clear", "EFFUSION": "Effusion", "TB": "TB"}
    assert (manifest.input.channels, manifest.input.fit) == (3, "pad")
    assert set(manifest.data.patients.values()) == {0}
    assert sum(manifest.data.images_without_patient.values()) == 90
    assert table["patient_id"].unique().tolist() == [""]
    np.testing.assert_allclose(table[["CLEAR", "EFFUSION", "TB"]].sum(axis=1), 1, atol=1e-6)
    assert "Patients are not known" in trained_on_three.card()


@pytest.mark.parametrize("which", ["trained", "trained_on_three"])
def test_verify_and_score_take_it(which, request, tmp_path, capsys):
    bundle = request.getfixturevalue(which)
    root = request.getfixturevalue("data" if which == "trained" else "three_data")
    inputs = root / "test" if which == "trained" else root / "CLEAR"

    assert overread(["verify", str(bundle.path)]) == 0
    assert overread(["score", str(bundle.path), str(inputs), "--out", str(tmp_path / "r.csv")]) == 0

    rows = pd.read_csv(tmp_path / "r.csv")
    assert len(rows) == len(images_below(inputs))
    assert (rows["status"] == "ok").all()
    assert set(rows["prediction"]) <= set(bundle.manifest.task.classes)
    assert "complete and unchanged" in capsys.readouterr().out


def test_options_without_effect_on_three_classes_are_reported(three_data, tmp_path, capsys):
    fractions = ["--validation-fraction", "0.35", "--test-fraction", "0.35"]
    more = [*fractions, "--threshold-rule", "youden"]

    assert main(fit_arguments(three_data, tmp_path / "mine", *more)) == 0

    printed = capsys.readouterr()
    assert "--threshold-rule has no effect" in printed.err
    assert re.search(r"^test   \d+ images \(patients not known\): ", printed.err, re.MULTILINE)
    assert not re.search(r"images of \d+ patients", printed.err + printed.out)
    card = load_bundle(tmp_path / "mine").card()
    assert "youden" not in card.lower()
    assert not re.search(r"images of \d+ patients", card)


def test_nothing_is_written_outside_the_target_folder(trained, data):
    assert not [name for name in os.listdir(tempfile.gettempdir()) if "two-training" in name]
    assert not [path for path in data.rglob("*") if path.name.endswith((".npy", ".h5"))]


@pytest.fixture(scope="module")
def said():
    """What was said on stderr while `again` was trained."""
    return []


@pytest.fixture(scope="module")
def again(trained, data, tmp_path_factory, said):
    """A fit on the split of `trained`, from its weights, with remarks, another rule and shifts."""
    folder = tmp_path_factory.mktemp("again")
    (folder / "tried.md").write_text("Larger input gave nothing.\n")
    more = ["--table", str(trained.path / SPLIT), "--remarks", str(folder / "tried.md")]
    more += ["--shifted-validation", "--threshold-rule", "youden", "--weights", str(trained.path)]
    with redirect_stderr(StringIO()) as stream:
        assert main(fit_arguments(data, folder / "mine", *more, network=BASIC)) == 0
    said.append(stream.getvalue())
    return load_bundle(folder / "mine")


def test_the_split_is_in_the_bundle_and_repeats_itself(trained, data, again):
    cases = read_dataset(data, table=trained.path / SPLIT, positive="PNEUMONIA").cases

    written = pd.read_csv(trained.path / SPLIT, dtype=str, keep_default_na=False)
    assert [case.split for case in cases] == written["split"].tolist()
    assert again.manifest.data.fingerprint == trained.manifest.data.fingerprint
    assert again.manifest.data.counts == trained.manifest.data.counts


def test_what_was_tried_is_in_the_card(again):
    assert "## What was tried\n\nLarger input gave nothing.\n" in again.card()


def test_a_second_run_leaves_the_first_bundle_alone(trained, data, capsys):
    before = {path.name: path.read_bytes() for path in trained.path.iterdir() if path.is_file()}

    assert main(fit_arguments(data, trained.path)) == 1

    assert "'two' exists" in capsys.readouterr().err
    assert before == {
        path.name: path.read_bytes() for path in trained.path.iterdir() if path.is_file()
    }


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--frozen-epochs", "1"], "but training starts from random weights"),
        (["--weights", "WARM", "--unfreeze-from", "conv5"], "'basic-cnn' has no backbone"),
        (["--weights", "nowhere.h5"], "no weights at 'nowhere.h5'"),
    ],
)
def test_unsuitable_weights_and_layers_are_refused_before_anything_is_decoded(
    trained, data, tmp_path, more, message, capsys
):
    more = [str(trained.path) if part == "WARM" else part for part in more]
    more += ["--cache", str(tmp_path / "cache")]
    out = tmp_path / "mine"

    assert main(fit_arguments(data, out, "--validation-fraction", "0.4", *more, network=BASIC)) == 1

    printed = capsys.readouterr().err
    assert message in printed
    assert "epoch" not in printed.split("overread-train:")[0]
    assert leftovers(tmp_path) == []


def test_training_can_start_from_another_bundle(trained, again, said):
    assert f"starts from {trained.path.name}" in said[0]
    assert again.manifest.training["weights"] == trained.path.name


def test_threshold_and_calibration_can_use_shifted_films(again):
    assert again.manifest.training["shifted_validation"] is True
    assert "Youden" in again.manifest.thresholds.rule


def test_a_network_trained_on_smaller_films_is_judged_as_it_is_used(data, tmp_path):
    network = ("--preset", "residual", "--image-size", "64", "--filters", "4", "4", "8", "8", "8")
    training = ("--margin", "16", "0", "--training-size", "48", "--training-margin", "8")
    out = tmp_path / "closer"
    more = (*training, "--validation-fraction", "0.4")

    assert main(fit_arguments(data, out, *more, network=network)) == 0

    bundle = load_bundle(out)
    table = bundle.predictions()
    table = table[table["split"] == "test"]
    results = Engine(bundle).score(from_paths([data / path for path in table["path"]]))
    assert (bundle.manifest.input.height, bundle.manifest.training["training_size"]) == (64, 48)
    np.testing.assert_allclose(
        table["probability"], [result.prediction.probability for result in results], atol=1e-5
    )
