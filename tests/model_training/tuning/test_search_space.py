"""Reading `--search`, and checking it by the settings themselves."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from model_training.config import TrainingConfig
from model_training.tuning.search_space import Choices, Range, grid, parse_search, with_values

BASE = TrainingConfig.from_preset("basic-cnn")
LADDER = TrainingConfig.from_preset("custom-cnn")
RESIDUAL = TrainingConfig.from_preset("residual")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("epochs=10,20,30", Choices("epochs", (10, 20, 30))),
        ("batch-size = 16, 32", Choices("batch_size", (16, 32))),
        ("epochs=10,10,5", Choices("epochs", (10, 5))),
        ("learning_rate=1e-3,0.01", Choices("learning_rate", (0.001, 0.01))),
        ("learning_rate=1e-4..1e-2:log", Range("learning_rate", 1e-4, 1e-2, log=True)),
        ("epochs=5..30", Range("epochs", 5, 30, log=False)),
        ("augmentation=none,medical", Choices("augmentation", ("none", "medical"))),
        ("augment=noise=0, zoom=0|noise=1", Choices("augment", ("noise=0, zoom=0", "noise=1"))),
        ("channels=1,3", Choices("channels", (1, 3))),
        ("ema_momentum=none,0.99", Choices("ema_momentum", (None, 0.99))),
        ("seed=0,1,2", Choices("seed", (0, 1, 2))),
    ],
)  # fmt: skip
def test_values_are_read_as_their_setting_has_them(text, expected):
    [found] = parse_search([text], BASE)

    assert found == expected
    if isinstance(found, Choices):
        assert [type(value) for value in found.values] == [type(v) for v in expected.values]


def test_lists_are_written_with_slashes():
    [filters] = parse_search(["filters=16/32,32/64/128"], LADDER)

    assert filters.values == ("16/32", "32/64/128")
    assert with_values(LADDER, {"filters": "32/64/128"}).filters == (32, 64, 128)
    [dropouts] = parse_search(["dropouts=0.1/0.25"], LADDER)
    assert with_values(LADDER, {"dropouts": dropouts.values[0]}).dropouts == (0.1, 0.25)


def test_none_is_a_value_where_the_setting_has_one():
    [found] = parse_search(["normalisation=none,batch"], LADDER)

    assert found.values == ("none", "batch")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs", "takes SETTING=VALUES, such as epochs=10,20,30. Received 'epochs'"),
        ("epochs=", "takes SETTING=VALUES"),
        ("epoch=1,2", "no setting 'epoch' to search. Did you mean 'epochs'?"),
        ("epochs=ten", "`epochs` takes whole numbers. Received 'ten'"),
        ("epochs=1.5,2", "`epochs` takes whole numbers. Received '1.5'"),
        ("epochs=10,,20", "`epochs` takes whole numbers. Received ''"),
        ("epochs=0,10", "Received epochs=0"),
        ("learning_rate=-1,1", "learning_rate=-1.0"),
        ("learning_rate=nan", "learning_rate=nan"),
        ("learning_rate=1e-2..1e-4", "with LOW below HIGH"),
        ("learning_rate=0..1:log", "above 0 if logarithmic"),
        ("learning_rate=1e-4..1e-2:ln", "LOW..HIGH:log"),
        ("learning_rate=..1", "`learning_rate` takes numbers. Received ''"),
        ("epochs=1..99999", "Received epochs=99999"),
        ("optimizer=adam..sgd", "`optimizer` is not a number. List its values"),
        ("optimizer=adam,adamm", "Did you mean 'adam'?"),
        ("augmentation=strong", "strong"),
        ("test_fraction=0.1,0.2", "the same for all trials"),
        ("threshold_rule=half,youden", "does not affect the trials"),
        ("filters=16/32", "Only the preset 'custom-cnn' or 'residual' takes"),
    ],
)
def test_impossible_searches_are_refused_before_training(text, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is what matters)
        parse_search([text], BASE)

    assert message in str(caught.value)


def test_a_setting_is_searched_once():
    with pytest.raises(ValueError, match=r"\['epochs'\] are searched twice"):
        parse_search(["epochs=1,2", "epochs=3"], BASE)


SEARCHED = {
    "preset": "custom-cnn", "image_size": "64..128", "epochs": "1,2", "batch_size": "8,16",
    "optimizer": "adam,sgd", "learning_rate": "1e-4..1e-2:log", "schedule": "cosine,plateau",
    "augmentation": "none,classic", "augment": "rotation=5|rotation=1", "imbalance": "none,both",
    "ema_momentum": "none,0.9", "channels": "1,3", "fit": "pad,stretch", "patience": "3,5",
    "decay_epochs": "1..5", "warmup_epochs": "0,1", "weight_decay": "0.01..0.1:log",
    "weights": "none,imagenet", "frozen_epochs": "0,1", "unfreeze_from": "conv3",
    "fine_tuning_rate": "1e-5..1e-3:log", "reductions": "1,2", "margin": "16,24/8",
    "training_size": "none,64", "training_margin": "8,8/8",
    "filters": "8/16,16/32", "kernels": "3/2",
    "dropouts": "0/0.1", "normalisation": "batch,none", "head": "average,flatten",
    "dense_units": "none,32", "dense_dropout": "0..0.5", "precision": "float32,auto",
    "seed": "0,1,2",
}  # fmt: skip


@pytest.mark.parametrize("name", [field.name for field in fields(TrainingConfig)])
def test_every_setting_can_be_searched_or_says_why_not(name):
    if name not in SEARCHED:
        with pytest.raises(ValueError, match=f"`{name}` cannot be searched"):
            parse_search([f"{name}=1,2"], LADDER)
        return

    of_residual = ("reductions", "margin", "training_size", "training_margin")
    base = RESIDUAL if name in of_residual else LADDER
    if name == "training_margin":
        base = replace(base, training_size=64)
    [dimension] = parse_search([f"{name}={SEARCHED[name]}"], base)

    assert len({str(with_values(base, {name: v})) for v in dimension.examples}) == len(
        dimension.examples
    )


def test_the_classic_grid():
    dimensions = parse_search(["epochs=10,20,30", "batch_size=16,32,64"], BASE)

    assert grid(dimensions, BASE) == {"epochs": [10, 20, 30], "batch_size": [16, 32, 64]}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["epochs=1,2", "learning_rate=1e-4..1e-2"], r"\['learning_rate'\] are ranges"),
        (["seed=" + ",".join(map(str, range(101))), "epochs=" + ",".join(map(str, range(1, 101)))],
         "10,100 combinations; the limit is 10,000"),
        (["epochs=2,8", "frozen_epochs=0,5"], "Received frozen_epochs=5"),
        (["filters=8/16,8/16/32", "kernels=3,3/3/3"], "1 to 2 values.*Received kernels="),
        (["filters=8/16,8/8/8/8/8/8/8", "image_size=64,160"], "at least 128 x 128.*of 64 x 64"),
    ],
)  # fmt: skip
def test_a_grid_is_checked_as_a_whole(texts, message):
    base = LADDER if "filters" in texts[0] else BASE
    dimensions = parse_search(texts, base)

    with pytest.raises(ValueError, match=message):
        grid(dimensions, base)


def test_a_value_may_need_one_of_another_setting():
    dimensions = parse_search(["kernels=3/3/3/3/5", "filters=8/8/8/8/8"], LADDER)

    assert grid(dimensions, LADDER) == {"kernels": ["3/3/3/3/5"], "filters": ["8/8/8/8/8"]}
    with pytest.raises(ValueError, match="1 to 4 values"):
        parse_search(["kernels=3/3/3/3/5", "seed=1,2"], LADDER)


def test_the_settings_beside_a_trials_values_stay():
    config = with_values(BASE, {"epochs": 3, "ema_momentum": 0.9})

    assert (config.epochs, config.ema_momentum) == (3, 0.9)
    assert config.as_dict() | {"epochs": 30, "ema_momentum": None} == BASE.as_dict()
