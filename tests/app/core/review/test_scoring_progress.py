import pytest

from app.core.review.scoring_progress import Progress


def test_rate_and_time_left_by_hand():
    progress = Progress(40, 100, known=10, seconds=10.0, running=True, cancelled=False)

    assert progress.rate == pytest.approx(3.0)
    assert progress.seconds_left == pytest.approx(20.0)
    assert Progress(10, 90, 10, 5.0, True, False).seconds_left is None
