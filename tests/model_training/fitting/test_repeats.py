import numpy as np
import pandas as pd
import pytest

from app.core.bundle import load_bundle
from model_training.cli import main
from model_training.fitting.repeats import as_text

SETTINGS = ["--preset", "basic-cnn", "--epochs", "1", "--image-size", "32", "--seed", "4"]


def arguments(data, out, *more):
    return ["fit", str(data), "--out", str(out), *SETTINGS, "--validation-fraction", "0.4",
            "--repeats", "2", *more]  # fmt: skip


@pytest.fixture(scope="module")
def repeated(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("repeats") / "models"
    assert main(arguments(data, out)) == 0
    return out


def test_seeds_differ_and_the_split_does_not(repeated):
    first, second = (load_bundle(repeated / f"seed-{seed}") for seed in (4, 5))

    assert first.manifest.data.fingerprint == second.manifest.data.fingerprint
    assert first.manifest.training["split_seed"] == second.manifest.training["split_seed"] == 4
    assert (first.predictions()["logit"] != second.predictions()["logit"]).all()


def test_the_spread_is_that_of_the_bundles_test_figures(repeated):
    table = pd.read_csv(repeated / "repeats.csv")

    assert table["seed"].tolist() == [4, 5]
    for row in table.to_dict("records"):
        bundle = load_bundle(repeated / f"seed-{row['seed']}")
        test = bundle.predictions().query("split == 'test'")
        called = test["probability"] >= bundle.manifest.thresholds.decision
        assert row["accuracy"] == pytest.approx((called == test["y_true"]).mean())
        assert row["images"] == len(test) == 20


def test_finished_seeds_are_not_trained_again(data, repeated, capsys):
    assert main(arguments(data, repeated)) == 0
    assert "epoch" not in capsys.readouterr().err

    assert main(arguments(data, repeated, "--learning-rate", "0.5")) == 1
    assert "holds bundles with another learning_rate" in capsys.readouterr().err


def test_mean_and_deviation_by_hand():
    table = pd.DataFrame({"seed": [1, 2, 3], "images": 50, "AUC": [0.90, 0.94, 0.98]})

    [row] = [line for line in as_text(table).splitlines() if line.startswith("| AUC")]

    assert row.replace(" ", "") == "|AUC|0.940|0.040|0.900|0.980|"
    assert np.std([0.90, 0.94, 0.98], ddof=1) == pytest.approx(0.04)
