import numpy as np
import pytest

from model_training.evaluation.evaluation import best_epoch
from tests.model_training.training.small_runs import against_what_is_learnt, config, small_network

pytestmark = pytest.mark.slow


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


def test_the_exponential_rate_is_a_tenth_after_so_many_epochs(run):
    _, history = run(config(epochs=5, schedule="exponential", decay_epochs=4, learning_rate=0.01))

    rates = history["learning_rate"].to_numpy()
    np.testing.assert_allclose(rates, 0.01 * 0.1 ** (np.arange(5) / 4), rtol=1e-5)
