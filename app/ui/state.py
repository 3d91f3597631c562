"""What a session remembers beyond a page, and the only functions that read or write it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import streamlit as st

from app.core.adaptation.running import Adapting, Checking
from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import SAMPLES
from app.core.bundles.bundle_folders import find_bundles, shown_name
from app.core.markdown import escape_markdown
from app.core.review.batch import Batch
from app.core.review.worklist import BY_URGENCY, Column, Order
from app.core.scoring.result import Result
from app.core.settings import read_settings
from app.core.sources.source import Source
from app.ui import widget_keys
from app.ui.cache import models

_T = TypeVar("_T")

_MODEL, _PICKER = "model", "model_picker"
_ADAPTING, _CHECKING = "adapting", "checking"
_BATCH = "batch"
_CASE = "case"
_LISTED = "listed"
_UPLOAD = "upload"
_NUM_LISTED = "num_listed"
_ERRORS = "errors"
_BATCH_NUMBER = "batch_number"
_ORDER = "worklist_order"
_DRAWN = "worklist_drawn"
_CACHED = "remembered"
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
    # A model with sample films can be tried immediately.
    default = next((i for i, path in enumerate(bundles) if (path / SAMPLES).is_dir()), 0)
    chosen = st.selectbox(
        "Model",
        names,
        index=default,
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


def batch() -> Batch | None:
    """The batch under review in this session, if any."""
    return st.session_state.get(_BATCH)


def set_batch(new: Batch) -> None:
    """Replaces the batch under review; resets the open case, the filters and the order.

    The previous batch is cancelled, because no page shows it any longer.
    """
    replaced = batch()
    if replaced is not None:
        replaced.cancel()
    st.session_state[_BATCH] = new
    st.session_state[_BATCH_NUMBER] = batch_number() + 1
    for key in (_CASE, _LISTED, _NUM_LISTED, _ORDER, _CACHED):
        st.session_state.pop(key, None)


def batch_number() -> int:
    """Number of batches so far in this session."""
    return int(st.session_state.get(_BATCH_NUMBER, 0))


def filter_key(name: str) -> str:
    """Session key of a filter, different for each batch, so that filters do not carry over."""
    return f"review_{name}_{batch_number()}"


def worklist_order() -> Order:
    """The current order of the worklist."""
    order: Order = st.session_state.get(_ORDER, BY_URGENCY)
    return order


def order_worklist(column: Column) -> None:
    """Sorts the worklist by a column; repeated calls reverse the order, then restore urgency."""
    steps = [Order(column), Order(column, descending=True), BY_URGENCY]
    before = worklist_order()
    step = steps.index(before) + 1 if before in steps[:2] else 0
    st.session_state[_ORDER] = steps[step]
    # New keys clear the selection in the table and return to the first page.
    st.session_state[_DRAWN] = int(st.session_state.get(_DRAWN, 0)) + 1


def worklist_key() -> str:
    """Session key of the worklist table, different for each order."""
    return f"review_rows_{st.session_state.get(_DRAWN, 0)}"


def worklist_page_key() -> str:
    """Session key of the page number, which restarts at 1 for each order and batch."""
    return filter_key(f"page_{st.session_state.get(_DRAWN, 0)}")


def selected_columns(key: str) -> list[str]:
    """The columns selected in a table."""
    event: Any = st.session_state[key]
    return list(event["selection"]["columns"])


def cached(name: str, inputs: tuple[object, ...], compute: Callable[[], _T]) -> _T:
    """A value computed in an earlier run of the page, if its inputs have not changed.

    Args:
        name: Name of the value. One value is stored per name, until the batch is replaced.
        inputs: All inputs of the computation.
        compute: Computes the value.
    """
    values: dict[str, tuple[tuple[object, ...], Any]] = st.session_state.setdefault(_CACHED, {})
    if name not in values or values[name][0] != inputs:
        values[name] = (inputs, compute())
    value: _T = values[name][1]
    return value


def num_listed(batch: Batch) -> int:
    """Number of results in the worklist: all of a finished batch, fewer of a running one."""
    if not batch.progress.running:
        return len(batch.results)
    return int(st.session_state.get(_NUM_LISTED, 0))


def list_new(batch: Batch) -> None:
    """Adds the results scored since then to the worklist."""
    st.session_state[_NUM_LISTED] = len(batch.results)


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


def set_listed(listed: list[Result]) -> None:
    """Stores the worklist as shown; the Case page steps through it."""
    st.session_state[_LISTED] = listed


def replace_result(source: Source, result: Result) -> None:
    """Lists a film as it is judged now, opens it, and has the worklist counted anew.

    Args:
        source: The film as it was listed.
        result: Its new result.
    """
    listed: list[Result] = st.session_state.get(_LISTED, [])
    st.session_state[_LISTED] = [result if one.source == source else one for one in listed]
    st.session_state.pop(_CACHED, None)
    open_case(result.source)


def neighbours(source: Source) -> tuple[Source | None, Source | None, str]:
    """The previous and next film in the worklist, and the position as text."""
    listed: list[Result] = st.session_state.get(_LISTED, [])
    index = next((i for i, result in enumerate(listed) if result.source == source), None)
    if index is None:
        return None, None, ""
    before = listed[index - 1].source if index else None
    after = listed[index + 1].source if index + 1 < len(listed) else None
    return before, after, f"{index + 1:,} of {len(listed):,}"


def open_case(source: Source) -> None:
    """Opens an image on the Case and Activations pages."""
    st.session_state[_CASE] = source


def sources_under_review(image_ids: Collection[str]) -> dict[str, Source]:
    """Where some images are read from, by their identity; only of those in the batch under review.

    Args:
        image_ids: SHA-256 of the files.
    """
    current = batch()
    if current is None:
        return {}
    return {one.image_id: one.source for one in current.results if one.image_id in image_ids}


def case() -> Source | None:
    """The open image, if any."""
    return st.session_state.get(_CASE)


def require_case() -> Source:
    """The open image; without one, tells the user what to do and stops the page."""
    source = case()
    if source is None:
        st.info("No film is open. Choose one from the worklist on the Review page.")
        st.stop()
    return source


def add_error(sentence: str) -> None:
    """Stores an error until a page shows it."""
    st.session_state.setdefault(_ERRORS, []).append(sentence)


def take_errors() -> list[str]:
    """Returns and clears the errors that no page has shown yet."""
    taken: list[str] = st.session_state.pop(_ERRORS, [])
    return taken
