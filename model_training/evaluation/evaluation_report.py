"""The report of `overread-train evaluate`: text and page."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from textwrap import fill

from app.core.gate.reason_words import reasons_in_words
from app.core.performance.calibration_check import outcomes_and_probabilities
from app.core.performance.formatting import counted, proportion_in_full
from app.core.performance.predictions import HeldOut
from app.core.statistics.calibration import reliability_bins
from app.core.statistics.curves import roc_curve
from app.core.statistics.metrics import Proportion, operating_point
from model_training.data.datasets import Case
from model_training.evaluation import finding_figures
from model_training.evaluation.figures import HEADER, Row, by_subgroup, markdown, notes, overall
from model_training.evaluation.finding_figures import FindingCases
from model_training.evaluation.scored import Scored
from model_training.reports.html_report import Figure, Section, Table, write_report
from model_training.reports.plots import NamedRoc, reliability_figure, roc_figure

_LINE = 100  # characters of a line of text


def text(scored: Scored) -> str:
    """The figures as text: what was scored, all images together, and each subgroup or finding."""
    what = fill(" ".join(_what(scored)), _LINE)
    if scored.bundle.manifest.task.any_of:
        findings = [_finding_cases(scored, name) for name in scored.classes]
        return f"{what}\n\n{finding_figures.as_markdown(findings, scored.together())}"
    cases, task, threshold = scored.held_out(), scored.bundle.manifest.task, _threshold(scored)
    sections = [
        what,
        markdown(overall(cases, task, threshold=threshold)),
        *(markdown(rows) for rows in [by_subgroup(cases, task, threshold=threshold)] if rows),
        fill(notes(cases, task), _LINE),
    ]
    return "\n\n".join(sections)


def write_html(path: Path, scored: Scored, *, data: str, warning: str) -> None:
    """Writes the evaluation as a page, with ROC curves and calibration.

    Args:
        path: The HTML file.
        scored: The scored images.
        data: Name of the data, for the heading.
        warning: A sentence about images that were used in training, or empty.
    """
    said = Section("What was evaluated", [line for line in [*_what(scored), warning] if line])
    sections = (
        _finding_sections(scored) if scored.bundle.manifest.task.any_of else _sections(scored)
    )
    write_report(path, title=f"{scored.bundle.name} on {data}", sections=[said, *sections])


def _finding_sections(scored: Scored) -> list[Section]:
    """The table of all findings, then the sections of each, under its name."""
    findings = [_finding_cases(scored, name) for name in scored.classes]
    sections = [
        Section(
            "All findings",
            [finding_figures.mean_sentence(findings, scored.together())],
            [Table(finding_figures.HEADER, finding_figures.summary_rows(findings))],
        )
    ]
    for name, one in zip(scored.classes, findings, strict=True):
        if not one.has_both:
            sections.append(Section(one.name, [one.why_none]))
            continue
        own = _sections(scored.of_finding(name))
        sections += [replace(each, heading=f"{one.name}: {each.heading}") for each in own]
    return sections


def _finding_cases(scored: Scored, name: str) -> FindingCases:
    own = scored.of_finding(name)
    return FindingCases(own.bundle.manifest, own.held_out())


def _sections(scored: Scored) -> list[Section]:
    cases, task, threshold = scored.held_out(), scored.bundle.manifest.task, _threshold(scored)
    figures = overall(cases, task, threshold=threshold)
    subgroups = by_subgroup(cases, task, threshold=threshold)
    return [
        Section("Figures", [notes(cases, task)], [_table(figures)]),
        *([Section("Subgroups", tables=[_table(subgroups)])] if subgroups else []),
        Section("Ranking", figures=[_roc(scored, cases)]),
        Section(
            "Calibration",
            figures=[
                Figure(
                    reliability_figure(reliability_bins(*outcomes_and_probabilities(cases))),
                    "Predicted probability and observed frequency in ten bins of equal width, with "
                    "Wilson intervals. Above the line the model is underconfident, below it "
                    "overconfident.",
                )
            ],
        ),
    ]


def _what(scored: Scored) -> list[str]:
    manifest = scored.bundle.manifest
    num_images, patients = len(scored.image_ids), scored.patients
    lines = [
        f"{manifest.task.title}: {counted(num_images, 'image')}{patients} scored by "
        f"{scored.bundle.name} (SHA-256 {scored.bundle.sha256[:12]})."
    ]
    lines += _not_scored(scored)
    if manifest.task.binary:
        lines.append(
            f"Decision threshold for {manifest.task.display_name(manifest.task.classes[1])}: "
            f"{manifest.thresholds.decision:.3f}, the bundle's own ({manifest.thresholds.rule})."
        )
    return lines


def _not_scored(scored: Scored) -> list[str]:
    """What was refused, apart from what could not be read: neither is in any figure."""
    lines = []
    refused = scored.without_score("refused")
    if refused:
        share = Proportion(len(refused), len(scored.cases))
        reasons = Counter(reason for _, reason in refused)
        lines.append(
            f"Refused: {proportion_in_full(share)} of the images: {reasons_in_words(reasons)}."
            f"{_of_each_class(scored, [case for case, _ in refused])} The figures are of the "
            "others alone."
        )
    lost = [*scored.without_score("unreadable"), *scored.without_score("failed")]
    if lost:
        reasons = Counter(reason for _, reason in lost)
        lines.append(
            f"{len(lost)} of {len(scored.cases)} images could not be scored: "
            f"{reasons_in_words(reasons)}."
        )
    return lines


def _of_each_class(scored: Scored, cases: list[Case]) -> str:
    """How many of each class these are: figures can look good when one class is refused."""
    if scored.bundle.manifest.task.any_of:
        return ""
    all_of, these = (
        Counter(scored.classes[case.label] for case in some) for some in (scored.cases, cases)
    )
    words = ", ".join(f"{these[name]} of {all_of[name]} {name}" for name in all_of)
    return f" By class: {words}."


def _roc(scored: Scored, cases: HeldOut) -> Figure:
    task = scored.bundle.manifest.task
    if task.binary:
        truth, score = cases.y_true, cases.probabilities[:, 1]
        point = operating_point(truth, score, threshold=_threshold(scored))
        curves = [NamedRoc(scored.bundle.name, roc_curve(truth, score), point)]
        caption = "The ROC curve; the circle is the bundle's own decision threshold."
    else:
        curves = [
            NamedRoc(
                task.display_name(name),
                roc_curve(cases.y_true == label, cases.probabilities[:, label]),
            )
            for label, name in enumerate(task.classes)
        ]
        caption = "The ROC curve of each class against the rest."
    return Figure(roc_figure(curves), caption, height=460)


def _table(rows: list[Row]) -> Table:
    return Table(HEADER, [row.cells for row in rows])


def _threshold(scored: Scored) -> float:
    return scored.bundle.manifest.thresholds.decision
