"""Cached models, the record, and results of earlier runs."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app.core.bundles.bundle import Bundle
from app.core.networks.network import Network
from app.core.record.database import Database
from app.core.results.evidence_maps import EvidenceMaps
from app.core.results.result_cache import CachedResults
from app.core.review.installed_models import installed_models
from app.core.review.worklist_registry import open_worklists
from app.core.scoring.engine import Engine
from app.ui.cache.names import NAMED_BY

_BACKGROUND = ThreadPoolExecutor(1, thread_name_prefix="network")


def bundle(path: Path) -> Bundle:
    """A verified bundle; read again if any of its files changes.

    Raises:
        BundleError: If it cannot be used.
    """
    installed = installed_models()
    if (known := installed.known_bundle(path)) is not None:
        return known
    with st.spinner("Checking the model's files"):
        return installed.bundle(path)


def engine(bundle: Bundle) -> Engine:
    """The compiled network of a bundle, shared by all sessions.

    Raises:
        BundleError: If it cannot be computed.
    """
    installed = installed_models()
    if installed.has_engine(bundle):
        return installed.engine(bundle)
    with st.spinner("Preparing the model; the first time takes a few seconds longer"):
        return installed.engine(bundle)


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


def record() -> Database:
    """The database of the record, with one connection pool for all sessions.

    Raises:
        RecordError: If it cannot be opened.
    """
    return open_worklists().record


def known_results(bundle: Bundle) -> CachedResults | None:
    """Cached results of a bundle; None if there is no cache."""
    return installed_models().known_results(bundle)


def evidence_maps(bundle: Bundle) -> EvidenceMaps:
    """The cache of a bundle's evidence maps, shared by all sessions.

    Raises:
        BundleError: If its network cannot be computed.
    """
    return installed_models().evidence_maps(bundle)
