import shutil

import numpy as np
import pandas as pd
import pytest

from app.core.bundles.bundle import load_bundle
from model_training.cli import main
from model_training.config import TrainingConfig
from model_training.fitting import fit as fit_module
from model_training.fitting import repeats
from model_training.fitting.repeats import as_text, unfinished
from tests.model_training.quick_network import QUICK_NETWORK

pytestmark = pytest.mark.slow

SETTINGS = [*QUICK_NETWORK, "--epochs", "1", "--seed", "0"]


def arguments(data, out, *more):
    return ["fit", str(data), "--out", str(out), *SETTINGS, "--validation-fraction", "0.4",
            "--repeats", "2", *more]  # fmt: skip


@pytest.fixture(scope="module")
def repeated(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("repeats") / "models"
    assert main(arguments(data, out)) == 0
    return out


def test_seeds_differ_and_the_split_does_not(repeated):
    first, second = (load_bundle(repeated / f"seed-{seed}") for seed in (0, 1))

    assert first.manifest.data.fingerprint == second.manifest.data.fingerprint
    assert first.manifest.training["split_seed"] == second.manifest.training["split_seed"] == 0
    assert (first.predictions()["logit"] != second.predictions()["logit"]).all()


def test_the_spread_is_that_of_the_bundles_test_figures(repeated):
    table = pd.read_csv(repeated / "repeats.csv")

    assert table["seed"].tolist() == [0, 1]
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


def test_a_finished_set_is_extended_and_goes_on_where_it_stopped(
    data, repeated, tmp_path, monkeypatch, capsys
):
    out = tmp_path / "models"
    shutil.copytree(repeated, out)
    given = arguments(data, out, "--repeats", "4")

    def stopped(by, *more):
        with monkeypatch.context() as patch:
            calls = iter(by)
            patch.setattr(repeats, "fit", lambda *args, **more: next(calls)(*args, **more))
            assert main([*given, *more]) == 130
        return capsys.readouterr().err

    printed = stopped([stopped_after_training])
    assert "Seed 2, 3 of 4" in printed
    assert "Seed 1" not in printed
    assert "Kept: 2 of 4 bundles" in printed
    # Its training had ended, so that it is only published, before the next seed is stopped.
    printed = stopped([fit_module.fit, stopped_at_once], "--resume")
    assert "Seed 2, 3 of 4" in printed
    assert "epoch 1" not in printed
    assert "Kept: 3 of 4 bundles" in printed

    assert main([*given, "--resume"]) == 0

    told = capsys.readouterr()
    assert "Seed 2" not in told.err
    assert "Seed 3, 4 of 4" in told.err
    assert "epoch 1" in told.err
    assert "4 seeds on one split" in told.out
    assert pd.read_csv(out / "repeats.csv")["seed"].tolist() == [0, 1, 2, 3]


def test_seeds_count_up_from_that_of_the_settings(tmp_path):
    config = TrainingConfig.from_preset("basic-cnn", seed=4)

    assert [folder.name for folder in unfinished(tmp_path, config, 2)] == ["seed-4", "seed-5"]


def test_bundles_of_other_data_are_not_extended(data, repeated, tmp_path, capsys):
    shutil.copytree(data, tmp_path / "films")
    shutil.rmtree(tmp_path / "films" / "val")

    assert main(arguments(tmp_path / "films", repeated, "--repeats", "3")) == 1

    assert "bundles of other data" in capsys.readouterr().err
    assert not (repeated / "seed-2").exists()


def test_a_folder_in_the_way_is_found_before_training(data, tmp_path, capsys):
    (tmp_path / "models" / "seed-1").mkdir(parents=True)

    assert main(arguments(data, tmp_path / "models")) == 1

    assert "'seed-1' exists" in capsys.readouterr().err
    assert not (tmp_path / "models" / "seed-0").exists()


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
