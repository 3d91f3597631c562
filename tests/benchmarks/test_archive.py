"""The simulation of a cluster against what can be worked out by hand."""

import pytest

from benchmarks.archive import Cluster, simulate


def cluster(**changes):
    settings = {
        "machines": 4, "cores": 4, "core_rate": 50.0, "driver_rate": 1e6, "megabytes": 0.3,
        "bandwidth": 1e6, "latency": 0.0,
    }  # fmt: skip
    return Cluster(**(settings | changes))


def test_cores_alone_add_up():
    assert simulate(cluster()) == pytest.approx(16 * 50, rel=0.03)


def test_the_storage_is_the_limit_where_it_gives_less():
    assert simulate(cluster(bandwidth=60.0)) == pytest.approx(200, rel=0.03)


def test_the_driver_is_the_limit_where_it_takes_less():
    assert simulate(cluster(driver_rate=300.0)) == pytest.approx(300, rel=0.03)


def test_a_wait_shorter_than_a_batch_takes_costs_nothing():
    """A batch of 8 takes a core 0.16 s, and the next one is read meanwhile."""
    assert simulate(cluster(latency=0.1)) == pytest.approx(16 * 50, rel=0.04)


def test_a_longer_wait_decides():
    assert simulate(cluster(latency=0.8)) == pytest.approx(16 * 8 / 0.8, rel=0.05)
