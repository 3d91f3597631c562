import keras
import numpy as np
import pytest
from keras import layers

from app.core.errors import WeightsError
from model_training.evaluation.evaluation import best_epoch
from model_training.networks.catalogue import PRESETS
from model_training.training.batches import TrainingBatches
from model_training.training.loop import train
from model_training.training.stages import check_stages, plan_stages
from tests.model_training.training.small_runs import (
    TRAIN,
    VALIDATION,
    config,
    cross_entropy,
    small_network,
)

pytestmark = pytest.mark.slow


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


def test_each_stage_trains_its_own_layers(films, tmp_path):
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


def test_a_missing_layer_is_refused_before_the_first_stage():
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
