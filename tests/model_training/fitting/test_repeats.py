import shutil

import numpy as np
import pandas as pd
import pytest

from app.core.bundles.bundle import load_bundle
from model_training.cli import main
from model_training.fitting import fit as fit_module
from model_training.fitting import repeats
from model_training.fitting.repeats import as_text
from tests.model_training.quick_network import QUICK_NETWORK

pytestmark = pytest.mark.slow

SETTINGS = [*QUICK_NETWORK, "--epochs", "1", "--seed", "4"]


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
    assert "another --learning-rate" in capsys.readouterr().err


def test_a_finished_set_is_extended(data, repeated, tmp_path, capsys):
    shutil.copytree(repeated, tmp_path / "models")

    assert main(arguments(data, tmp_path / "models", "--repeats", "3")) == 0

    printed = capsys.readouterr()
    assert "Seed 6, 3 of 3" in printed.err
    assert "Seed 4" not in printed.err
    assert "3 seeds on one split" in printed.out
    assert pd.read_csv(tmp_path / "models" / "repeats.csv")["seed"].tolist() == [4, 5, 6]


def test_bundles_of_other_data_are_not_extended(data, repeated, tmp_path, capsys):
    shutil.copytree(data, tmp_path / "films")
    shutil.rmtree(tmp_path / "films" / "val")

    assert main(arguments(tmp_path / "films", repeated, "--repeats", "3")) == 1

    assert "bundles of other data" in capsys.readouterr().err
    assert not (repeated / "seed-6").exists()


@pytest.mark.parametrize("epochs_done", [0, 1])
def test_a_stopped_set_goes_on_from_the_default_seed(
    data, repeated, epochs_done, tmp_path, monkeypatch, capsys
):
    out = tmp_path / "models"
    given = [*arguments(data, out), "--seed", "0"]
    once = fit_module.fit
    calls = iter([once, stopped_after_training if epochs_done else stopped_at_once])
    with monkeypatch.context() as patch:
        patch.setattr(repeats, "fit", lambda *args, **more: next(calls)(*args, **more))
        assert main(given) == 130
    assert "Kept: 1 of 2 bundles" in capsys.readouterr().err

    assert main([*given, "--resume"]) == 0

    printed = capsys.readouterr().err
    assert "Seed 1, 2 of 2" in printed
    assert "Seed 0" not in printed
    assert ("epoch 1" in printed) == (not epochs_done)
    assert pd.read_csv(out / "repeats.csv")["seed"].tolist() == [0, 1]


def test_a_folder_in_the_way_is_found_before_training(data, tmp_path, capsys):
    (tmp_path / "models" / "seed-5").mkdir(parents=True)

    assert main(arguments(data, tmp_path / "models")) == 1

    assert "'seed-5' exists" in capsys.readouterr().err
    assert not (tmp_path / "models" / "seed-4").exists()


def stopped_at_once(dataset, out, **_):
    # As a process leaves it that is killed before its first epoch ends.
    (out.parent / f".{out.name}-training").mkdir()
    raise KeyboardInterrupt


def stopped_after_training(*given, **more):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_module, "evaluate_films", stop)
        return fit_module.fit(*given, **more)


def stop(*_, **__):
    raise KeyboardInterrupt


def test_mean_and_deviation_by_hand():
    table = pd.DataFrame({"seed": [1, 2, 3], "images": 50, "AUC": [0.90, 0.94, 0.98]})

    [row] = [line for line in as_text(table).splitlines() if line.startswith("| AUC")]

    assert row.replace(" ", "") == "|AUC|0.940|0.040|0.900|0.980|"
    assert np.std([0.90, 0.94, 0.98], ddof=1) == pytest.approx(0.04)
