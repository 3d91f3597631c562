"""A run of one class does not tell a blind reader what comes next."""

import pytest

from app.core.review import making
from app.core.review.making import Plan


@pytest.mark.parametrize(("mode", "as_listed"), [("open", True), ("blind_first", False)])
def test_blind_films_are_shuffled_once(mode, as_listed, start, settings, bundle, ward):
    for number in range(20):
        (ward / f"film_{number:02}_again.png").write_bytes((ward / "film_0.png").read_bytes())
    worklists = start()
    plan = Plan(name="Order", bundle=bundle, mode=mode)
    made = making.of_folder(worklists, plan, ward.name, settings=settings)

    assert (made.names == sorted(made.names)) is as_listed
    assert len(set(made.names)) == len(made.names)
    assert start().get(made.worklist.id).names == made.names
