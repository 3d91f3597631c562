"""Cached models, the record, and results of earlier runs."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app.core.bundles.bundle import Bundle, load_bundle
from app.core.networks.network import Network
from app.core.record.database import Database
from app.core.record.decisions import DecisionStore
from app.core.record.opening import open_record
from app.core.record.verdicts import VerdictStore
from app.core.results.evidence_maps import EvidenceMaps
from app.core.results.result_cache import CachedResults, open_cache
from app.core.results.result_store import ResultStore
from app.core.scoring.engine import Engine
from app.core.settings import read_settings
from app.ui.cache.names import NAMED_BY

_BACKGROUND = ThreadPoolExecutor(1, thread_name_prefix="network")


def bundle(path: Path) -> Bundle:
    """A verified bundle; read again if any of its files changes."""
    return _bundle(path, _newest_change(path))


@st.cache_resource(max_entries=16, show_spinner="Checking the model's files")
def _bundle(path: Path, changed_ns: int) -> Bundle:
    return load_bundle(path)


def _newest_change(path: Path) -> int:
    """Modification time that changes with any file of the bundle."""
    files = [file for file in path.rglob("*") if file.is_file()]
    return max((file.stat().st_mtime_ns for file in files), default=0) + len(files)


@st.cache_resource(
    hash_funcs=NAMED_BY,
    max_entries=4,
    show_spinner="Preparing the model; the first time takes a few seconds longer",
)
def engine(bundle: Bundle) -> Engine:
    """The compiled network of a bundle, shared by all sessions."""
    return Engine(bundle, backend=read_settings().backend)


@st.cache_resource(
    hash_funcs=NAMED_BY, max_entries=4, show_spinner="Opening the network; this takes a few seconds"
)
def network(bundle: Bundle) -> Network:
    """A bundle's network in Keras, for explanations, shared by all sessions."""
    return engine(bundle).network


@dataclass(frozen=True, slots=True)
class Opening:
    """A network that is being opened while pages go on.

    Attributes:
        ended: Done when the network is open, or could not be opened.
        started: When it began, on the clock of `time.monotonic`.
    """

    ended: Future[Network]
    started: float

    @property
    def text(self) -> str:
        """What is waited for, and since when."""
        return f"opening the network, {time.monotonic() - self.started:.0f} s"


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=4, show_spinner=False)
def opening(bundle: Bundle) -> Opening:
    """Begins to open a bundle's network in Keras, for a page that need not wait for `network`."""
    compiled = engine(bundle)
    return Opening(_BACKGROUND.submit(lambda: compiled.network), time.monotonic())


@st.cache_resource(show_spinner="Opening the record")
def record(url: str) -> Database:
    """The database of the record, with one connection pool for all sessions."""
    return open_record(url)


@st.cache_resource(show_spinner=False)
def verdict_store(url: str) -> VerdictStore:
    """The verdicts of the record, shared by all sessions."""
    return VerdictStore(record(url))


@st.cache_resource(show_spinner=False)
def decision_store(url: str) -> DecisionStore:
    """The decisions about refused films in the record, shared by all sessions."""
    return DecisionStore(record(url))


def known_results(bundle: Bundle) -> CachedResults | None:
    """Cached results of a bundle; None if there is no cache."""
    settings = read_settings()
    store = _result_store(settings.results, settings.max_result_bytes)
    return CachedResults(store, bundle) if store is not None else None


# A failure is not cached, because a lock may be transient; it is tried again for the next film.
@st.cache_resource(validate=lambda store: store is not None)
def _result_store(path: Path, max_bytes: int) -> ResultStore | None:
    return open_cache(path, max_bytes=max_bytes)


@st.cache_resource(hash_funcs=NAMED_BY, max_entries=4, show_spinner=False)
def evidence_maps(bundle: Bundle) -> EvidenceMaps:
    """The cache of a bundle's evidence maps, shared by all sessions."""
    return EvidenceMaps(
        bundle,
        num_logits=engine(bundle).backend.num_logits,
        known=lambda: known_results(bundle),
    )
