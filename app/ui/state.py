"""What a session remembers beyond a page, and the only functions that read or write it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from app.core.adaptation.running import Adapting, Checking
from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import SAMPLES
from app.core.bundles.bundle_folders import find_bundles, shown_name
from app.core.exports.jobs import ExportJob
from app.core.imports.running import Importing
from app.core.markdown import escape_markdown
from app.core.settings import read_settings
from app.ui import widget_keys
from app.ui.cache import models

_T = TypeVar("_T")

_MODEL, _PICKER = "model", "model_picker"
_ADAPTING, _CHECKING, _IMPORTING = "adapting", "checking", "importing"
# Also what they are called in addresses.
_ID, _FILM = "id", "film"
_FOLLOWED = "followed"
_UPLOAD = "upload"
_ERRORS = "errors"
_CACHED = "remembered"
_EXPORTS = "exports"
_THRESHOLD = "taken_threshold"
_READER = "reader_name"


def value_of(key: str, default: Any = None) -> Any:
    """What a widget holds, or was set to before it was drawn.

    Args:
        key: Of the widget.
        default: Is returned where there is no such widget yet.
    """
    return st.session_state.get(key, default)


def set_value(key: str, value: Any) -> None:
    """Sets a widget, before it is drawn.

    Args:
        key: Of the widget.
        value: As the widget returns it.
    """
    st.session_state[key] = value


def chosen_reader() -> str:
    """The name that the reader chose in this session; empty without one."""
    return str(st.session_state.get(_READER, ""))


def choose_reader(name: str) -> None:
    """Reads under another name from now on."""
    st.session_state[_READER] = name


def selected_rows(key: str) -> list[int]:
    """The rows that are selected in a table."""
    event: Any = st.session_state[key]
    return list(event["selection"]["rows"])


def pick_model() -> None:
    """The model picker; all pages work on its choice."""
    folder = read_settings().models
    bundles = find_bundles(folder)
    names = [path.name for path in bundles]
    if not names:
        st.session_state.pop(_MODEL, None)
        st.warning(f"There is no model in the folder {escape_markdown(repr(folder.name))}.")
        return
    if st.session_state.get(_PICKER) not in names:
        # A model with sample films can be tried immediately.
        tried = (path.name for path in bundles if (path / SAMPLES).is_dir())
        st.session_state[_PICKER] = next(tried, names[0])
    chosen = st.selectbox(
        "Model",
        names,
        format_func=lambda name: shown_name(folder / name),
        key=_PICKER,
        persist_state="session",
    )
    st.session_state[_MODEL] = chosen
    if (shown := shown_name(folder / chosen)) != chosen:
        st.text(shown)  # which the picker has no room for


def choose_model(name: str) -> None:
    """Chooses a model, before the picker is drawn.

    Args:
        name: Of its folder.
    """
    st.session_state[_PICKER] = name


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


def importing() -> Importing | None:
    """The model that is being added, or was added last in this session."""
    found: Importing | None = st.session_state.get(_IMPORTING)
    return found


def set_importing(new: Importing) -> None:
    """Remembers a model that is being added."""
    st.session_state[_IMPORTING] = new


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


def _checkings() -> dict[str, Checking]:
    found: dict[str, Checking] = st.session_state.setdefault(_CHECKING, {})
    return found


def _adaptings() -> dict[str, Adapting]:
    found: dict[str, Adapting] = st.session_state.setdefault(_ADAPTING, {})
    return found


def has_model() -> bool:
    """Whether a model is chosen."""
    return st.session_state.get(_MODEL) is not None


def require_bundle() -> Bundle:
    """The chosen bundle; without one, tells the user what to do and stops the page.

    Raises:
        BundleError: If the chosen bundle cannot be used.
    """
    name = st.session_state.get(_MODEL)
    if name is None:
        st.info(
            "No model is installed. Train one with `overread-train fit`, or set OVERREAD_MODELS "
            "to a folder of model bundles."
        )
        st.stop()
    return models.bundle(read_settings().models / name)


def worklist_id() -> str | None:
    """The worklist in the address; on pages without one, that which was opened last."""
    return _addressed(_ID)


def film() -> int | None:
    """The film in the address, by its position in the worklist; else that opened last."""
    found = _addressed(_FILM)
    return int(found) if found is not None and found.isdecimal() else None


def open_worklist(worklist_id: str) -> None:
    """Makes a worklist that which pages are about, from the next page on."""
    if st.session_state.get(_ID) != worklist_id:
        st.session_state.pop(_FILM, None)
    st.session_state[_ID] = worklist_id
    st.query_params.from_dict({_ID: worklist_id})


def open_film(worklist_id: str, item: int) -> None:
    """Opens a film on the pages Case and Activations.

    Args:
        worklist_id: Part of the worklist's address.
        item: Position of the film in it.
    """
    st.session_state[_ID], st.session_state[_FILM] = worklist_id, str(item)
    st.query_params.from_dict(film_address(worklist_id, item))


def film_address(worklist_id: str, item: int) -> dict[str, str]:
    """What the address of a film says after the name of a page.

    Args:
        worklist_id: Part of the worklist's address.
        item: Position of the film in it.
    """
    return {_ID: worklist_id, _FILM: str(item)}


def new_in_address() -> str | None:
    """The worklist in the address, where its model was not chosen for it yet in this session."""
    asked = st.query_params.get(_ID)
    if asked is None or asked == st.session_state.get(_FOLLOWED):
        return None
    st.session_state[_FOLLOWED] = asked
    return asked


def _addressed(name: str) -> str | None:
    """A part of the address, which is added where a page was opened by a link without it."""
    asked = st.query_params.get(name)
    if asked is None and (kept := st.session_state.get(name)) is not None:
        st.query_params[name] = kept
        return str(kept)
    if asked is not None and asked != st.session_state.get(name):
        st.session_state[name] = asked
        if name == _ID:
            st.session_state.pop(_FILM, None)
    return asked


def filter_key(name: str) -> str:
    """Session key of a filter, different for each worklist, so that filters do not carry over."""
    return f"worklist_{name}_{st.session_state.get(_ID)}"


def cached(name: str, inputs: tuple[object, ...], compute: Callable[[], _T]) -> _T:
    """A value computed in an earlier run of the page, if its inputs have not changed.

    Args:
        name: Name of the value. One value is stored per name and worklist.
        inputs: All inputs of the computation.
        compute: Computes the value.
    """
    name = filter_key(name)
    values: dict[str, tuple[tuple[object, ...], Any]] = st.session_state.setdefault(_CACHED, {})
    if name not in values or values[name][0] != inputs:
        values[name] = (inputs, compute())
    value: _T = values[name][1]
    return value


def export_job(name: str, version: tuple[object, ...]) -> ExportJob | None:
    """A file that was begun in this session, if it is still of this version of its worklist.

    Args:
        name: Of the file.
        version: As it was begun with.
    """
    jobs: dict[str, tuple[tuple[object, ...], ExportJob]] = st.session_state.get(_EXPORTS, {})
    found = jobs.get(filter_key(name))
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
    if (before := jobs.get(filter_key(name))) is not None:
        before[1].cancel()
    jobs[filter_key(name)] = version, new


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


def upload_number() -> int:
    """Number of finished uploads; part of the uploader's key, so that it starts empty."""
    return int(st.session_state.setdefault(_UPLOAD, 0))


def next_upload() -> None:
    """Empties the uploader on the next rerun."""
    st.session_state[_UPLOAD] = upload_number() + 1


def enter_subfolder() -> None:
    """Appends the selected subfolder to the typed server folder."""
    picked = st.session_state.get(widget_keys.SUBFOLDER)
    if picked:
        current = st.session_state.get(widget_keys.FOLDER, "").strip("/")
        st.session_state[widget_keys.FOLDER] = f"{current}/{picked}".lstrip("/")
        st.session_state[widget_keys.SUBFOLDER] = None


def add_error(sentence: str) -> None:
    """Stores an error until a page shows it."""
    st.session_state.setdefault(_ERRORS, []).append(sentence)


def take_errors() -> list[str]:
    """Returns and clears the errors that no page has shown yet."""
    taken: list[str] = st.session_state.pop(_ERRORS, [])
    return taken
