import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from app.core.statistics.agreement import agreement

# Two abstractors who classified pregnancies (Gwet, Handbook of Inter-Rater Reliability, 4th
# edition, table 4.10; also data set cont3x3abstractors of the R package irrCAC).
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
TABLES = [ABSTRACTORS, [[20, 5], [10, 15]], [[118, 5], [2, 0]], [[4, 1, 2], [0, 7, 3], [5, 0, 9]]]


def of_table(table):
    counts = np.array(table)
    rows, columns = (one.ravel().repeat(counts.ravel()) for one in np.indices(counts.shape))
    return agreement(rows, columns, num_classes=len(counts))


def test_kappa_of_cohens_own_arithmetic():
    """Of 50 films 35 agree; by chance 0.5 x 0.6 + 0.5 x 0.4 = 0.5, so kappa is 0.2 / 0.5."""
    found = of_table([[20, 5], [10, 15]])

    assert (found.raw.successes, found.raw.total) == (35, 50)
    assert found.kappa.value == pytest.approx(0.4)


def test_both_coefficients_of_a_published_table():
    """Values and standard errors as irrCAC prints them for its data set cont3x3abstractors."""
    found = of_table(ABSTRACTORS)

    assert found.kappa.value == pytest.approx(0.7964094, abs=1e-7)
    assert found.kappa.standard_error == pytest.approx(0.05891072, abs=1e-7)
    assert found.ac1.value == pytest.approx(0.8493305, abs=1e-7)
    assert found.ac1.standard_error == pytest.approx(0.04321747, abs=1e-7)
    assert found.ac1.interval() == pytest.approx((0.7646, 0.9340), abs=1e-4)


def test_ac1_stands_where_kappa_falls():
    """Gwet's paradox: 118 of 125 agree, nearly all on one class."""
    found = of_table([[118, 5], [2, 0]])

    assert found.raw.value == pytest.approx(0.944)
    assert found.kappa.value < 0
    # (0.944 - 2 x 0.972 x 0.028) / (1 - 2 x 0.972 x 0.028)
    assert found.ac1.value == pytest.approx(0.94077, abs=1e-5)


@pytest.mark.parametrize("table", TABLES)
def test_kappa_is_that_of_scikit_learn(table):
    counts = np.array(table)
    rows, columns = (one.ravel().repeat(counts.ravel()) for one in np.indices(counts.shape))

    assert of_table(table).kappa.value == pytest.approx(cohen_kappa_score(rows, columns))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", ["kappa", "ac1"])
def test_standard_errors_are_those_of_the_delta_method(table, name):
    """Worked out from the values alone: how each responds to a little more of one cell."""
    shares = np.array(table) / np.sum(table)
    films, step = np.sum(table), 1e-6

    def value(cells):
        total, observed = cells.sum(), np.trace(cells)
        rows, columns = cells.sum(axis=1) / total, cells.sum(axis=0) / total
        mean = (rows + columns) / 2
        chance = rows @ columns if name == "kappa" else sum(mean * (1 - mean)) / (len(cells) - 1)
        return (observed / total - chance) / (1 - chance)

    slopes = np.zeros(shares.shape)
    for place in np.ndindex(*shares.shape):
        moved = np.zeros(shares.shape)
        moved[place] = step
        slopes[place] = (value(shares + moved) - value(shares - moved)) / (2 * step)
    expected = np.sqrt(((shares * slopes**2).sum() - (shares * slopes).sum() ** 2) / films)

    assert getattr(of_table(table), name).standard_error == pytest.approx(expected, rel=1e-4)


def test_full_agreement_has_no_interval():
    found = of_table([[5, 0], [0, 7]])

    assert found.kappa.value == found.ac1.value == 1
    assert found.kappa.degenerate
    assert np.isnan(found.ac1.interval()).all()


def test_one_class_only_leaves_kappa_undefined():
    found = of_table([[6, 0], [0, 0]])

    assert np.isnan(found.kappa.value)
    assert found.ac1.value == 1


def test_no_common_film_gives_nothing():
    found = agreement([], [], num_classes=2)

    assert found.raw.total == 0
    assert np.isnan([found.kappa.value, found.ac1.value]).all()
