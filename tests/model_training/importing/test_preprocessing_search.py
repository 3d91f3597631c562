"""The search finds planted preprocessing, or says that the images do not tell."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from app.core.networks.network import Network
from benchmarks.preprocessing import found, is_right, pictures, wrap
from model_training.importing.preprocessing import Setting, settings_for
from model_training.importing.preprocessing_report import report
from model_training.importing.preprocessing_search import examine

pytestmark = pytest.mark.filterwarnings("ignore")


def brightness_network(width: float, middle: float) -> Network:
    """Says how bright an image is: the logit is `width` at `middle` and one unit above."""
    pixels = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(1, 1, name="last")(pixels)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(pixels, keras.layers.Dense(1, activation="sigmoid")(x))
    model.get_layer("last").set_weights([np.full((1, 1, 3, 1), 1 / 3), -np.array([middle])])
    model.layers[-1].set_weights([np.full((1, 1), width), np.zeros(1)])
    return Network(model, "last")


def bright_films(number: int = 60) -> tuple[np.ndarray, np.ndarray, list[str]]:
    rng = np.random.default_rng(0)
    labels = np.arange(number) % 2
    films = rng.normal(110, 20, (number, 16, 16, 3)) + 40 * labels[:, None, None, None]
    films += rng.normal(0, 25, (number, 1, 1, 1))
    patients = [f"P{at // 2}" for at in range(number)]
    return np.clip(films, 0, 255).astype(np.uint8), labels[:, None].astype(np.float32), patients


def test_every_scale_and_order_of_colours_is_tried_once():
    assert len(settings_for(3, "pad")) == len(set(settings_for(3, "pad"))) == 12
    assert [one.scale for one in settings_for(1, "stretch")] == [
        "0..255", "0..1", "-1..1", "per-image",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("planted", [Setting("-1..1", True), Setting("imagenet")])
def test_batch_normalisation_remembers_the_planted_setting(planted):
    wrapping = wrap(planted, normalised=True, seed=3)

    examination = found(wrapping, 80, seed=1_003)

    assert is_right(examination, planted)
    assert examination.is_sure
    assert f"Pixels are given as {planted}: told from every other" in report(examination)


def test_settings_of_the_same_order_are_not_told_apart():
    films, labels, patients = bright_films()

    examination = examine(brightness_network(1.0, 0.0), {"stretch": films}, labels, patients)

    assert not examination.is_sure
    assert Setting("0..1") in {examination.best, *examination.rivals}
    assert "Nothing was chosen" in report(examination)
    assert "differences can be chance" in report(examination)


def test_classes_the_other_way_round_are_said_and_never_turned():
    films, labels, patients = bright_films()

    examination = examine(brightness_network(-0.05, 120.0), {"stretch": films}, labels, patients)

    assert not examination.is_sure
    assert any("in another order than the outputs" in one for one in examination.odd)


def red_network_and_films() -> tuple[Network, np.ndarray, np.ndarray, list[str]]:
    """Says the opposite of what red says, on films whose blue says a little of it."""
    films, labels, patients = bright_films(120)
    blue = 110 - 8 * labels[:, :1] + np.random.default_rng(1).normal(0, 15, (120, 1))
    films[..., 2] = np.clip(blue, 0, 255)[:, :, np.newaxis].astype(np.uint8)
    network = brightness_network(-0.05, 0.0)
    network.model.get_layer("last").set_weights([np.eye(3)[:1].reshape(1, 1, 3, 1), np.zeros(1)])
    return network, films, labels, patients


def test_a_setting_that_turns_the_answers_does_not_hide_an_order_of_classes():
    network, films, labels, patients = red_network_and_films()

    examination = examine(network, {"stretch": films}, labels, patients)

    assert examination.tried[0].aucs.value > 0.9  # per image, with red and blue exchanged
    assert any("if the classes are in another order" in one for one in examination.odd)


def test_settings_that_turn_less_than_others_are_not_the_best(monkeypatch):
    monkeypatch.setattr("model_training.importing.preprocessing.SCALES", ("0..255", "0..1"))
    network, films, labels, patients = red_network_and_films()

    examination = examine(network, {"stretch": films}, labels, patients)

    assert max(one.aucs.value for one in examination.tried) > 0.6
    assert examination.tried[0].aucs.value < 0.3
    assert not examination.is_sure
    assert any("seem to be in another order" in one for one in examination.odd)


def test_a_network_that_always_says_the_same():
    films, labels, patients = bright_films()

    examination = examine(brightness_network(0.0, 0.0), {"stretch": films}, labels, patients)

    assert not examination.is_sure
    assert "The answer is the same for every film." in examination.odd


def test_saturated_answers_are_said():
    films, labels, patients = bright_films()

    examination = examine(brightness_network(1e4, 120.0), {"stretch": films}, labels, patients)

    assert any("0 or 1 to six digits" in one for one in examination.odd)


def test_colours_of_grey_films_have_no_effect():
    films, labels, patients = bright_films()
    films[...] = films[..., :1]

    examination = examine(brightness_network(0.05, 120.0), {"stretch": films}, labels, patients)

    assert examination.best.scale not in ("imagenet", "caffe")
    assert Setting(examination.best.scale, not examination.best.blue_first) in examination.same


def test_another_fit_is_chosen_only_if_it_is_better():
    films, labels, patients = bright_films()
    noise = np.random.default_rng(1).integers(0, 256, films.shape).astype(np.uint8)
    network = brightness_network(0.05, 120.0)

    better = examine(network, {"stretch": noise, "pad": films}, labels, patients)
    same = examine(network, {"stretch": films, "pad": films}, labels, patients)

    assert better.best.fit == "pad"
    assert same.best.fit == "stretch"
    assert any("makes no difference beyond chance" in one for one in same.odd)


def test_pictures_are_as_uneven_as_their_labels():
    films, labels = pictures(200, seed=0)

    assert films.shape == (200, 32, 32, 3)
    assert 0.3 < labels.mean() < 0.7
