import pandas as pd
import pytest

from model_training.tuning.spread import spread_figure, spread_over_seeds

TRIALS = pd.DataFrame(
    [
        ("done", 0.90, 0.8, 1.0, "adam", 0),
        ("done", 0.80, 0.6, 3.0, "adam", 1),
        ("done", 0.95, 0.9, 2.0, "sgd", 0),
        ("pruned", None, None, 0.5, "sgd", 1),
        ("done", 0.97, 0.9, 2.0, "sgd", 2),
    ],
    columns=["state", "value", "val_accuracy", "minutes", "optimizer", "seed"],
)


def test_the_spread_of_each_combination_by_hand():
    table = spread_over_seeds(TRIALS, ["optimizer", "seed"], maximise=True)

    assert table["optimizer"].tolist() == ["sgd", "adam"]
    assert table["seeds"].tolist() == [2, 2]  # the pruned trial does not count
    assert table["mean"].tolist() == pytest.approx([0.96, 0.85])
    assert table["standard_deviation"].tolist() == pytest.approx([0.02 / 2**0.5, 0.1 / 2**0.5])
    assert table[["lowest", "highest"]].to_numpy().tolist() == [[0.95, 0.97], [0.8, 0.9]]
    assert table["val_accuracy"].tolist() == pytest.approx([0.9, 0.7])
    assert table["minutes"].tolist() == [2.0, 2.0]


def test_the_lowest_loss_is_the_best():
    table = spread_over_seeds(TRIALS, ["optimizer", "seed"], maximise=False)

    assert table["optimizer"].tolist() == ["adam", "sgd"]


@pytest.mark.parametrize("settings", [["optimizer"], ["seed"]])
def test_without_seeds_or_without_anything_else_there_is_no_spread(settings):
    assert spread_over_seeds(TRIALS, settings, maximise=True).empty


def test_one_seed_each_is_no_spread():
    assert spread_over_seeds(TRIALS.iloc[[0, 2]], ["optimizer", "seed"], maximise=True).empty


def test_the_figure_has_a_mark_for_each_seed_and_the_best_on_top():
    plot = spread_figure(TRIALS, ["optimizer", "seed"], metric="validation AUC", maximise=True)

    mean, seeds = plot.data
    assert list(mean.y) == ["sgd", "adam"]
    assert list(zip(seeds.y, seeds.x, strict=True)) == [
        ("adam", 0.90), ("adam", 0.80), ("sgd", 0.95), ("sgd", 0.97),
    ]  # fmt: skip
    assert plot.layout.yaxis.categoryarray == ("adam", "sgd")
