"""A Ctrl-C that Python drops is heeded at the next step."""

import gc
import sys

import pytest

from model_training import interruption


class Interrupted:
    """Ctrl-C comes while it is cleared away."""

    def __del__(self):
        raise KeyboardInterrupt


def test_one_that_comes_while_an_object_is_cleared_away_is_raised_at_the_next_step(capsys):
    before = sys.unraisablehook
    with interruption.recorded():
        interruption.check()
        thing = Interrupted()
        del thing
        gc.collect()

        with pytest.raises(KeyboardInterrupt):
            interruption.check()
        interruption.check()

    assert capsys.readouterr().err == ""
    assert sys.unraisablehook is before


def test_other_unraisable_errors_are_still_printed(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: told.append(found.exc_type))

    class Faulty:
        def __del__(self):
            raise ZeroDivisionError

    with interruption.recorded():
        thing = Faulty()
        del thing
        gc.collect()
        interruption.check()

    assert told == [ZeroDivisionError]


def test_one_of_an_earlier_command_is_forgotten():
    with interruption.recorded():
        thing = Interrupted()
        del thing
        gc.collect()
    with interruption.recorded():
        interruption.check()
