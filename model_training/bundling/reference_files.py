"""Writes the files of a reference into a bundle, and what it refuses into the card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from app.core.bundles.bundle_files import PICTURES, REFERENCE, REFERENCE_SAMPLE
from app.core.bundles.manifest import Manifest
from app.core.bundles.predictions_table import GROUP_ID
from app.core.bundles.task import Task
from app.core.gate.film_distances import VOTERS
from app.core.gate.image_statistics import NAMES
from app.core.gate.reference import write_reference
from app.core.performance.formatting import (
    count_of_total,
    percent,
    percent_interval,
    proportion_in_full,
)
from app.core.performance.proportions import ClusteredProportion
from model_training.bundling.accepted_films import accepted_films
from model_training.reference.build import Built
from model_training.reference.components import MARGIN
from model_training.reference.contradictions import Measured
from model_training.reports.markdown import markdown_table

HEADING = "## What it refuses"
SIMILAR_HEADING = "## When similar films contradict it"
_NO_REFERENCE = (
    "The bundle has no reference: an image unlike those it was trained on is judged all the same, "
    "and nothing is said. `overread-train reference` adds one."
)
# Columns of a predictions table that say who and where an image is.
_LEFT_OUT = ("path", "patient_id", "subgroup", "logit", GROUP_ID)
_WORDS = {
    "inverted": "black and white swapped",
    "turned_90": "turned, right again clockwise by 90°",
    "turned_180": "upside down",
    "turned_270": "turned, right again anticlockwise by 90°",
    "mirrored": "left and right swapped",
    "cropped": "15 to 50 % of one side cut off",
    "side_by_side": "two films on one picture",
    "framed": "a black or white border",
    "cropped_around": "only the middle left, 50 to 75 % of each side",
}


def write_files(folder: Path, built: Built, predictions: pd.DataFrame) -> None:
    """Writes numbers, sample and pictures of a reference.

    Args:
        folder: The bundle's folder, or the one in which it is made.
        built: The reference.
        predictions: The predictions table of the bundle.
    """
    write_reference(folder / REFERENCE, built.reference)
    sample_table(built, predictions).to_csv(folder / REFERENCE_SAMPLE, index=False)
    for image_id, picture in built.pictures.items():
        (folder / PICTURES).mkdir(exist_ok=True)
        (folder / PICTURES / f"{image_id}.webp").write_bytes(picture)


def sample_table(built: Built, predictions: pd.DataFrame) -> pd.DataFrame:
    """The held-out films of a reference: truth, split, group, distance, probabilities, statistics.

    Neither paths nor patients are in it.

    Args:
        built: The reference.
        predictions: The predictions table of the bundle.
    """
    first = predictions.drop_duplicates("image_id").set_index("image_id", drop=False)
    rows = first.loc[list(built.image_ids)].reset_index(drop=True)
    kept = [name for name in rows if name not in _LEFT_OUT and not str(name).startswith("logit:")]
    group = rows[GROUP_ID] if GROUP_ID in rows else rows["image_id"]
    statistics = pd.DataFrame(built.statistics, columns=list(NAMES))
    seen = rows[kept].assign(group=group, distance=built.distances.round(6))
    return pd.concat([seen, statistics.round(6)], axis=1)


def sections(built: Built | None, manifest: Manifest) -> list[tuple[str, str]]:
    """The sections of the card about a reference, each with its heading.

    Args:
        built: The reference; None if the bundle has none.
        manifest: The manifest of the bundle.
    """
    stated = accepted_films(manifest.input)
    found = [(HEADING, "\n\n".join(filter(None, [section(built), stated])))]
    if built is not None and built.contradictions:
        similar = similar_section(built.contradictions, manifest.task)
        found.append((SIMILAR_HEADING, similar))
    return found


def similar_section(measured: Sequence[Measured], task: Task) -> str:
    """The section of the card about similar films: when they contradict the model, and how often.

    Args:
        measured: For the task, or for each finding.
        task: The task of the bundle.
    """
    header = ["question"] if task.any_of else []
    header += ["votes needed", "of wrong answers", "of right answers", "vote right"]
    rows = [
        [
            *([task.display_name(one.section.finding)] if task.any_of else []),
            f"{one.section.votes} of {VOTERS}" if one.section.votes else "never",
            proportion_in_full(one.on_wrong),
            proportion_in_full(one.on_right),
            proportion_in_full(one.voted_right),
        ]
        for one in measured
    ]
    return (
        f"{SIMILAR_HEADING}\n\nEach film is compared with held-out films of other patients, and "
        f"Case shows the nearest of each class. When enough of the {VOTERS} nearest are of another "
        "class than the predicted one, and all are as near as usual, it says so. The votes needed "
        "are the fewest with which, on validation films, at most 1 % of right answers are "
        "contradicted (upper bound, 95 %), and wrong ones at least ten times as often; never, if "
        "the films are too few to show it. Below is what was contradicted of the test films, and "
        "for how many of them most of the nearest are of the true class; with 95 % intervals, "
        f"clustered by patient.\n\n{markdown_table(header, rows)}"
    )


def section(built: Built | None) -> str:
    """The section of the card: the limit, and what is refused of which films.

    Args:
        built: The reference; None if the bundle has none.
    """
    if built is None:
        return f"{HEADING}\n\n{_NO_REFERENCE}"
    share = f"{100 * built.section.limit_share:.3g} %"
    rows = [_row(f"{name} films as they are", built.own[name]) for name in built.own]
    rows += [
        _row(f"test films, {_WORDS.get(fault, fault)}", refused, built.named.get(fault))
        for fault, refused in built.faulty.items()
        if refused.total
    ]
    rows += [_row(f"other kinds, {name}", *shares) for name, shares in built.kinds.items()]
    rows += [
        _row(f"foreign pictures, {kind.replace('_', ' ')}", refused)
        for kind, refused in built.foreign.items()
        if refused.total
    ]
    named = ", ".join(built.section.faults).replace("_", " ") or "none"
    table = markdown_table(["films", "refused", "share", "95 % interval", "named"], rows)
    return (
        f"{HEADING}\n\nAn image that is unlike the training films is refused, with its distance "
        f"and no probability. The limit lies {MARGIN:g} times as far out as the distance that "
        f"{share} of the validation films exceed; no test film and no foreign picture had a part "
        "in it. Faults that are named: "
        f"{named}. A fault with a remedy is named only if the film is familiar once it is put "
        "right. Films as they are and foreign pictures are counted as the app refuses them, by "
        "their distance or by a rule. The faults below were made of test films and are counted "
        "without the rules; the last column counts the films refused for this very "
        f"fault.{_of_kinds(built)}\n\n{table}"
    )


def _of_kinds(built: Built) -> str:
    """What is said of kinds that the model is not for; empty if there are none."""
    if not built.kinds:
        return ""
    source = f" The images come from: {built.kinds_from.rstrip('.')}." if built.kinds_from else ""
    return (
        f"\n\nThe model is not for {_listed(list(built.kinds))}, and refuses what looks like it. "
        "It learned that from half of such images, with a limit that 1 % of validation films "
        "exceed, as they are and varied as if taken elsewhere. The other half, of other patients "
        "as far as they are known and without near-duplicates of the first, is counted below; the "
        "last column counts the images refused as such. Images of the same kind from elsewhere "
        f"may look otherwise.{source}"
    )


def _listed(names: Sequence[str]) -> str:
    *before, last = names
    return f"{', '.join(before)} or {last}" if before else last


def _row(
    what: str, refused: ClusteredProportion, named: ClusteredProportion | None = None
) -> list[str]:
    by_name = count_of_total(named) if named is not None else ""
    return [what, count_of_total(refused), percent(refused), percent_interval(refused), by_name]
