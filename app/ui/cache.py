"""The only module that caches. Each function wraps one loader; what it returns is shared."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from app.charts import prediction as prediction_charts
from app.core.bundles.bundle import Bundle, load_bundle
from app.core.errors import ImageError, UnreadableImageError
from app.core.explanations.explainer import Explainer
from app.core.explanations.logits import Progress
from app.core.explanations.methods import METHODS
from app.core.explanations.selection import Choice
from app.core.images import decoding, display, geometry
from app.core.images.decoding import Film
from app.core.images.preparation import Rejected, prepare
from app.core.networks import activations
from app.core.networks.network import Network
from app.core.performance.performance import (
    BinaryPerformance,
    CalibrationCheck,
    MulticlassPerformance,
    check_calibration,
    evaluate_binary,
    evaluate_multiclass,
)
from app.core.performance.predictions import HeldOut, select
from app.core.performance.proportions import DecisionMetrics, evaluate_decisions
from app.core.rendering import heatmaps
from app.core.results.result_cache import CachedResults, open_cache
from app.core.results.result_store import ResultStore
from app.core.results.verdicts import VerdictStore
from app.core.review.cases import Case, Window, examine
from app.core.scoring.engine import Engine
from app.core.scoring.prediction import Prediction
from app.core.settings import read_settings
from app.core.sources.sources import Source

THUMBNAIL_SIDE = 96


def bundle(path: Path) -> Bundle:
    """A verified bundle; one that was exported anew is read anew."""
    return _bundle(path, _newest_change(path))


def engine(loaded: Bundle) -> Engine:
    """The compiled network of a bundle, one for all sessions."""
    return _engine(loaded.sha256, loaded)


def network(loaded: Bundle) -> Network:
    """A bundle's network in Keras, for what looks into it, one for all sessions."""
    return _network(loaded.sha256, engine(loaded))


@st.cache_resource(max_entries=4, show_spinner="Opening the network, some seconds")
def _network(sha256: str, _engine: Engine) -> Network:
    return _engine.network


@st.cache_resource
def verdict_store(url: str) -> VerdictStore:
    """The verdicts' database, one connection pool for all sessions."""
    return VerdictStore(url)


def known_results(loaded: Bundle) -> CachedResults | None:
    """What was computed with a bundle before; None where nothing can be kept."""
    settings = read_settings()
    store = _result_store(settings.results, settings.max_result_bytes)
    if store is None:
        # Perhaps a lock that lasts a moment: it is tried again at the next film.
        _result_store.clear(settings.results, settings.max_result_bytes)
        return None
    return CachedResults(store, loaded)


@st.cache_resource
def _result_store(path: Path, max_bytes: int) -> ResultStore | None:
    return open_cache(path, max_bytes=max_bytes)


def case(loaded: Bundle, source: Source) -> Case:
    """One film examined by one model; without an image id where the file is gone."""
    try:
        data = source.read()
    except ImageError as error:
        return Case("", reason=str(error))
    return _case(decoding.image_id(data), loaded.sha256, loaded, source, data)


def thumbnail(image_id: str, source: Source) -> bytes | None:
    """A small JPEG of the film that was scored; None where it is gone or cannot be decoded."""
    try:
        return _thumbnail(image_id, source)
    except ImageError:
        # Not kept: the file may be there again, or the same again, when it is next asked for.
        return None


@st.cache_resource(max_entries=32, show_spinner="Reading the film")
def _case(
    image_id: str, bundle_sha256: str, _bundle: Bundle, _source: Source, _data: bytes
) -> Case:
    return examine(engine(_bundle), _source, _data, known=known_results(_bundle))


@st.cache_data(max_entries=5000, show_spinner=False)
def _thumbnail(image_id: str, _source: Source) -> bytes | None:
    data = _reread(_source, image_id)
    try:
        film = decoding.decode(data)
    except ImageError:
        return None
    return display.jpeg(geometry.shrunk(film, THUMBNAIL_SIDE), quality=80)


def film_picture(image_id: str, film: Film, window: Window) -> str:
    """An open film through a window, as a data URL."""
    return _film_picture(image_id, window, film)


def heatmap_picture(
    loaded: Bundle,
    image_id: str,
    choice: Choice,
    evidence: NDArray[np.float32],
    *,
    shape: tuple[int, int],
    scale: float,
) -> str:
    """The heatmap that is stretched over an open film of that shape, as a data URL."""
    return _heatmap_picture(image_id, loaded.sha256, choice.name, shape, scale, evidence)


def probability_figure(loaded: Bundle, image_id: str, prediction: Prediction) -> go.Figure:
    """The probabilities of an open film; not to be changed."""
    return _probability_figure(image_id, loaded.sha256, prediction, loaded)


@st.cache_resource(max_entries=32, show_spinner=False)
def _film_picture(image_id: str, window: Window, _film: Film) -> str:
    return _data_url("jpeg", display.jpeg(window.of(_film), quality=92))


@st.cache_resource(max_entries=64, show_spinner=False)
def _heatmap_picture(
    image_id: str,
    bundle_sha256: str,
    choice: str,
    shape: tuple[int, int],
    scale: float,
    _evidence: NDArray[np.float32],
) -> str:
    layer = heatmaps.screen_layer(_evidence, shape=shape, scale=scale)
    return _data_url("png", heatmaps.png(layer))


@st.cache_resource(max_entries=32, show_spinner=False)
def _probability_figure(
    image_id: str, bundle_sha256: str, _prediction: Prediction, _bundle: Bundle
) -> go.Figure:
    return prediction_charts.probability_figure(_prediction, _bundle.manifest)


def _data_url(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


@st.cache_resource(max_entries=16, show_spinner="Checking the model's files")
def _bundle(path: Path, changed_ns: int) -> Bundle:
    return load_bundle(path)


@st.cache_resource(
    max_entries=4,
    show_spinner="Preparing the model; the first time on this machine takes some seconds more",
)
def _engine(sha256: str, _bundle: Bundle) -> Engine:
    return Engine(_bundle, backend=read_settings().backend)


def _newest_change(path: Path) -> int:
    """Modification time that changes with any file of the bundle."""
    files = [file for file in path.rglob("*") if file.is_file()]
    return max((file.stat().st_mtime_ns for file in files), default=0) + len(files)


def predictions(loaded: Bundle) -> pd.DataFrame:
    """The bundle's predictions table."""
    return _predictions(loaded.sha256, loaded)


def held_out(loaded: Bundle, split: str) -> HeldOut:
    """One split of the bundle's predictions."""
    return _held_out(loaded.sha256, split, loaded)


def binary_performance(loaded: Bundle, split: str) -> BinaryPerformance:
    """Curves and AUC of a two-class bundle on one split."""
    return _binary_performance(loaded.sha256, split, loaded)


def multiclass_performance(loaded: Bundle, split: str) -> MulticlassPerformance:
    """Curves and AUC of a bundle of more classes on one split."""
    return _multiclass_performance(loaded.sha256, split, loaded)


def decision_metrics(
    loaded: Bundle, split: str, threshold: float | None, label: int = 1
) -> DecisionMetrics:
    """Sensitivity, PPV and so on at a threshold, on one split."""
    return _decision_metrics(loaded.sha256, split, threshold, label, loaded)


def calibration(loaded: Bundle, split: str) -> CalibrationCheck:
    """How well the bundle's probabilities are calibrated on one split."""
    return _calibration(loaded.sha256, split, loaded)


@st.cache_resource(max_entries=8, show_spinner="Reading the predictions")
def _predictions(sha256: str, _bundle: Bundle) -> pd.DataFrame:
    return _bundle.predictions()


@st.cache_resource(max_entries=16, show_spinner=False)
def _held_out(sha256: str, split: str, _bundle: Bundle) -> HeldOut:
    return select(predictions(_bundle), _bundle.manifest.task, split=split)


@st.cache_resource(max_entries=16, show_spinner="Bootstrapping confidence intervals")
def _binary_performance(sha256: str, split: str, _bundle: Bundle) -> BinaryPerformance:
    return evaluate_binary(held_out(_bundle, split))


@st.cache_resource(max_entries=16, show_spinner="Bootstrapping confidence intervals")
def _multiclass_performance(sha256: str, split: str, _bundle: Bundle) -> MulticlassPerformance:
    return evaluate_multiclass(held_out(_bundle, split))


# One entry a place of the slider; quick enough to need no spinner.
@st.cache_resource(max_entries=64, show_spinner=False)
def _decision_metrics(
    sha256: str, split: str, threshold: float | None, label: int, _bundle: Bundle
) -> DecisionMetrics:
    return evaluate_decisions(held_out(_bundle, split), threshold=threshold, label=label)


@st.cache_resource(max_entries=16, show_spinner="Comparing probabilities with outcomes")
def _calibration(sha256: str, split: str, _bundle: Bundle) -> CalibrationCheck:
    return check_calibration(held_out(_bundle, split))


def explainer(loaded: Bundle) -> Explainer:
    """What explains films with a bundle's network by any method, one for all sessions."""
    return _explainer(loaded.sha256, loaded)


def explanation(loaded: Bundle, image_id: str, choice: Choice) -> NDArray[np.float32] | None:
    """Evidence that was computed before, in this process or an earlier one; None without."""
    found = _kept_explanation(loaded, image_id, choice)
    if found is None and METHODS[choice.method].is_signed and _has_one_logit(loaded):
        # What speaks for one of two classes speaks against the other.
        other = replace(choice, class_index=1 - choice.class_index)
        opposite = _kept_explanation(loaded, image_id, other)
        return -opposite if opposite is not None else None
    return found


def explain(
    loaded: Bundle, source: Source, image_id: str, choice: Choice, *, progress: Progress
) -> None:
    """Computes evidence for `explanation` to give; what `progress` interrupts is not kept.

    Raises:
        ImageError: If the file can no longer be read, or is not the one that was opened.
        ValueError: If the network has no such layer or class.
    """
    film = decoding.decode(_reread(source, image_id))
    evidence = (
        explainer(loaded)
        .explain(
            film,
            method=choice.method,
            class_index=choice.class_index,
            layer=choice.layer,
            progress=progress,
        )
        .evidence
    )
    known = known_results(loaded)
    if known is not None:
        known.add_map(image_id, choice.name, evidence, facts={"unit": choice.unit})
    _keep_explanation(loaded, image_id, choice, lambda: evidence)


def _kept_explanation(loaded: Bundle, image_id: str, choice: Choice) -> NDArray[np.float32] | None:
    known = known_results(loaded)
    return _keep_explanation(
        loaded,
        image_id,
        choice,
        lambda: known.get_map(image_id, choice.name) if known is not None else None,
    )


def _keep_explanation(
    loaded: Bundle,
    image_id: str,
    choice: Choice,
    find: Callable[[], NDArray[np.float32] | None],
) -> NDArray[np.float32] | None:
    return _explanation(
        image_id, loaded.sha256, choice.method, choice.layer, choice.class_index, find
    )


def _has_one_logit(loaded: Bundle) -> bool:
    return loaded.manifest.task.binary and engine(loaded).backend.num_logits == 1


@st.cache_resource(max_entries=4, show_spinner="Opening the network, some seconds")
def _explainer(sha256: str, _bundle: Bundle) -> Explainer:
    compiled = engine(_bundle)
    return Explainer(
        compiled.network,
        _bundle.manifest.input,
        logits_of=lambda pixels: compiled.backend.run(pixels)[0],
    )


# What was not found is looked for again: it may have been computed meanwhile.
@st.cache_resource(max_entries=64, show_spinner=False, validate=lambda found: found is not None)
def _explanation(
    image_id: str,
    bundle_sha256: str,
    method: str,
    layer: str | None,
    class_index: int,
    _find: Callable[[], NDArray[np.float32] | None],
) -> NDArray[np.float32] | None:
    return _find()


def network_input(loaded: Bundle, source: Source, image_id: str) -> NDArray[np.uint8]:
    """The open film as the network sees it, `(height, width, channels)`.

    Raises:
        ImageError: If the file can no longer be read, or is not the one that was opened.
    """
    return _network_input(image_id, loaded.sha256, engine(loaded), source)


def strongest_channels(
    loaded: Bundle, source: Source, image_id: str
) -> list[activations.StrongestChannel]:
    """The strongest channel of each layer with maps, for the open film."""
    pixels = network_input(loaded, source, image_id)
    return _strongest_channels(image_id, loaded.sha256, engine(loaded), pixels)


def layer_values(loaded: Bundle, source: Source, image_id: str, layer: str) -> NDArray[np.float32]:
    """The values of one layer for the open film."""
    pixels = network_input(loaded, source, image_id)
    return _layer_values(image_id, loaded.sha256, layer, engine(loaded), pixels)


def _reread(source: Source, image_id: str) -> bytes:
    data = source.read()
    if decoding.image_id(data) != image_id:
        raise UnreadableImageError(
            "changed", "The file has changed since it was opened. Open it again."
        )
    return data


@st.cache_resource(max_entries=32, show_spinner=False)
def _network_input(
    image_id: str, bundle_sha256: str, _engine: Engine, _source: Source
) -> NDArray[np.uint8]:
    data = _reread(_source, image_id)
    prepared = prepare(data, _engine.bundle.manifest.input, image_id=image_id)
    if isinstance(prepared, Rejected):
        raise prepared.error
    return prepared.pixels


@st.cache_resource(max_entries=16, show_spinner=False)
def _strongest_channels(
    image_id: str, bundle_sha256: str, _engine: Engine, _pixels: NDArray[np.uint8]
) -> list[activations.StrongestChannel]:
    return activations.strongest(_engine.network, _pixels)


# Large layers of large films have tens of megabytes, so only a few are kept.
@st.cache_resource(max_entries=8, show_spinner=False)
def _layer_values(
    image_id: str, bundle_sha256: str, layer: str, _engine: Engine, _pixels: NDArray[np.uint8]
) -> NDArray[np.float32]:
    return activations.of_layer(_engine.network, _pixels, layer)
