"""Cross-validation through the command line, on films a network learns in an epoch or two."""

import json
import shutil
from contextlib import redirect_stderr
from dataclasses import replace
from importlib.util import find_spec
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from app.cli import main as overread
from app.core.bundles.bundle import load_bundle
from app.core.images.reading import ReadOptions
from app.core.scoring.engine import Engine
from app.core.sources.sources import from_paths
from model_training.augmentation.shifts import SHIFTS
from model_training.cli import main
from model_training.crossval.fold_store import HELD_OUT
from model_training.data.datasets import read_dataset
from tests.model_training.crossval.calls import arguments
from tests.model_training.films import write_classes

pytestmark = pytest.mark.slow

# The second half of the patients is another hospital.
SOURCES = r"(/person\d*[02468]_)|(/person\d*[13579]_)"
OF_ALL = ("--shifted-validation", "--folds", "2", "--fold-pattern", SOURCES)


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Forty patients a class, one with many films."""
    root = tmp_path_factory.mktemp("cv") / "films"
    write_classes(root, ("NORMAL", "PNEUMONIA"), patients=40, films_each=2)
    write_classes(root, ("NORMAL",), patients=1, films_each=9, first=900)
    return root


@pytest.fixture(scope="module")
def done(films, tmp_path_factory):
    """Folds, and their ensemble as a bundle."""
    out = tmp_path_factory.mktemp("out")
    ensemble = ["--ensemble", str(out / "together"), "--shifted-validation"]
    assert main(arguments(films, out / "cv", *ensemble)) == 0
    return out


def test_every_patient_of_the_folds_is_held_out_once(done, films):
    table = pd.read_csv(done / "cv" / "predictions.csv")
    test = load_bundle(done / "together").predictions().query("split == 'test'")

    assert (table.groupby("patient_id")["fold"].nunique() == 1).all()
    assert table["image_id"].is_unique
    everything = {case.name for case in read_dataset(films).cases}
    assert set(table["path"]) | set(test["path"]) == everything
    assert not set(table["patient_id"]) & set(test["patient_id"])
    assert (table.groupby("fold")["y_true"].nunique() == 2).all()


def test_fold_figures_are_those_of_the_predictions(done):
    table = pd.read_csv(done / "cv" / "predictions.csv")
    folds = pd.read_csv(done / "cv" / "folds.csv")

    for row in folds.to_dict("records"):
        held_out = table[table["fold"] == row["fold"]]
        assert row["images"] == len(held_out)
        expected = roc_auc_score(held_out["y_true"], held_out["probability"])
        assert row["AUC"] == pytest.approx(expected)
        called = held_out["probability"] >= held_out["threshold"]
        assert row["accuracy"] == pytest.approx((called == held_out["y_true"]).mean())
    views = pd.read_csv(done / "cv" / "views.csv").set_index("view")
    assert views.loc["as it is", "AUC"] == pytest.approx(folds["AUC"].mean())
    assert views.loc["as it is", "worst AUC"] == pytest.approx(folds["AUC"].min())
    assert list(views.index) == ["as it is", *SHIFTS]


def test_the_ensemble_is_a_bundle_like_any_other(done, films):
    bundle = load_bundle(done / "together")
    test = bundle.predictions().query("split == 'test'")

    assert overread(["verify", str(bundle.path)]) == 0
    assert bundle.manifest.training["members"] == 3
    sources = from_paths([films / path for path in test["path"]])
    # The gate may refuse a film or two of so few; what it would say of them is compared too.
    all_judged = ReadOptions(override="held-out film")
    results = list(Engine(bundle).score(replace(one, reading=all_judged) for one in sources))
    found = [result.prediction.probability for result in results]
    np.testing.assert_allclose(found, test["probability"], atol=1e-4)
    assert "an ensemble of 3 networks" in bundle.card()


def test_the_validation_rows_were_scored_by_the_network_that_did_not_see_them(done):
    folds = pd.read_csv(done / "cv" / "predictions.csv").set_index("image_id")
    validation = load_bundle(done / "together").predictions().query("split == 'val'")

    expected = folds.loc[validation["image_id"], "logit"]
    np.testing.assert_allclose(validation["logit"], expected, atol=1e-5)


def test_the_page_and_the_text_say_the_same(done, films, capsys):
    assert main(arguments(films, done / "cv", "--shifted-validation",
                          "--ensemble", str(done / "again"))) == 0  # fmt: skip

    text = capsys.readouterr().out
    page = (done / "cv" / "report.html").read_text(encoding="utf-8")
    assert "| mean " in text
    assert "Out-of-fold AUC, all folds together" in text
    pooled = text.split("together: ")[1].split(" (")[0]
    assert pooled in page
    views = f"{', '.join(list(SHIFTS)[:-1])} and corners covered"
    assert views in text
    assert views in page
    learning = page.split("<h2>Learning</h2>")[1]
    assert '"mode":"lines+markers"' in learning
    assert "Research use only" in page


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [
        (["--folds", "1"], 2, "Received folds=1"),
        (["--folds", "50"], 1, "50 folds"),
        (["--fold-pattern", "(NORMAL)"], 2, "a group for each of 2 or more sources"),
        (["--fold-pattern", "(a)|(b)"], 2, "as many as `folds` if that is given"),
        (["--fold-pattern", "(NORMAL)|(e)|(i)"], 1, "has no image of NORMAL"),
        (
            ["--learning-rate", "0.5"],
            1,
            "holds folds with another --learning-rate and cannot be resumed",
        ),
        (["--folds", "2"], 1, "holds folds with another --folds and cannot be resumed"),
        (["--seed", "3", "--test-fraction", "0.3"], 1, "another --seed, --test-fraction"),
        (["--positive", "NORMAL"], 1, "holds folds with another DATA and cannot be resumed"),
    ],
)
def test_a_wrong_call_is_a_sentence(done, films, more, status, message, capsys):
    ensemble = ["--ensemble", str(done / "never"), "--shifted-validation"]

    assert main(arguments(films, done / "cv", *ensemble, *more)) == status

    assert message in capsys.readouterr().err
    assert not (done / "never").exists()


def earlier(run):
    """What an earlier version wrote: without saying whether a test split was left out."""
    record = json.loads((run / "run.json").read_text())
    del record["leave_out_test"]
    (run / "run.json").write_text(json.dumps(record))


@pytest.fixture(scope="module")
def plain(films, tmp_path_factory):
    """A fold for each of two sources, none left out for a test; noted in MLflow if it is there."""
    out = tmp_path_factory.mktemp("plain") / "cv"
    tracked = ["--track"] if find_spec("mlflow") else []
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(StringIO()) as stream:
        # Files land in the current folder; MLflow keeps a database of a relative address open.
        patch.chdir(out.parent)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{out.parent}/notes.db")
        assert main(arguments(films, out, *OF_ALL, *tracked)) == 0
    assert ("on the server in MLFLOW_TRACKING_URI." in stream.getvalue()) == bool(tracked)
    return out


def test_folds_of_sources_hold_out_each_source(plain):
    table = pd.read_csv(plain / "predictions.csv")
    numbers = table["path"].str.extract(r"person(\d+)_")[0].astype(int)

    assert (table["fold"] == numbers % 2 + 1).all()
    assert json.loads((plain / "run.json").read_text())["fold_pattern"] == SOURCES


def test_each_fold_is_a_run_in_mlflow(plain):
    mlflow = pytest.importorskip("mlflow")

    client = mlflow.MlflowClient(f"sqlite:///{plain.parent}/notes.db")
    [experiment] = [e for e in client.search_experiments() if e.name == "overread crossval"]
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {"cv fold 1", "cv fold 2"}
    folds = pd.read_csv(plain / "folds.csv")
    for row in folds.to_dict("records"):
        run = runs[f"cv fold {row['fold']}"]
        assert run.info.status == "FINISHED"
        assert run.data.metrics["held out AUC"] == pytest.approx(row["AUC"])
        epochs = client.get_metric_history(run.info.run_id, "val_auc")
        assert [point.step for point in epochs] == [1, 2]


def test_folds_trained_on_the_test_split_never_become_an_ensemble(plain, films, tmp_path, capsys):
    out = tmp_path / "together"

    assert main(arguments(films, plain, *OF_ALL, "--ensemble", str(out))) == 1

    error = capsys.readouterr().err
    assert "without a test split left out" in error
    assert "Choose another --out." in error
    assert not out.exists()


def test_folds_of_an_ensemble_are_not_mixed_with_folds_of_all_films(done, films, capsys):
    assert main(arguments(films, done / "cv", "--shifted-validation")) == 1

    error = capsys.readouterr().err
    assert "with a test split left out" in error


def test_the_same_call_goes_on_where_an_earlier_version_stopped(done, films, tmp_path, capsys):
    run = tmp_path / "cv"
    shutil.copytree(done / "cv", run)
    earlier(run)
    (run / "folds" / "2" / HELD_OUT).unlink()
    (run / "folds" / "2" / "training").mkdir()
    (run / "folds" / "2" / "training" / "state.npz").write_bytes(b"of who knows which films")
    for number in ("1", "3"):
        file = run / "folds" / number / "settings.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"minutes": 7.0}))
    ensemble = ["--ensemble", str(tmp_path / "together"), "--shifted-validation"]

    assert main(arguments(films, run, *ensemble)) == 0

    printed = capsys.readouterr()
    assert "Fold 2 of 3" in printed.err
    assert "Fold 1 of 3" not in printed.err
    assert "Fold 3 of 3" not in printed.err
    assert json.loads((run / "run.json").read_text())["leave_out_test"] is True
    training = load_bundle(tmp_path / "together").manifest.training
    assert training["members"] == 3
    assert training["minutes"] >= 14, "what earlier calls took counts too"
    before, after = (pd.read_csv(root / "folds.csv") for root in (done / "cv", run))
    pd.testing.assert_frame_equal(before, after, rtol=1e-3)


@pytest.mark.parametrize("finished", [0, 1, 2])
@pytest.mark.parametrize("ensemble", [True, False])
def test_other_folds_of_an_earlier_version_are_refused(
    plain, films, finished, ensemble, tmp_path, capsys
):
    run = tmp_path / "cv"
    shutil.copytree(plain, run)
    earlier(run)
    for number in range(finished, 2):
        (run / "folds" / str(number + 1) / HELD_OUT).unlink()
    more = ["--ensemble", str(tmp_path / "together")] if ensemble else []

    assert main(arguments(films, run, *OF_ALL, *more)) == 1

    error = capsys.readouterr().err
    assert "Choose another --out" in error
    assert "leave_out_test" not in (run / "run.json").read_text()


def test_folds_of_unknown_origin_are_refused(plain, films, tmp_path, capsys):
    run = tmp_path / "cv"
    shutil.copytree(plain, run)
    (run / "run.json").unlink()

    assert main(arguments(films, run, *OF_ALL)) == 1

    assert "holds folds but no run.json" in capsys.readouterr().err
