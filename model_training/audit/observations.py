"""The observations of an inspection: what was found, what it means, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from app.core.performance.formatting import counted
from model_training.audit import gate_report
from model_training.audit.checks import Inspection
from model_training.audit.shortcuts import Shortcut
from model_training.data.answers import answer_counts

# Levels of the lower end of the confidence interval of the AUC.
GIVES_AWAY, STRONG, WEAK = 0.95, 0.75, 0.6

# What gives the class away, by the kind of the shortcut, and what to do about it.
_WHAT = {
    "file": "The file",
    "detail": "The size of the file",
    "size": "The size of the image",
    "exposure": "The exposure",
    "border": "The border of the image",
}
_ADVICE = {
    "file": (
        "The files of the classes were encoded differently, and compression leaves traces in the "
        "pixels that a network can learn. If possible, export all images from the originals in the "
        "same way; otherwise train on images that are downscaled and re-encoded in the same way, "
        "and test on images from elsewhere."
    ),
    "detail": (
        "All files are encoded in the same way, so their size depends on the detail and contrast "
        "of the image, which the disease itself may change. Test on images from elsewhere."
    ),
    "size": (
        "A network sees the aspect ratio of a stretched image, and the border of a padded one. "
        "Crop all images in the same way, and use --augmentation medical, which scales height and "
        "width independently."
    ),
    "exposure": (
        "Some of it may be the disease itself. Use --augmentation medical, which changes exposure "
        "and contrast, and test on images from another department."
    ),
    "border": (
        "Look for markers, tubes, collimation and black edges, crop them off if possible, "
        "and check the heatmaps of the trained model."
    ),
}


@dataclass(frozen=True, slots=True)
class Observation:
    """Something that was found in a data set.

    Attributes:
        level: `leak` invalidates the test figures, `check` needs a person, `fine` needs nothing.
        title: What was found, with its number.
        meaning: What it means and what to do; empty if obvious.
    """

    level: Literal["leak", "check", "fine"]
    title: str
    meaning: str = ""


def observations(inspection: Inspection) -> list[Observation]:
    """All observations, most serious first."""
    found = [
        *_about_split(inspection),
        *_about_labels(inspection),
        *_about_files(inspection),
        *_about_gate(inspection),
        *_about_duplicates(inspection),
        *_about_shortcuts(inspection),
    ]
    order = ("leak", "check", "fine")
    return sorted(found, key=lambda one: order.index(one.level))


def strength(shortcut: Shortcut) -> str:
    """How well a property predicts the class, in a word or two."""
    low = shortcut.auc.low
    if low >= GIVES_AWAY:
        return "gives the class away"
    if low >= STRONG:
        return "strong"
    if low >= WEAK:
        return "moderate"
    return "weak" if low > 0.5 else "none shown"


def _about_split(inspection: Inspection) -> Iterator[Observation]:
    for (one, other), shared in inspection.shared.items():
        if shared:
            yield Observation(
                "leak",
                f"{one} and {other} share {shared}.",
                f"Figures on {other} would be too good: the model has seen the answers. Correct "
                "the split. `fit` refuses it, unless you choose --leaks redraw (a new random split "
                "by patient) or --leaks keep.",
            )
    unknown = sum(not case.patient_id for case in inspection.cases)
    if inspection.shared and not inspection.leaks:
        patient = "known patient, " if unknown else "patient, "
        named = patient if unknown < len(inspection.cases) else ""
        yield Observation("fine", f"No {named}file or near-duplicate is in two splits.")
    if unknown:
        total = len(inspection.cases)
        yield Observation(
            "check",
            f"The patient of {unknown:,} of {total:,} images is not known.",
            "Images of one patient may end up on both sides of a split, which makes the figures "
            "too good. Add patients in a column of a table or in manifest.csv or, if they are in "
            "the paths, with --patient-pattern. Without them, groups of near-duplicates are kept "
            "on one side, which covers only some of the patients.",
        )


def _about_labels(inspection: Inspection) -> Iterator[Observation]:
    files, pairs = inspection.contradictions.files, inspection.contradictions.pairs
    if files:
        yield Observation(
            "check",
            f"{_files_are(len(files))} present with more than one label "
            f"({sum(map(len, files)):,} images).",
            "One of the labels must be wrong. Correct it, or leave these images out: `fit` refuses "
            "them, unless you choose --conflicts drop.",
        )
    if len(pairs):
        yield Observation(
            "check",
            f"{len(pairs):,} of {len(inspection.pairs):,} pairs of near-duplicates have different "
            "labels.",
            "For adjacent slices at the edge of a finding this may be right; for copies of "
            "one film it is not. Look at the pairs.",
        )


def _about_files(inspection: Inspection) -> Iterator[Observation]:
    counts = answer_counts(inspection.cases, inspection.classes)
    gone = [name for name in inspection.classes if not counts[name]]
    if gone:
        yield Observation(
            "check",
            f"No image of {' and '.join(gone)} can be read.",
            "A class without images cannot be learnt. Export its images again, or leave the class "
            "out with --exclude.",
        )
    if inspection.problems:
        total = len(inspection.cases) + len(inspection.problems)
        yield Observation(
            "check",
            f"{len(inspection.problems):,} of {total:,} images cannot be used.",
            "They are left out of training. If more than 10 % are, `fit` stops; export them again.",
        )
    else:
        yield Observation("fine", f"All {len(inspection.cases):,} images can be read.")
    if inspection.odd:
        yield Observation(
            "check",
            f"{len(inspection.odd):,} of {len(inspection.cases):,} images are unlike the others: a "
            "model trained on all would refuse them.",
            "Look at them. What is no film, or has a border or text that the model will not meet, "
            "is better left out or exported again; what is rare but right may stay.",
        )


def _about_gate(inspection: Inspection) -> Iterator[Observation]:
    found = inspection.gate
    if found is None:
        return
    said, *more = gate_report.sentences(found)
    is_fine = found.shift is not None and not (
        found.refused.successes or found.seen or found.shift.matters
    )
    yield Observation("fine" if is_fine else "check", said, " ".join(more))


def _about_duplicates(inspection: Inspection) -> Iterator[Observation]:
    identical = inspection.identical_files
    if identical:
        yield Observation(
            "check",
            f"{_files_are(len(identical))} present more than once "
            f"({sum(map(len, identical)):,} images).",
            "They count twice in training. Random splits keep them on one side.",
        )
    if len(inspection.pairs):
        in_pairs = len(np.unique([*inspection.pairs.first, *inspection.pairs.second]))
        mirrored = int(inspection.pairs.mirrored.sum())
        yield Observation(
            "check",
            f"{in_pairs:,} of {len(inspection.cases):,} images are near-duplicates of another "
            f"({counted(len(inspection.pairs), 'pair')}"
            f"{f', {mirrored:,} of them mirrored' * (mirrored > 0)}). With identical files, the "
            f"largest group has {np.bincount(inspection.near_groups).max():,} images.",
            "They are copies of one film, adjacent slices, or repeated films of one patient. "
            "Random splits keep each group on one side; count patients, not images.",
        )
    elif not identical:
        yield Observation("fine", "There are no identical files and no near-duplicates.")


def _about_shortcuts(inspection: Inspection) -> Iterator[Observation]:
    if not inspection.shortcuts:
        return
    telling = [s for s in inspection.shortcuts if s.auc.low >= STRONG]
    for kind, advice in _ADVICE.items():
        of_kind = [shortcut for shortcut in telling if shortcut.kind == kind]
        if of_kind:
            several = len(inspection.classes) > 2
            named = ", ".join(
                f"{s.feature}{f' for {s.class_name}' * several} {s.auc.value:.3f}" for s in of_kind
            )
            certain = any(s.auc.low >= GIVES_AWAY for s in of_kind)
            yield Observation(
                "check",
                f"{_WHAT[kind]} alone {'gives' if certain else 'nearly gives'} the class away "
                f"(AUC: {named}).",
                advice,
            )
    if not telling:
        best = inspection.shortcuts[0]
        yield Observation(
            "fine",
            f"No shortcut is strong: the best is {best.feature}, AUC {best.auc.value:.3f}.",
        )


def _files_are(number: int) -> str:
    return f"{counted(number, 'file')} {'is' if number == 1 else 'are'}"
