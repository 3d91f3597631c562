import shutil
from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from app.core.errors import DatasetError, WeightsError
from model_training.config import TrainingConfig
from model_training.evaluation.evaluation import best_epoch
from model_training.networks.catalogue import PRESETS
from model_training.training.batches import TrainingBatches, class_weights
from model_training.training.loop import check_stages, initial_output_bias, plan_stages, train
from model_training.training.resume import KeepBest, load_best

pytestmark = pytest.mark.slow

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
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        (tmp_path / "run").mkdir()
        shown = films[0] if pixels is None else pixels
        truth = films[1] if labels is None else labels
        return model, trained(model, shown, truth, settings, tmp_path / "run")

    return run


def trained(model, pixels, labels, settings, folder):
    """The history of a run on the first films, validated on the others."""
    num_classes = max(model.output_shape[-1], 2)
    batches = TrainingBatches(pixels, labels, TRAIN, config=settings, num_classes=num_classes)
    return train(model, batches, (pixels, labels, VALIDATION), config=settings, folder=folder)


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


def test_the_cosine_warms_up_and_falls_and_each_epoch_shows_its_first_rate(run):
    _, history = run(config(epochs=8, schedule="cosine", learning_rate=0.01))

    # Two epochs of warming up from a twentieth, then half a cosine over six.
    expected = [0.0005, 0.00525, *(0.01 * (1 + np.cos(np.pi * np.arange(6) / 6)) / 2)]
    np.testing.assert_allclose(history["learning_rate"], expected, rtol=1e-4)


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


def test_three_classes(run, films):
    labels = np.arange(80) % 3

    _, history = run(config(epochs=1), labels=labels, build=partial(small_network, units=3))

    assert set(history) == {
        "epoch", "learning_rate", "stage", "loss", "accuracy", "val_loss", "val_accuracy"
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
        (tmp_path / str(number)).mkdir()
        history = trained(model, *films, settings, tmp_path / str(number))
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


def test_the_exponential_rate_is_a_tenth_after_so_many_epochs(run):
    _, history = run(config(epochs=5, schedule="exponential", decay_epochs=4, learning_rate=0.01))

    rates = history["learning_rate"].to_numpy()
    np.testing.assert_allclose(rates, 0.01 * 0.1 ** (np.arange(5) / 4), rtol=1e-5)


def test_the_constant_rate_stays(run):
    _, history = run(config(epochs=3, schedule="constant", learning_rate=0.01))

    np.testing.assert_allclose(history["learning_rate"], 0.01, rtol=1e-6)


def plan(backbone_end="out", **changes):
    settings = {"epochs": 10, "weights": "w.h5", "learning_rate": 1e-3, "fine_tuning_rate": 1e-5}
    return plan_stages(config(**settings | changes), backbone_end)


def test_the_head_learns_first_and_the_backbone_then_more_slowly():
    head, tuned = plan(frozen_epochs=3, unfreeze_from="block5")

    assert (head.start, head.end, head.learning_rate, head.frozen_until) == (0, 3, 1e-3, "out")
    assert (tuned.start, tuned.end, tuned.learning_rate) == (3, 10, 1e-5)
    assert tuned.frozen_until == "block5"


def test_a_backbone_may_stay_frozen_or_learn_from_the_start():
    [head] = plan(frozen_epochs=10)
    [tuned] = plan(frozen_epochs=0)

    assert (head.end, head.frozen_until) == (10, "out")
    assert (tuned.start, tuned.end, tuned.learning_rate, tuned.frozen_until) == (0, 10, 1e-3, None)


@pytest.mark.parametrize("changes", [{"frozen_epochs": 2}, {"unfreeze_from": "block5"}])
def test_nothing_is_frozen_that_is_trained_from_scratch(changes):
    with pytest.raises(ValueError, match="only in a pre-trained backbone"):
        plan(weights="none", **changes)


def test_two_stages_train_what_they_say(films, tmp_path):
    """A frozen layer does not move in the first stage and does in the second."""
    model = small_network()
    convolved = layers.Conv2D(2, 3, name="body")(model.input)
    pooled = layers.GlobalAveragePooling2D()(layers.ReLU(name="out")(convolved))
    model = keras.Model(model.input, layers.Dense(1, activation="sigmoid")(pooled))
    settings = config(epochs=4, weights="w.h5", frozen_epochs=2, schedule="constant")
    kernels = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kernels.append(np.array(self.model.get_layer("body").kernel))

    batches = TrainingBatches(*films, TRAIN, config=settings, num_classes=2)
    history = train(
        model, batches, (*films, VALIDATION), config=settings, folder=tmp_path,
        backbone_end="out", callbacks=[Watch()],
    )  # fmt: skip

    assert history["stage"].tolist() == [1, 1, 2, 2]
    np.testing.assert_allclose(history["learning_rate"], [1e-3, 1e-3, 1e-4, 1e-4], rtol=1e-6)
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert np.abs(kernels[3] - kernels[1]).max() > 0


def test_a_later_stage_that_is_worse_does_not_replace_the_best_weights(films, tmp_path):
    model = small_network()
    convolved = layers.ReLU(name="out")(layers.Conv2D(2, 3, name="body")(model.input))
    pooled = layers.Flatten()(layers.AveragePooling2D(6)(layers.Rescaling(1 / 255)(convolved)))
    model = keras.Model(model.input, layers.Dense(1, activation="sigmoid")(pooled))
    settings = config(
        epochs=5, weights="w.h5", frozen_epochs=3, schedule="constant", learning_rate=0.02,
        fine_tuning_rate=3.0,
    )  # fmt: skip
    batches = TrainingBatches(*films, TRAIN, config=settings, num_classes=2)

    history = train(
        model, batches, (*films, VALIDATION), config=settings, folder=tmp_path, backbone_end="out"
    )

    best = best_epoch(history)
    assert best <= 3 < len(history)
    left = cross_entropy(model, films[0][VALIDATION], films[1][VALIDATION]).mean()
    assert left == pytest.approx(history["val_loss"][best - 1], abs=1e-4)
    assert left != pytest.approx(history["val_loss"][3], abs=1e-2)


def test_a_layer_that_is_not_there_is_known_before_the_first_stage():
    model = PRESETS["squeezenet"].build(
        input_shape=(64, 64, 1), output_bias=np.zeros(1, np.float32)
    )
    settings = config(epochs=3, weights="w.h5", frozen_epochs=1, unfreeze_from="fire10")

    with pytest.raises(WeightsError, match=r"^--unfreeze-from.*'fire10'.*Did you mean"):
        check_stages(model, settings, "fire9")


@pytest.mark.parametrize(
    ("preset", "layer"), [("squeezenet", "fire9"), ("mobilenetv2", "Conv_1_bn")]
)
def test_a_layer_behind_which_nothing_learns_is_refused(preset, layer):
    model = PRESETS[preset].build(input_shape=(32, 32, 1), output_bias=np.zeros(1, np.float32))
    settings = config(epochs=3, weights="w.h5", frozen_epochs=1, unfreeze_from=layer)

    with pytest.raises(WeightsError, match=f"^--unfreeze-from {layer} leaves nothing"):
        check_stages(model, settings, PRESETS[preset].backbone_end)


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
