"""What runs in the background for a session, or was finished in it."""

from __future__ import annotations

import streamlit as st

from app.core.adaptation.running import Adapting, Checking
from app.core.bundles.bundle import Bundle
from app.core.exports.jobs import ExportJob
from app.core.imports.registry import open_imports
from app.core.imports.running import Importing
from app.ui.state.address import of_worklist

_ADAPTING, _CHECKING, _IMPORTING = "adapting", "checking", "importing"
_EXPORTS = "exports"


def adapting(bundle: Bundle) -> Adapting | None:
    """The adaptation of a model that is being fitted, or was fitted last in this session."""
    return _adaptings().get(bundle.sha256)


def set_adapting(new: Adapting) -> None:
    """Replaces the adaptation of its model; those of other models go on.

    Args:
        new: The adaptation. One of the same model that is still being fitted is cancelled.
    """
    forget_adapting(new.bundle.sha256)
    _adaptings()[new.bundle.sha256] = new


def forget_adapting(sha256: str) -> None:
    """Forgets the adaptation of a model, and cancels it if it is still being fitted.

    Args:
        sha256: Digest of the model that is adapted.
    """
    before = _adaptings().pop(sha256, None)
    if before is not None:
        before.cancel()


def checking(bundle: Bundle) -> Checking | None:
    """The check of an adapted model that is going on, or was last in this session."""
    return _checkings().get(bundle.sha256)


def set_checking(new: Checking) -> None:
    """Replaces the check of its model, which is cancelled if it is still going on.

    Args:
        new: The check.
    """
    before = _checkings().get(new.bundle.sha256)
    if before is not None:
        before.cancel()
    _checkings()[new.bundle.sha256] = new


def importing() -> Importing | None:
    """The model that is being added, or was added last and this session is to know.

    One that is going on is found by every session, also after a reload; how it ended, by those that
    saw it going on, or by the first that comes afterwards.
    """
    last = open_imports().last
    if last is not None and (last.running or not last.told):
        st.session_state[_IMPORTING] = last
    found: Importing | None = st.session_state.get(_IMPORTING)
    return found


def export_job(name: str, version: tuple[object, ...]) -> ExportJob | None:
    """A file that was begun in this session, if it is still of this version of its worklist.

    Args:
        name: Of the file.
        version: As it was begun with.
    """
    jobs: dict[str, tuple[tuple[object, ...], ExportJob]] = st.session_state.get(_EXPORTS, {})
    found = jobs.get(of_worklist(name))
    return found[1] if found is not None and found[0] == version else None


def set_export_job(name: str, version: tuple[object, ...], new: ExportJob) -> None:
    """Replaces the file of this name and worklist, which is not written further.

    Args:
        name: Of the file.
        version: Changes whenever the file would.
        new: The file.
    """
    jobs: dict[str, tuple[tuple[object, ...], ExportJob]]
    jobs = st.session_state.setdefault(_EXPORTS, {})
    if (before := jobs.get(of_worklist(name))) is not None:
        before[1].cancel()
    jobs[of_worklist(name)] = version, new


def _adaptings() -> dict[str, Adapting]:
    found: dict[str, Adapting] = st.session_state.setdefault(_ADAPTING, {})
    return found


def _checkings() -> dict[str, Checking]:
    found: dict[str, Checking] = st.session_state.setdefault(_CHECKING, {})
    return found
