"""What a session remembers from one page to the next, and from one run of a page to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.ui.state.address import of_worklist

_T = TypeVar("_T")

_READER = "reader_name"
_THRESHOLD = "taken_threshold"
_ERRORS = "errors"
_CACHED = "remembered"


def chosen_reader() -> str:
    """The name that the reader chose in this session; empty without one."""
    return str(st.session_state.get(_READER, ""))


def choose_reader(name: str) -> None:
    """Reads under another name from now on."""
    st.session_state[_READER] = name


def taken_threshold(bundle: Bundle) -> float | None:
    """The decision threshold that was taken from Performance for a new worklist of this model.

    Args:
        bundle: The model.
    """
    sha256, threshold = st.session_state.get(_THRESHOLD, ("", None))
    return threshold if sha256 == bundle.sha256 else None


def take_threshold(bundle: Bundle, threshold: float) -> None:
    """Proposes a decision threshold for the new worklists of this session.

    Args:
        bundle: Its model.
        threshold: In [0, 1].
    """
    st.session_state[_THRESHOLD] = bundle.sha256, threshold


def add_error(sentence: str) -> None:
    """Stores an error until a page shows it."""
    st.session_state.setdefault(_ERRORS, []).append(sentence)


def take_errors() -> list[str]:
    """Returns and clears the errors that no page has shown yet."""
    taken: list[str] = st.session_state.pop(_ERRORS, [])
    return taken


def cached(name: str, inputs: tuple[object, ...], compute: Callable[[], _T]) -> _T:
    """A value computed in an earlier run of the page, if its inputs have not changed.

    Args:
        name: Name of the value. One value is stored per name and worklist.
        inputs: All inputs of the computation.
        compute: Computes the value.
    """
    name = of_worklist(name)
    values: dict[str, tuple[tuple[object, ...], Any]] = st.session_state.setdefault(_CACHED, {})
    if name not in values or values[name][0] != inputs:
        values[name] = (inputs, compute())
    value: _T = values[name][1]
    return value
