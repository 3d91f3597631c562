from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from app.core.errors import DatasetError
from model_training.evaluation.evaluation import best_epoch
from model_training.training.class_imbalance import class_weights
from model_training.training.resume import KeepBest, load_best
from tests.model_training.training.small_runs import (
    SIDE,
    TRAIN,
    VALIDATION,
    against_what_is_learnt,
    config,
    cross_entropy,
    dropping_network,
    small_network,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("imbalance", ["weights", "none"])
def test_the_loss_is_the_weighted_cross_entropy(run, films, imbalance):
    pixels, labels = films
    settings = config(epochs=1, learning_rate=1e-12, imbalance=imbalance)
    labels = np.where(np.arange(80) % 4 == 0, 1, 0)

    model, history = run(settings, labels=labels, build=small_network)

    weights = class_weights((36, 12), imbalance)
    each = cross_entropy(model, pixels, labels)
    expected = np.mean([weights[labels[row]] * each[row] for row in TRAIN])
    assert history["loss"][0] == pytest.approx(expected, abs=1e-5)
    assert history["val_loss"][0] == pytest.approx(each[VALIDATION].mean(), abs=1e-5)


COSINE = {"schedule": "cosine", "optimizer": "adamw"}


@pytest.mark.parametrize(
    "settings",
    [
        {"schedule": "plateau", "patience": 2},
        {**COSINE, "ema_momentum": 0.7, "patience": 10},
        {**COSINE, "ema_momentum": 0.7, "patience": 2},
    ],
    ids=["plateau, stopped", "averaged", "averaged, stopped"],
)
def test_the_best_epoch_s_weights_are_left(run, films, settings):
    pixels, labels = films
    wrong = labels.copy()
    wrong[VALIDATION[:14]] = 1 - labels[VALIDATION[:14]]

    model, history = run(config(epochs=6, learning_rate=0.5, **settings), labels=wrong)

    left = cross_entropy(model, pixels[VALIDATION], wrong[VALIDATION]).mean()
    losses = history["val_loss"].to_numpy()
    best = best_epoch(history) - 1
    assert history["val_auc"][best] == history["val_auc"].max()
    assert left == pytest.approx(losses[best], abs=1e-4)
    assert np.abs(np.delete(losses, best) - left).min() > 1e-3, "other epochs look the same"


@pytest.mark.parametrize("ema_momentum", [None, 0.7])
def test_with_three_classes_the_lowest_loss_is_left(run, films, ema_momentum):
    labels = against_what_is_learnt(films[1])
    labels[::8] = 2
    settings = config(epochs=4, learning_rate=0.1, optimizer="adamw", ema_momentum=ema_momentum)

    model, history = run(settings, labels=labels, build=partial(small_network, units=3))

    shares = np.asarray(model(films[0][VALIDATION].astype(np.float32), training=False))
    left = -np.log(shares[np.arange(len(VALIDATION)), labels[VALIDATION]]).mean()
    assert left == pytest.approx(history["val_loss"].min(), abs=1e-4)
    assert history["val_loss"].idxmin() + 1 == best_epoch(history) < len(history)


def test_history_has_a_row_an_epoch(run, capsys):
    _, history = run(config(epochs=2))

    assert history.columns[0] == "epoch"
    measured = {"loss", "accuracy", "auc"}
    validated = {f"val_{name}" for name in measured}
    assert set(history) == {"epoch", "learning_rate", "stage"} | measured | validated
    assert np.isfinite(history.to_numpy(float)).all()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert [line.split("  ")[0] for line in printed.err.strip().splitlines()] == [
        "17 parameters are trained, 0 are frozen.",
        "epoch 1/2",
        "epoch 2/2",
    ]


@pytest.mark.parametrize(
    ("num_classes", "figures"), [(2, {"loss", "accuracy", "auc"}), (3, {"loss", "accuracy"})]
)
def test_the_training_step_is_traced_once(run, num_classes, figures):
    steps = []

    class Noting(layers.Layer):
        def call(self, x, training=False):
            steps.append(training)
            return x

    def build():
        pixels = keras.Input((SIDE, SIDE, 1))
        network = small_network(units=1 if num_classes == 2 else num_classes)
        model = keras.Model(pixels, network(Noting()(pixels)))
        steps.clear()
        return model

    _, history = run(config(epochs=1), labels=np.arange(80) % num_classes, build=build)

    # Variables that are created in the first step would make TensorFlow trace it again.
    assert steps == [True, False]
    validated = {f"val_{name}" for name in figures}
    assert set(history) == {"epoch", "learning_rate", "stage"} | figures | validated


def test_a_seed_gives_the_same_run_again_also_from_disk_and_leaves_films_and_graph_alone(
    run, films, tmp_path
):
    before = films[0].copy()
    np.save(tmp_path / "pixels.npy", before)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")

    runs = [
        run(config(epochs=1, augmentation="medical", seed=seed), pixels=pixels)
        for pixels, seed in ((None, 3), (mapped, 3), (None, 4))
    ]

    np.testing.assert_array_equal(films[0], before)
    kinds = [type(layer) for layer in dropping_network().layers]
    assert [type(layer) for layer in runs[0][0].layers] == kinds
    histories = [history.to_numpy(float) for _, history in runs]
    np.testing.assert_allclose(histories[0], histories[1], rtol=1e-5)
    assert np.abs(histories[0] - histories[2]).max() > 1e-3
    for first, second in zip(runs[0][0].get_weights(), runs[1][0].get_weights(), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-5)


def test_a_loss_that_is_no_number_ends_training_with_advice(run, films, tmp_path, capsys):
    settings = config(optimizer="sgd", learning_rate=1e38)

    with pytest.raises(DatasetError, match=r"the training loss.*--learning-rate 1e\+37"):
        run(settings)

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "step" not in printed.err.split("\n")[-1], "an open progress bar is left behind"


def test_a_validation_that_is_never_a_number_ends_it_too(run, films):
    class NotANumberWhenValidated(layers.Layer):
        def call(self, x, training=False):
            return x if training else x * float("nan")

    pixels = keras.Input((SIDE, SIDE, 1))
    x = layers.GlobalAveragePooling2D()(NotANumberWhenValidated()(pixels))
    model = keras.Model(pixels, layers.Dense(1, activation="sigmoid")(x))

    with pytest.raises(DatasetError, match="validation loss of every epoch"):
        run(config(epochs=2), build=lambda: model)


@pytest.mark.parametrize(
    ("mode", "figures", "kept"),
    [("max", [0.5, 0.7, 0.7, 0.6], 2), ("min", [0.5, 0.7, 0.4, 0.4], 3),
     ("max", [float("nan"), 0.2, float("nan"), 0.1], 2)],
)  # fmt: skip
def test_the_first_of_the_best_epochs_is_kept(mode, figures, kept, tmp_path):
    model = small_network()
    keep = KeepBest(tmp_path, monitor="figure", mode=mode)
    keep.set_model(model)

    for epoch, figure in enumerate(figures):
        model.set_weights([np.full(weight.shape, epoch + 1.0) for weight in model.weights])
        keep.on_epoch_end(epoch, {"figure": figure})
    load_best(tmp_path, model)

    assert {float(number) for weight in model.get_weights() for number in np.ravel(weight)} == {
        float(kept)
    }
    assert [path.name for path in tmp_path.iterdir()] == ["best.npz"]


def test_a_run_whose_best_weights_keras_wrote_can_be_gone_on_with(tmp_path):
    model, other = small_network(), small_network()
    model.save_weights(tmp_path / "best.weights.h5")

    load_best(tmp_path, other)

    for first, second in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)
