import numpy as np
import pytest

from model_training.config import TrainingConfig
from model_training.training.batches import TrainingBatches, validation_batches


@pytest.fixture(scope="module")
def films():
    """Each film is filled with its own number, so that a batch shows which films it holds."""
    pixels = np.broadcast_to(np.arange(60, dtype=np.uint8)[:, None, None, None], (60, 32, 32, 1))
    labels = (np.arange(60) >= 48).astype(np.int64)
    return pixels.copy(), labels


def batches(films, *, num_classes=2, labels=None, rows=None, **changes):
    usual = {"batch_size": 8, "augmentation": "none", "imbalance": "none", "seed": 4}
    config = TrainingConfig.from_preset("basic-cnn", **usual | changes)
    rows = np.arange(60) if rows is None else rows
    labels = films[1] if labels is None else labels
    return TrainingBatches(films[0], labels, rows, config=config, num_classes=num_classes)


def read(batches, epoch=0):
    batches.start_epoch(epoch)
    return [tuple(np.asarray(part) for part in batch) for batch in batches.dataset()]


def numbers(read):
    return np.concatenate([images[:, 0, 0, 0] for images, _, _ in read]).astype(int)


def test_an_epoch_holds_each_film_once_in_a_new_order(films):
    source = batches(films)
    first, second = numbers(read(source, 0)), numbers(read(source, 1))

    assert sorted(first) == sorted(second) == list(range(60))
    assert (first != second).any()
    assert source.num_steps == len(read(source)) == 8


def test_targets_and_weights_belong_to_their_films(films):
    for images, targets, weights in read(batches(films, imbalance="weights")):
        positive = images[:, 0, 0, 0] >= 48
        np.testing.assert_array_equal(targets[:, 0], positive)
        np.testing.assert_allclose(weights, np.where(positive, 60 / 24, 60 / 96))


def test_three_classes_get_a_target_each(films):
    labels = np.arange(60) % 3

    for images, targets, _ in read(batches(films, num_classes=3, labels=labels)):
        np.testing.assert_array_equal(targets.argmax(axis=1), images[:, 0, 0, 0] % 3)
        np.testing.assert_array_equal(targets.sum(axis=1), 1)


@pytest.mark.parametrize("augmentation", ["classic", "medical", "mixup", "cutmix"])
def test_an_epoch_follows_from_its_number_alone(films, augmentation):
    straight = batches(films, augmentation=augmentation)
    epochs = [read(straight, epoch) for epoch in range(3)]

    resumed = read(batches(films, augmentation=augmentation), 2)

    for expected, found in zip(epochs[2], resumed, strict=True):
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_array_equal(one, other)
    assert np.abs(epochs[1][0][0] - epochs[2][0][0]).mean() > 0.1


def test_a_film_drawn_twice_is_changed_twice(films):
    rows = np.array([5] * 4 + [50] * 4)

    [(images, _, _)] = read(batches(films, rows=rows, augmentation="medical"))

    assert len(np.unique(images.reshape(8, -1), axis=0)) == 8


@pytest.mark.parametrize(
    ("imbalance", "rare"), [("none", 12), ("weights", 12), ("both", 20), ("oversample", 30)]
)
def test_classes_are_drawn_as_often_as_is_asked(films, imbalance, rare):
    drawn = numbers(read(batches(films, imbalance=imbalance)))

    assert len(drawn) == 60
    assert (drawn >= 48).sum() == rare
    assert set(drawn[drawn >= 48]) == set(range(48, 60))


def test_validation_is_read_in_order_and_unchanged(films):
    read = list(validation_batches(*films, np.array([50, 3, 7]), batch_size=2, num_classes=2))

    images = np.concatenate([np.asarray(images) for images, _ in read])
    targets = np.concatenate([np.asarray(targets) for _, targets in read])
    np.testing.assert_array_equal(images[:, 0, 0, 0], [50, 3, 7])
    np.testing.assert_array_equal(targets[:, 0], [1, 0, 0])


def test_augmentation_leaves_the_films_alone(films):
    before = films[0].copy()

    read(batches(films, augmentation="cutmix"))

    np.testing.assert_array_equal(films[0], before)
