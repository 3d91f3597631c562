"""Displays errors of the app on their page, wherever they were raised.

Streamlit runs callbacks before the page, and reruns fragments without it, so their exceptions
bypass every handler in the script and the user only sees "This app has encountered an error".
Therefore callbacks and fragments are created here; a test enforces it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec

import streamlit as st

from app.core.errors import OverreadError, missing_package
from app.core.markdown import escape_sentence
from app.ui.state import remembered

_P = ParamSpec("_P")


@contextmanager
def handled() -> Iterator[None]:
    """Displays an error that ends the block."""
    try:
        yield
    except OverreadError as error:
        _show(str(error))
    except ModuleNotFoundError as error:
        _show(missing_package(error))


def callback(act: Callable[_P, object]) -> Callable[_P, None]:
    """Wraps a widget callback so that its errors are shown on the next page that is drawn."""

    @wraps(act)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            act(*args, **kwargs)
        except OverreadError as error:
            remembered.add_error(str(error))

    return guarded


def fragment(
    *, run_every: float | None = None
) -> Callable[[Callable[_P, None]], Callable[_P, None]]:
    """A part of a page that reruns by itself and displays its own errors.

    Args:
        run_every: Interval in seconds; None for when something in it was used.
    """

    def decorate(draw: Callable[_P, None]) -> Callable[_P, None]:
        @wraps(draw)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> None:
            show_raised()
            with handled():
                draw(*args, **kwargs)

        redrawn: Any = st.fragment(guarded, run_every=run_every)
        return redrawn  # type: ignore[no-any-return]

    return decorate


def show_raised() -> None:
    """Displays errors raised by callbacks since the last rerun.

    They have a container of their own, which is there without errors too: an error would otherwise
    move everything after it to new positions, and show parts of it twice until the rerun ends.
    """
    with st.container():
        for sentence in remembered.take_errors():
            _show(sentence)


def _show(sentence: str) -> None:
    st.error(escape_sentence(sentence), icon=":material/error:")
