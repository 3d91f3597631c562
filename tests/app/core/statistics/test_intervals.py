import numpy as np
import pytest

from app.core.statistics import bootstrap, intervals


@pytest.fixture
def sample():
    random = np.random.default_rng(1)
    truth = (random.random((2000, 3)) < 0.4).astype(float)
    score = 1 / (1 + np.exp(-random.normal(truth, 1.0)))
    truth[random.random(truth.shape) < 0.2] = np.nan
    truth[:, 0] = np.nan_to_num(truth[:, 0])
    return truth, score, random.integers(0, 700, 2000)


def found(truth, score, groups):
    one, share = truth[:, 0], score[:, 0]
    mean, each = intervals.aucs(truth, score, groups=groups)
    return [
        *intervals.areas(one, share, groups=groups),
        intervals.auc(one, share, groups=groups),
        intervals.brier(one, share, groups=groups),
        mean,
        *each,
    ]


def test_large_samples_have_the_intervals_of_smaller_ones_without_resampling(sample, monkeypatch):
    drawn = found(*sample)
    monkeypatch.setattr(bootstrap, "MANY_CASES", 2000)

    known = found(*sample)

    assert len(drawn) == 8
    for slow, fast in zip(drawn, known, strict=True):
        assert (slow.num_resamples, fast.num_resamples) == (1000, 0)
        assert fast.value == pytest.approx(slow.value, abs=1e-12)
        width = slow.high - slow.low
        assert (fast.low, fast.high) == pytest.approx((slow.low, slow.high), abs=0.1 * width)
