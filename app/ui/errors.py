"""How an error of the app reaches its page, wherever it was raised.

Streamlit runs callbacks before the page, and a fragment that redraws itself without the page: what
they raise passes by every handler in the script, and the reader is told no more than that "this
app has encountered an error". So callbacks and fragments are made here; a test holds the app to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec

import streamlit as st

from app.core.errors import OverreadError
from app.ui import state

_P = ParamSpec("_P")


@contextmanager
def shown() -> Iterator[None]:
    """Shows an error that ends the block, as its sentence."""
    try:
        yield
    except OverreadError as error:
        _show(str(error))


def callback(act: Callable[_P, object]) -> Callable[_P, None]:
    """What a widget calls: an error that it raises is shown on the page that is drawn next."""

    @wraps(act)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            act(*args, **kwargs)
        except OverreadError as error:
            state.add_error(str(error))

    return guarded


def fragment(*, run_every: float) -> Callable[[Callable[_P, None]], Callable[_P, None]]:
    """A part of a page that redraws itself every so many seconds and shows its own errors."""

    def decorate(draw: Callable[_P, None]) -> Callable[_P, None]:
        @wraps(draw)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> None:
            show_raised()
            with shown():
                draw(*args, **kwargs)

        redrawn: Any = st.fragment(guarded, run_every=run_every)
        return redrawn  # type: ignore[no-any-return]

    return decorate


def show_raised() -> None:
    """Shows what callbacks have raised since the page was last drawn."""
    for sentence in state.take_errors():
        _show(sentence)


def _show(sentence: str) -> None:
    st.error(sentence, icon=":material/error:")
