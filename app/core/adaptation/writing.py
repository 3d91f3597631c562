"""Writes an adaptation: a small folder beside the bundle, which stays as it is."""

from __future__ import annotations

import io
import json
import os
import shutil
from datetime import date
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from app.core.adaptation.cropped_probes import FittedProbes
from app.core.adaptation.films import LocalFilms
from app.core.adaptation.gate_words import gate_sentences, taken_for_cropped
from app.core.adaptation.holding_out import Fitted
from app.core.adaptation.left_out import left_out_sentences
from app.core.bundles.adaptation import (
    ADAPTATION,
    ADAPTATION_CARD,
    ADAPTATION_FORMAT,
    CROPPED_PROBES,
    LOCAL,
    MAX_REACH,
    Adaptation,
    LocalData,
    LocalFigure,
)
from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.bundle_files import PREDICTIONS
from app.core.bundles.predictions_table import GROUP_ID
from app.core.bundles.task import Task
from app.core.errors import OverreadError
from app.core.markdown import escape_markdown
from app.core.performance.formatting import by_class, calibration_in_full, counted
from app.core.performance.promises import promises
from app.core.spreadsheets import escape_formula

# The limit of distance grows so that 98 % of the local films are familiar, as of the validation
# films, but not beyond `MAX_REACH`: a place so far away is not to be adapted to.
FAMILIAR_SHARE = 0.98
_DIGITS = 9


def make_adaptation(
    bundle: Bundle,
    films: LocalFilms,
    fitted: Fitted,
    place: str,
    cropped: FittedProbes | None = None,
) -> Adaptation:
    """The adaptation, without the digests of its files.

    Args:
        bundle: The bundle that is adapted.
        films: The films of the place.
        fitted: What was fitted on them.
        place: Where they are from.
        cropped: What tells cropped films there; None if that was not tried.
    """
    probes = cropped.probes if cropped is not None else None
    task, units = bundle.manifest.task, films.units
    counts = np.bincount(films.labels, minlength=len(task.classes))
    return Adaptation(
        format=ADAPTATION_FORMAT,
        place=place,
        date=date.today().isoformat(),
        bundle=bundle.manifest.name,
        bundle_sha256=bundle.sha256,
        base=".",
        data=LocalData(
            counts=dict(zip(task.classes, counts.tolist(), strict=True)),
            units=len(set(units.names)),
            unit=units.kind,
            left_out=films.left_out,
            fingerprint=films.fingerprint,
        ),
        thresholds=fitted.decision.thresholds,
        calibration=fitted.decision.calibration,
        base_calibration=bundle.manifest.calibration,
        reach=reach_of(films),
        cropped=probes.names if probes is not None else (),
        taken_for_cropped=int(films.looks_cropped.sum()),
        figures=(*fitted.figures, *(cropped.figures if cropped is not None else ())),
        version=version("overread"),
        files={},
    )


def reach_of(films: LocalFilms) -> float:
    """Factor by which the limit of distance grows, from 1 to `MAX_REACH`; 1 without a reference."""
    if not len(films.distances):
        return 1.0
    wanted = float(np.quantile(films.distances, FAMILIAR_SHARE, method="lower"))
    return min(max(1.0, wanted), MAX_REACH)


def write_adaptation(
    out: Path,
    adaptation: Adaptation,
    bundle: Bundle,
    films: LocalFilms,
    fitted: Fitted,
    cropped: FittedProbes | None = None,
) -> Bundle:
    """Writes the folder, and loads it back.

    Args:
        out: The folder; must not exist.
        adaptation: What is written, without digests.
        bundle: The bundle that is adapted.
        films: The films of the place.
        fitted: What was fitted on them.
        cropped: What tells cropped films there; None if that was not tried.

    Raises:
        OverreadError: If the folder exists.
        OSError: If it cannot be written.
    """
    if out.exists():
        raise OverreadError(f"{out.name!r} exists already. Choose another name with --out.")
    task = bundle.manifest.task
    contents = {
        PREDICTIONS: predictions_table(films, fitted, task)
        .map(escape_formula)
        .to_csv(index=False, lineterminator="\n")
        .encode(),
        ADAPTATION_CARD: card(adaptation, task).encode(),
    }
    if cropped is not None and cropped.probes is not None:
        # Few numbers, so in full: thresholds rest on what these very weights gave.
        arrays: dict[str, Any] = cropped.probes.arrays("fault")
        arrays["fault_weights"] = cropped.probes.weights
        file = io.BytesIO()
        np.savez_compressed(file, **arrays)
        contents[CROPPED_PROBES] = file.getvalue()
    whole = adaptation.model_copy(
        update={
            "base": Path(os.path.relpath(bundle.path.absolute(), out.absolute())).as_posix(),
            "files": {name: sha256(content).hexdigest() for name, content in contents.items()},
        }
    )
    text = json.dumps(whole.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"
    contents[ADAPTATION] = text.encode()
    work = out.with_name(f".{out.name}-{os.getpid()}")
    try:
        work.mkdir(parents=True)
        for name, content in contents.items():
            (work / name).write_bytes(content)
        work.rename(out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return load_bundle(out)


def predictions_table(films: LocalFilms, fitted: Fitted, task: Task) -> pd.DataFrame:
    """A row for each film, with its probability by what was fitted without its patient.

    Args:
        films: The films of the place.
        fitted: What was fitted on them.
        task: The classes.
    """
    probabilities = fitted.probabilities
    shown = np.ones(len(films.labels), np.int64)
    if not task.binary:
        shown = probabilities.argmax(axis=1)
    rows = np.arange(len(shown))
    logits = films.logits[rows, shown] - (films.logits[:, 0] if task.binary else 0.0)
    table = pd.DataFrame(
        {
            "split": LOCAL,
            "image_id": films.image_ids,
            "path": films.names,
            "patient_id": films.patient_ids,
            "subgroup": "",
            "y_true": films.labels,
            "logit": logits.round(_DIGITS),
            "probability": probabilities[rows, shown].round(_DIGITS),
            GROUP_ID: np.unique(films.units.names, return_inverse=True)[1],
        }
    )
    if not task.binary:
        for label, name in enumerate(task.classes):
            table[name] = probabilities[:, label].round(_DIGITS)
    return table


def card(adaptation: Adaptation, task: Task) -> str:
    """The model card of an adaptation, in Markdown; that of the bundle follows it.

    Args:
        adaptation: What was fitted.
        task: The classes.
    """
    data = adaptation.data
    films = escape_markdown(by_class(data.counts.values(), task))
    of_units = "" if data.unit == "film" else f" of {counted(data.units, data.unit)}"
    lines = [
        f"# {escape_markdown(adaptation.bundle)}, adapted to {escape_markdown(adaptation.place)}",
        "",
        f"Made on {adaptation.date} with {films}{of_units}, for the bundle "
        f"{escape_markdown(adaptation.bundle)} "
        f"(SHA-256 {adaptation.bundle_sha256[:12]}). The network is unchanged; its calibration, "
        "threshold and zones are those of this place. Removing this folder reverts it.",
        "",
    ]
    if data.left_out:
        lines += [" ".join(left_out_sentences(data.left_out)), ""]
    of_gate = [taken_for_cropped(adaptation), *gate_sentences(adaptation)]
    if any(of_gate):
        lines += [" ".join(filter(None, of_gate)), ""]
    if task.binary:
        positive = escape_markdown(task.display_name(task.classes[1]))
        lines.append(f"- {positive} from {adaptation.thresholds.decision:.3f}.")
    lines += [f"- {sentence}" for sentence in promises(adaptation.thresholds, task)]
    lines += [
        f"- Calibration: {escape_markdown(calibration_in_full(adaptation.calibration, task))}; "
        f"fitted on "
        f"{adaptation.calibration.fitted_on}.",
        "",
        "Before and after, on films held out by patient:",
        "",
        figures_table(adaptation),
    ]
    return "\n".join(lines) + "\n"


def figures_table(adaptation: Adaptation) -> str:
    """Before and after as a Markdown table, with intervals and counts."""
    rows = ["| on held-out films | before | after |", "|---|---|---|"]
    rows += [
        f"| {one.name} | {figure_text(one.before)} | {figure_text(one.after)} |"
        for one in adaptation.figures
    ]
    return "\n".join(rows)


def figure_text(figure: LocalFigure) -> str:
    """A figure with its interval and count, such as `56.5 % (36.8 to 74.4 %; 13 of 23)`."""
    if figure.value is None:
        return f"none (of {figure.total:,})"
    if figure.successes is None:
        between = "" if figure.low is None else f"{figure.low:.3f} to {figure.high:.3f}; "
        return f"{figure.value:.3f} ({between}{counted(figure.total, 'film')})"
    low, high = 100 * (figure.low or 0), 100 * (figure.high or 0)
    return (
        f"{100 * figure.value:.1f} % ({low:.1f} to {high:.1f} %; {figure.successes:,} of "
        f"{figure.total:,})"
    )
