import pytest


def test_journeys_stay_together_and_other_tests_with_their_file():
    pytest.importorskip("xdist", reason="pytest-xdist is not installed: pip install -e '.[dev]'")
    from tests.scheduling import JourneysTogether

    scheduling = object.__new__(JourneysTogether)  # what it is shown of a run plays no part in it
    scopes = [
        scheduling._split_scope(nodeid)
        for nodeid in ("tests/e2e/test_a.py::test[1]", "tests/e2e/test_b.py::test",
                       "tests/test_a.py::test", "tests/test_a.py::test_other")
    ]  # fmt: skip

    assert scopes == ["tests/e2e/", "tests/e2e/", "tests/test_a.py", "tests/test_a.py"]
