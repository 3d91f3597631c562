import numpy as np
import pytest

from model_training.data.stratification import stratify


def groups(seed, *, num_groups=120, num_labels=5):
    """Images of each group with each label, common ones first, and of all images last."""
    generator = np.random.default_rng(seed)
    images = generator.integers(1, 4, num_groups)
    shown = generator.random((num_groups, num_labels)) < np.linspace(0.5, 0.08, num_labels)
    return np.column_stack([shown * images[:, None], images])


@pytest.mark.parametrize("fractions", [[0.7, 0.15, 0.15], [1, 1, 1, 1, 1]])
@pytest.mark.parametrize("seed", range(5))
def test_every_label_gets_its_fraction(fractions, seed):
    counts, fractions = groups(seed), np.array(fractions, float)

    parts = stratify(counts, fractions, np.random.default_rng(seed))

    found = np.array([counts[parts == part].sum(axis=0) for part in range(len(fractions))])
    wanted = fractions[:, None] / fractions.sum() * counts.sum(axis=0)
    # The rarest label, whose groups are assigned first, to within about one group.
    assert np.abs(found - wanted)[:, -2].max() <= 3
    by_chance = np.random.default_rng(seed).permutation(parts)
    chance = np.array([counts[by_chance == part].sum(axis=0) for part in range(len(fractions))])
    assert np.abs(found - wanted).sum() < 0.6 * np.abs(chance - wanted).sum()


def test_two_groups_with_a_rare_label_are_parted():
    counts = np.array([[1, 1], [0, 1], [0, 1], [1, 1], [0, 1], [0, 1]])

    for seed in range(10):
        parts = stratify(counts, np.ones(2), np.random.default_rng(seed))
        assert parts[0] != parts[3]
        assert np.bincount(parts).tolist() == [3, 3]


def test_the_seed_decides():
    counts = groups(0)
    first, again, other = (
        stratify(counts, np.ones(3), np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_groups_without_labels_are_divided_too():
    parts = stratify(np.zeros((100, 2), int), np.array([0.5, 0.5]), np.random.default_rng(0))
    assert set(parts.tolist()) == {0, 1}
