from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from app.core.errors import DatasetError
from model_training.config import TrainingConfig
from model_training.evaluation import best_epoch
from model_training.presets.catalogue import PRESETS
from model_training.training import class_weights, initial_output_bias, train

SIDE = 32
TRAIN, VALIDATION = np.arange(48), np.arange(48, 80)


def config(**changes):
    usual = {"image_size": SIDE, "epochs": 3, "batch_size": 8, "augmentation": "none", "seed": 3}
    return TrainingConfig.from_preset("basic-cnn", **usual | changes)


def dropping_network():
    return small_network(dropout=0.2)


def small_network(*, units=1, dropout=0.0):
    """Quick to compile, and good enough to learn which half of a film is brighter."""
    pixels = keras.Input((SIDE, SIDE, 1))
    x = layers.Rescaling(1 / 255)(pixels)
    x = layers.AveragePooling2D(8)(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(dropout, seed=1)(x) if dropout else x
    x = layers.Dense(units, activation="sigmoid" if units == 1 else "softmax")(x)
    return keras.Model(pixels, x)


@pytest.fixture(scope="module")
def films():
    """Eighty noisy films; of class 1 the upper half is brighter."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 80)
    pixels = generator.integers(40, 160, (80, SIDE, SIDE, 1)).astype(np.uint8)
    pixels[labels == 1, : SIDE // 2] += 60
    return pixels, labels


@pytest.fixture
def run(films, tmp_path):
    """Trains the small network on the films; returns it with its history."""

    def run(settings, *, labels=None, pixels=None, build=dropping_network):
        keras.utils.set_random_seed(settings.seed)
        model = build()
        history = train(
            model,
            films[0] if pixels is None else pixels,
            films[1] if labels is None else labels,
            train_rows=TRAIN,
            validation_rows=VALIDATION,
            config=settings,
            checkpoint=tmp_path / "best.weights.h5",
        )
        return model, history

    return run


def cross_entropy(model, pixels, labels):
    """Binary cross-entropy of each film, worked out without Keras."""
    logits = keras.Model(model.input, model.layers[-1].input)(pixels.astype(np.float32))
    kernel, bias = model.layers[-1].get_weights()
    z = (np.asarray(logits, np.float64) @ kernel + bias)[:, 0]
    return np.logaddexp(0, np.where(labels == 1, -z, z))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((1, 3), [1.0986123]), ((30, 10), [-1.0986123]), ((5, 5), [0.0]),
     ((10, 30, 60), [-2.3025851, -1.2039728, -0.5108256])],
)  # fmt: skip
def test_initial_bias_by_hand(counts, expected):
    bias = initial_output_bias(counts)

    assert bias.dtype == np.float32
    np.testing.assert_allclose(bias, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("counts", "expected"), [((30, 10), (2 / 3, 2.0)), ((10, 30, 60), (10 / 3, 10 / 9, 5 / 9))]
)
def test_class_weights_by_hand(counts, expected):
    weights = class_weights(counts)

    np.testing.assert_allclose([weights[label] for label in range(len(counts))], expected)
    assert sum(weights[label] * count for label, count in enumerate(counts)) == pytest.approx(
        sum(counts)
    )


@pytest.mark.parametrize("weighted", [True, False])
def test_the_loss_is_the_weighted_cross_entropy(run, films, weighted):
    pixels, labels = films
    settings = config(epochs=1, learning_rate=1e-12, class_weighting=weighted)
    labels = np.where(np.arange(80) % 4 == 0, 1, 0)

    model, history = run(settings, labels=labels, build=small_network)

    weights = class_weights((36, 12)) if weighted else {0: 1.0, 1: 1.0}
    each = cross_entropy(model, pixels, labels)
    expected = np.mean([weights[labels[row]] * each[row] for row in TRAIN])
    assert history["loss"][0] == pytest.approx(expected, abs=1e-5)
    assert history["val_loss"][0] == pytest.approx(each[VALIDATION].mean(), abs=1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {"schedule": "plateau", "learning_rate": 0.5},
        {"schedule": "cosine", "optimizer": "adamw", "learning_rate": 0.5},
        {"schedule": "cosine", "optimizer": "adamw", "learning_rate": 0.5, "ema_momentum": 0.7},
    ],
    ids=["plateau", "cosine", "averaged"],
)
@pytest.mark.parametrize("patience", [10, 2])
def test_the_best_epoch_s_weights_are_left(run, films, settings, patience):
    pixels, labels = films
    wrong = labels.copy()
    wrong[VALIDATION[:14]] = 1 - labels[VALIDATION[:14]]

    model, history = run(config(epochs=6, patience=patience, **settings), labels=wrong)

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


def against_what_is_learnt(labels):
    """Validation labels that get worse with every epoch of training."""
    inverted = labels.copy()
    inverted[VALIDATION] = 1 - labels[VALIDATION]
    return inverted


def test_training_stops_when_validation_stalls(run, films):
    settings = config(epochs=9, patience=2, learning_rate=0.05)

    _, history = run(settings, labels=against_what_is_learnt(films[1]), build=small_network)

    assert len(history) == best_epoch(history) + 2 < 9


def test_the_rate_falls_on_a_plateau(run, films):
    settings = config(epochs=8, learning_rate=0.05)

    _, history = run(settings, labels=against_what_is_learnt(films[1]), build=small_network)

    # Of every three epochs without a better one the next is trained with three tenths.
    stalled = np.arange(8) - history["val_loss"].idxmin() - 1
    assert stalled[-1] >= 3
    expected = 0.05 * 0.3 ** np.maximum(stalled // 3, 0)
    np.testing.assert_allclose(history["learning_rate"], expected, rtol=1e-5)


def test_the_cosine_warms_up_and_ends_at_zero(run):
    _, history = run(config(epochs=8, schedule="cosine", learning_rate=0.01))

    rates = history["learning_rate"].to_numpy()
    assert rates.argmax() == 1  # two epochs of warming up
    assert rates[1] == pytest.approx(0.01, rel=1e-5)
    assert (np.diff(rates[1:]) < 0).all()
    assert rates[-1] == pytest.approx(0, abs=1e-6)


def test_history_has_a_row_an_epoch(run, capsys):
    _, history = run(config(epochs=2))

    assert history.columns[0] == "epoch"
    measured = {"loss", "accuracy", "auc"}
    assert set(history) == {"epoch", "learning_rate"} | measured | {f"val_{n}" for n in measured}
    assert np.isfinite(history.to_numpy(float)).all()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert [line.split("  ")[0] for line in printed.err.strip().splitlines()] == [
        "epoch 1/2",
        "epoch 2/2",
    ]


def test_three_classes(run, films):
    labels = np.arange(80) % 3

    _, history = run(config(epochs=1), labels=labels, build=partial(small_network, units=3))

    assert set(history) == {
        "epoch", "learning_rate", "loss", "accuracy", "val_loss", "val_accuracy"
    }  # fmt: skip


@pytest.mark.parametrize("augmentation", ["classic", "medical"])
def test_a_seed_gives_the_same_run_again(run, augmentation):
    runs = [run(config(epochs=1, augmentation=augmentation, seed=seed)) for seed in (3, 3, 4)]

    histories = [history.to_numpy(float) for _, history in runs]
    np.testing.assert_allclose(histories[0], histories[1], rtol=1e-5)
    assert np.abs(histories[0] - histories[2]).max() > 1e-3
    for first, second in zip(runs[0][0].get_weights(), runs[1][0].get_weights(), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-5)


def test_a_preset_s_run_can_be_repeated(films, tmp_path):
    histories = []
    for number in range(2):
        settings = config(epochs=1, augmentation="classic")
        keras.utils.set_random_seed(settings.seed)
        model = PRESETS["basic-cnn"].build(
            input_shape=(SIDE, SIDE, 1), output_bias=np.zeros(1, np.float32)
        )
        history = train(
            model, *films, train_rows=TRAIN, validation_rows=VALIDATION, config=settings,
            checkpoint=tmp_path / f"{number}.weights.h5",
        )  # fmt: skip
        histories.append(history.to_numpy(float))

    np.testing.assert_allclose(*histories, rtol=1e-4)


def test_augmentation_and_training_leave_films_and_graph_alone(run, films):
    pixels = films[0].copy()
    model = small_network()
    before = [layer.name for layer in model.layers]

    run(config(epochs=1, augmentation="medical"), pixels=pixels, build=lambda: model)

    assert [layer.name for layer in model.layers] == before
    np.testing.assert_array_equal(pixels, films[0])


def test_films_are_read_from_disk_as_they_are_needed(run, films, tmp_path):
    np.save(tmp_path / "pixels.npy", films[0])
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")

    first, second = run(config(), pixels=mapped)[1], run(config())[1]

    np.testing.assert_allclose(first, second, rtol=1e-5)


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
