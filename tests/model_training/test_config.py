import json
import math

import pytest

from model_training.config import TrainingConfig
from model_training.networks.usual_settings import PRESET_NAMES


def test_changes_that_are_not_given_keep_the_preset_s_value():
    config = TrainingConfig.from_preset("basic-cnn", epochs=3, batch_size=None, seed=0)

    assert (config.epochs, config.batch_size, config.seed) == (3, 16, 0)


def test_probreathe_is_the_published_recipe():
    config = TrainingConfig.from_preset("probreathe")

    assert (config.image_size, config.channels, config.optimizer) == (150, 1, "rmsprop")


@pytest.mark.parametrize("name", PRESET_NAMES)
def test_every_preset_is_a_flat_record(name):
    record = TrainingConfig.from_preset(name).as_dict()

    assert record["preset"] == name
    assert json.loads(json.dumps(record)) == record


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image_size": 5}, "from 32 to 2,048. Received image_size=5"),
        ({"image_size": 64.5}, "whole number"),
        ({"epochs": 0}, "from 1 to 10,000. Received epochs=0"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"patience": -1}, "patience=-1"),
        ({"seed": -1}, "seed=-1"),
        ({"seed": 2**32}, "seed=4294967296"),
        ({"learning_rate": 0.0}, "above 0"),
        ({"learning_rate": float("nan")}, "above 0"),
        ({"validation_fraction": 0.0}, "between 0 and 1. Received validation_fraction=0"),
        ({"validation_fraction": 1.5}, "validation_fraction=1.5"),
        ({"test_fraction": 1.0}, "test_fraction=1"),
        ({"validation_fraction": 0.5, "test_fraction": 0.5}, "Received 0.5 \\+ 0.5"),
        ({"channels": 2}, "channels=2"),
        ({"fit": "crop"}, "fit='crop'"),
        ({"optimizer": "lion"}, "optimizer='lion'"),
        ({"schedule": "steps"}, "schedule='steps'"),
        ({"augmentation": "strong"}, "augmentation='strong'"),
        ({"augment": "rotation=400"}, "between 0 and 180. Received rotation=400"),
        ({"imbalance": "smote"}, "imbalance='smote'"),
        ({"precision": "half"}, "precision='half'"),
        ({"leaks": "ignore"}, "leaks='ignore'"),
        ({"frozen_epochs": 31}, "from 0 to 30. Received frozen_epochs=31"),
        ({"fine_tuning_rate": 0.0}, "`fine_tuning_rate` must be above 0"),
        ({"warmup_epochs": -1.0}, "`warmup_epochs` must be 0 or more"),
        ({"weight_decay": -1.0}, "weight_decay=-1.0"),
        ({"weight_decay": math.nan}, "weight_decay=nan"),
        ({"filters": (8, 16)}, "Only the preset 'custom-cnn' or 'residual' takes .'filters'."),
        ({"kernels": (3,)}, "Only the preset 'custom-cnn' takes .'kernels'."),
        ({"reductions": (2,)}, "Only the preset 'residual' takes .'reductions'."),
        ({"threshold_rule": "best"}, "best"),
    ],
)
def test_a_setting_out_of_range_is_named_before_training(change, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig.from_preset("basic-cnn", **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kernels": (0,)}, r"Received kernels=\[0\]"),
        ({"dropouts": (1.5,)}, "`dropouts` must be at least 0 and below 1. Received 1.5"),
        ({"filters": (0,)}, r"above 0. Received filters=\[0\]"),
        ({"filters": (8, 16), "kernels": (3, 3, 3)}, r"1 to 2 values.*Received kernels="),
        ({"dense_dropout": 2.0}, "`dense_dropout` must be at least 0 and below 1. Received 2.0"),
        ({"dense_units": -1}, "`dense_units` must be 0 or more. Received dense_units=-1"),
        ({"filters": (8,) * 7, "image_size": 48}, "at least 128 x 128 pixels.*of 48 x 48"),
        ({"normalisation": "bach"}, "Did you mean 'batch'"),
        ({"head": "global"}, "Received head='global'"),
    ],
)
def test_an_impossible_custom_cnn_is_refused_without_keras(change, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig.from_preset("custom-cnn", **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"filters": (8, 16)}, r"5 whole numbers above 0. Received filters=\[8, 16\]"),
        ({"filters": (8, 8, 8, 8, 0)}, "5 whole numbers above 0"),
        ({"reductions": (0,)}, r"`reductions` must be whole numbers above 0. Received \[0\]"),
        ({"reductions": (1, 2), "image_size": 80}, "a multiple of 32, and at least 64. Received"),
        ({"reductions": (3,), "image_size": 48}, "a multiple of 48, and at least 96. Received"),
        (
            {"margin": (12,), "image_size": 96},
            r"multiples of 8 and leave .* Received margin=\[12\]",
        ),
        ({"margin": (8, 12), "image_size": 96}, r"multiples of 8 .* Received margin=\[8, 12\]"),
        ({"margin": (8, 8, 8), "image_size": 96}, "one number, or two: above and below, and at"),
        (
            {"margin": (8,), "image_size": 96, "reductions": (2,)},
            "`image_size` must be, without its `margin`, a",
        ),
        ({"margin": (8, 32), "image_size": 80}, "a multiple of 16 pixels in the middle, at least"),
        (
            {"training_size": 112, "image_size": 96},
            "at most the `image_size`, .* Received training_size=112",
        ),
        ({"training_margin": (8,)}, r"needs a `training_size`, .* Received training_margin=\[8\]"),
        (
            {"training_size": 64, "training_margin": (12,), "image_size": 96},
            r"`training_margin` must .* training_margin=\[12\] of training_size=64",
        ),
        ({"training_size": 16}, "`training_size` must be a whole number from 32"),
        ({"dense_units": 8}, "Only the preset 'custom-cnn' takes .'dense_units'."),
    ],
)
def test_an_impossible_residual_network_is_refused_without_keras(change, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig.from_preset("residual", **change)


def test_a_network_may_be_trained_on_smaller_films_and_with_another_margin():
    config = TrainingConfig.from_preset(
        "residual", image_size=80, margin=(16, 8), training_size=64, training_margin=(8,)
    )

    assert config.architecture == {"margin": (16, 8)}
    assert config.architecture_in_training == {"margin": (8,), "reduced_to": 64}


def test_a_network_is_trained_as_it_is_used_unless_told_otherwise():
    config = TrainingConfig.from_preset("residual", margin=(16,), image_size=80)

    assert config.architecture_in_training == config.architecture == {"margin": (16,)}


def test_folds_take_seeds_and_reductions_in_turn():
    config = TrainingConfig.from_preset("residual", seed=7, reductions=(1, 2))

    folds = [config.of_fold(number) for number in range(3)]

    assert [fold.seed for fold in folds] == [7, 8, 9]
    assert [fold.architecture["reduction"] for fold in folds] == [1, 2, 1]
    assert "reduction" not in TrainingConfig.from_preset("residual").of_fold(1).architecture
    assert config.as_dict()["reductions"] == "1, 2"


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(ValueError, match="'basic-cnn', 'probreathe', 'residual'"):
        TrainingConfig.from_preset("resnet")


def test_a_misspelt_preset_suggests_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'probreathe'"):
        TrainingConfig.from_preset("probreath")


def test_an_architecture_is_configuration():
    config = TrainingConfig.from_preset("custom-cnn", filters=(8, 16), head="flatten")

    assert config.architecture == {"filters": (8, 16), "head": "flatten"}
    assert config.as_dict()["filters"] == "8, 16"


def test_only_the_name_of_a_weights_file_is_recorded():
    config = TrainingConfig.from_preset("squeezenet", weights="/home/mustermann/squeezenet.h5")

    assert config.as_dict()["weights"] == "squeezenet.h5"
    assert config.weights == "/home/mustermann/squeezenet.h5"
