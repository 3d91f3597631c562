"""The model card: what a reader should know before trusting a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from app.core.bundles.decision_rule import QUALITY_UNKNOWN
from app.core.bundles.findings import finding_manifest
from app.core.bundles.manifest import Manifest
from app.core.bundles.training_data import Data
from app.core.images.reading import window_text
from app.core.performance.findings import select_findings
from app.core.performance.formatting import calibration_in_full, counted
from app.core.performance.predictions import select
from app.core.performance.promises import promises
from model_training.bundling import reference_files
from model_training.bundling.other_sources import opening
from model_training.evaluation import finding_figures
from model_training.evaluation.figures import by_subgroup, markdown, notes, overall
from model_training.reference.build import Built

DATA, FIGURES, TRIED = "## Data", "## Figures on the test split", "## What was tried"
_DECISION = "## Decision"


def write_card(
    manifest: Manifest,
    predictions: pd.DataFrame,
    notes: list[str],
    *,
    remarks: str = "",
    not_tested: Sequence[str] = (),
    reference: Built | None = None,
) -> str:
    """The card as Markdown, with figures from the test rows of `predictions`.

    Reference:
        - Mitchell et al., Model Cards for Model Reporting (FAT* 2019),
          https://doi.org/10.1145/3287560.3287596

    Args:
        manifest: The manifest of the bundle.
        predictions: Its table of predictions.
        notes: Lines about the data and their split.
        remarks: Markdown written by whoever trained it: what was tried, and with what result.
        not_tested: What the model was not tested on, one line each.
        reference: How images are told that are unlike the training images; None if they are not.
    """
    return card_of_parts(
        manifest,
        Parts(
            opening=opening(not_tested),
            notes=notes,
            figures=figures_or_none(manifest, predictions),
            refusals=[text for _, text in reference_files.sections(reference, manifest)],
            remarks=remarks,
        ),
    )


@dataclass(frozen=True, slots=True)
class Parts:
    """What a card says that does not follow from the manifest alone.

    Attributes:
        opening: The first sections, see `other_sources.opening`.
        notes: Lines about the data and their split.
        figures: Those on the test split, as returned by `figures_or_none`.
        refusals: The sections about its reference.
        remarks: What was tried; empty for nothing.
    """

    opening: Sequence[str]
    notes: Sequence[str]
    figures: str
    refusals: Sequence[str]
    remarks: str


def card_of_parts(manifest: Manifest, parts: Parts) -> str:
    """The card as Markdown.

    Args:
        manifest: The manifest of the bundle.
        parts: The rest.
    """
    remarks = parts.remarks.strip()
    sections = [
        f"# {manifest.name}",
        f"{manifest.task.title}. Research use only, not a medical device.",
        *parts.opening,
        "## Intended use\n\n" + _intended_use(manifest),
        f"{DATA}\n\n{_data(manifest, parts.notes)}",
        f"{FIGURES}\n\n{parts.figures}",
        decision_section(manifest),
        *parts.refusals,
        "## Training\n\n" + _training(manifest),
        *([f"{TRIED}\n\n{remarks}"] if remarks else []),
        "## Limits\n\n" + _limits(manifest),
    ]
    return "\n\n".join(sections) + "\n"


def _intended_use(manifest: Manifest) -> str:
    class_names = ", ".join(manifest.task.display_name(name) for name in manifest.task.classes)
    looks = (
        f"It looks for: {class_names}. An image can show any number of these. It does not look for "
        "anything else"
        if manifest.task.any_of
        else f"It distinguishes: {class_names}. It does not look for anything else"
    )
    return (
        "A second interpretation of images like those described below, for research and teaching. "
        f"{looks}, and must not be used for the care of a patient."
    )


def _data(manifest: Manifest, notes: Sequence[str]) -> str:
    data = manifest.data
    rows = "\n".join(
        f"| {split_name} | {_patients(data, split_name)} | "
        + " | ".join(_count(data, split_name, name) for name in manifest.task.classes)
        + " |"
        for split_name, counts in data.counts.items()
        if sum(counts.values())
    )
    if manifest.quality == "unknown":
        return "\n".join(f"- {line}" for line in (f"Source: {data.source}", *notes))
    header = "| split | patients | " + " | ".join(manifest.task.classes) + " |"
    rule = "|---" * (2 + len(manifest.task.classes)) + "|"
    lines = [
        f"Source: {data.source}",
        f"Licence: {data.licence}",
        f"Fingerprint (files, labels, patients and split): `{data.fingerprint[:16]}`",
        *notes,
    ]
    return "\n".join(f"- {line}" for line in lines) + f"\n\n{header}\n{rule}\n{rows}"


def _patients(data: Data, split_name: str) -> str:
    """The number of known patients of a split, and of the images of unknown ones."""
    known = data.patients[split_name]
    unknown = data.images_without_patient.get(split_name, 0)
    if not unknown:
        return f"{known:,}"
    if not known:
        return "not known"
    return f"{known:,}, and {counted(unknown, 'image')} of unknown ones"


def _count(data: Data, split_name: str, name: str) -> str:
    """Images of a class, or images with a finding of those that are labelled for it."""
    count = str(data.counts[split_name][name])
    return f"{count} of {data.labelled[split_name][name]}" if data.labelled else count


def figures_or_none(manifest: Manifest, predictions: pd.DataFrame) -> str:
    """The figures on the test rows, or that nothing is known of its quality.

    Args:
        manifest: The manifest of the bundle.
        predictions: Its table of predictions.
    """
    if manifest.quality == "unknown":
        return f"Of the quality of this model {QUALITY_UNKNOWN}"
    return figures(manifest, predictions)


def figures(manifest: Manifest, predictions: pd.DataFrame) -> str:
    """The figures on the test rows as Markdown tables, with intervals and denominators.

    Args:
        manifest: The manifest of the bundle.
        predictions: Its table of predictions.
    """
    task = manifest.task
    if task.any_of:
        return finding_figures.as_markdown(
            finding_figures.cases_of_test_split(manifest, predictions),
            select_findings(predictions, task, split="test"),
        )
    threshold = manifest.thresholds.decision
    test = select(predictions, task, split="test")
    tables = [markdown(overall(test, task, threshold=threshold))]
    if rows := by_subgroup(test, task, threshold=threshold):
        tables.append(markdown(rows))
    return "\n\n".join([*tables, notes(test, task)])


def written_figures(card: str) -> str:
    """What `figures` returned when the card was written.

    Nothing is computed again: 1,000 resamples of each figure take seconds with many images.
    """
    return card.split(f"\n{FIGURES}\n\n", 1)[1].split("\n\n## ", 1)[0]


def decision_section(manifest: Manifest) -> str:
    """The section about threshold, zones and calibration, with its heading."""
    return f"{_DECISION}\n\n{_decision(manifest)}"


def _decision(manifest: Manifest) -> str:
    if not manifest.task.any_of:
        return _decision_about_one(manifest)
    return "\n\n".join(
        f"### {manifest.task.display_name(name)}\n\n"
        + _decision_about_one(finding_manifest(manifest, name))
        for name in manifest.task.classes
    )


def _decision_about_one(manifest: Manifest) -> str:
    thresholds = manifest.thresholds
    zones = promises(thresholds, manifest.task)
    if manifest.quality == "unknown":
        return (
            f"- Threshold: {thresholds.rule}. Every answer is uncertain, whatever its probability, "
            "until thresholds are chosen on labelled images."
        )
    if thresholds.guarantee is None:
        zones = [f"Uncertain below {thresholds.uncertain_high:.3f}."]
        if manifest.task.binary:
            zones = [
                f"Uncertain from {thresholds.uncertain_low:.3f} to {thresholds.uncertain_high:.3f}."
            ]
    if manifest.task.binary:
        positive = manifest.task.display_name(manifest.task.classes[1])
        zones.insert(0, f"{positive} from {thresholds.decision:.3f}.")
    lines = [
        f"Rule: {thresholds.rule}. Chosen on the {thresholds.chosen_on} split only.",
        *zones,
        f"Calibration: {calibration_in_full(manifest.calibration, manifest.task)}; fitted on the "
        f"{manifest.calibration.fitted_on} split.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def _training(manifest: Manifest) -> str:
    size = manifest.input
    settings = "\n".join(
        f"| {key} | {value} |"
        for key, value in manifest.training.items()
        # With more than two classes the most likely one is predicted, and the rule has no effect.
        if manifest.task.binary or manifest.task.any_of or key != "threshold_rule"
    )
    versions = ", ".join(f"{name} {number}" for name, number in manifest.versions.items())
    window = (
        f" Where a file does not state its range, {window_text(size.window)} are black and white."
        if size.window
        else ""
    )
    return (
        f"Input {size.height} × {size.width} × {size.channels}, films fitted by `{size.fit}`."
        f"{window}\n\n"
        f"| setting | value |\n|---|---|\n{settings}\n\nVersions: {versions}."
    )


def _limits(manifest: Manifest) -> str:
    heatmaps = "A heatmap shows which parts of the film influenced the score, not where disease is."
    if not manifest.heatmap.layer:
        heatmaps = "No layer of the model has a map of the film, so there is no heatmap."
    lines = [
        "The figures hold for the source above. At another hospital, with other equipment, ages "
        "or a different prevalence, they can be much worse.",
        heatmaps,
        "Probabilities are calibrated on the validation split and shift with the population.",
    ]
    if manifest.quality == "unknown":
        lines = [
            heatmaps,
            "The colours of its heatmaps have a scale that was not chosen on any image: a map can "
            "be pale or saturated throughout.",
            "Its probabilities are as the network gives them. They need not be frequencies.",
        ]
    if manifest.input.fit == "stretch":
        lines.append("Films are stretched to the size of the input, so their aspect ratio is lost.")
    return "\n".join(f"- {line}" for line in lines)
