"""The PDF report of a worklist, and of one film of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from app.core.exports.contents import Contents
from app.core.exports.film_section import Size, film_section, in_words, what_was_said
from app.core.exports.overlays import Drawn
from app.core.exports.paper import Paper
from app.core.exports.provenance import film_provenance, provenance
from app.core.exports.said import Said, all_said
from app.core.performance import formatting
from app.core.performance.performance import evaluate_binary
from app.core.performance.proportions import evaluate_decisions
from app.core.performance.sampling_units import about_units
from app.core.reliance import words
from app.core.reliance.performance import own_films
from app.core.reliance.report import ReaderReport, RelianceReport

# Draws a film of the worklist by its position.
Draw = Callable[[int], Drawn]
# Is told how many films are drawn, and of how many. What it raises ends the work.
Watch = Callable[[int, int], None]
# A report with more pictures is too large to send.
MOST_PICTURES = 200
# Longer side of a picture in pixels; enough for the print of a large one.
PICTURE_SIDE = 900
_SMALL, _LARGE = Size(62, 62), Size(120, 130)
_INTERVALS = (
    "In brackets: 95 % intervals, and counts. Proportions: Wilson, widened where several readers "
    "read a film. Kappa and AC1: large-sample. Patients are not known, so the unit is the film."
)


def worklist_pdf(contents: Contents, draw: Draw, watch: Watch | None = None) -> bytes:
    """The report: a summary, the figures of model and readers, every reading, and the films read.

    Args:
        contents: The worklist.
        draw: Draws its films.
        watch: Is told of the progress.
    """
    said = all_said(contents.entries)
    by_film: dict[int, list[Said]] = defaultdict(list)
    for one in said:
        by_film[one.item].append(one)
    paper = Paper(contents.worklist.name, text=_all_text(contents))
    paper.heading(contents.worklist.name)
    paper.facts(provenance(contents))
    _model(paper, contents)
    for question in contents.questions():
        _readers(paper, contents.reliance(question))
    _readings(paper, contents, said)
    films = sorted(by_film)[:MOST_PICTURES]
    if films:
        paper.heading("Films", level=2, room=_SMALL.height + 35)
    for number, item in enumerate(films):
        if watch is not None:
            watch(number, len(films))
        film_section(paper, contents, item, by_film[item], draw(item), _SMALL)
    if len(by_film) > len(films):
        paper.paragraph(
            f"The first {len(films):,} of {len(by_film):,} films that were read are shown; all "
            "overlays are in the ZIP file.",
            is_small=True,
        )
    return bytes(paper.output())


def case_pdf(contents: Contents, item: int, draw: Draw) -> bytes:
    """The report of one film.

    Args:
        contents: The worklist.
        item: Position of the film in it.
        draw: Draws its films.
    """
    said = [one for one in all_said(contents.entries) if one.item == item]
    paper = Paper(contents.worklist.name, text=_all_text(contents, item))
    paper.heading(contents.worklist.name)
    film_section(paper, contents, item, said, draw(item), _LARGE)
    paper.heading("Where it is from", level=2)
    paper.facts(film_provenance(contents))
    return bytes(paper.output())


def _all_text(contents: Contents, item: int | None = None) -> str:
    """All characters that may be written; of one film only, if it is named."""
    task, entries = contents.bundle.manifest.task, contents.entries
    about = [one for one in entries if item is None or one.item == item]
    names = {one.item for one in about if one.item is not None} | ({item} - {None})
    texts = {
        "κ−…",
        contents.bundle.name,
        task.title,
        *map(task.display_name, task.classes),
        *(contents.names[one] for one in names if one is not None),
        *(result.reason for result in contents.results if result is not None),
        *(one.reader for one in entries),
        *(one.comment or "" for one in about),
        *("".join(one.tags or ()) for one in about),
    }
    return "".join(set("".join(texts)))


def _model(paper: Paper, contents: Contents) -> None:
    """The model on the worklist's own films, where the truth is known."""
    bundle, task = contents.bundle, contents.bundle.manifest.task
    if not contents.truth:
        return
    films = own_films(contents.results, contents.truth, num_classes=len(task.classes))
    paper.heading("The model on these films", level=2)
    if not films.cases.num_images:
        paper.paragraph("No film with a known class has a prediction.")
        return
    threshold = bundle.manifest.thresholds.decision if task.binary else None
    decisions = [
        evaluate_decisions(films.cases, threshold=threshold, label=label)
        for label in range(len(task.classes))
    ]
    facts = [("Accuracy", formatting.proportion_in_full(decisions[0].accuracy))]
    if task.binary:
        auc = evaluate_binary(films.cases).auc
        facts += [
            ("Sensitivity", formatting.proportion_in_full(decisions[1].sensitivity)),
            ("Specificity", formatting.proportion_in_full(decisions[1].specificity)),
            ("AUC", f"{formatting.figure(auc)} ({formatting.figure_interval(auc)})"),
        ]
    else:
        facts += [
            (f"Sensitivity, {task.display_name(name)}"[:24],
             formatting.proportion_in_full(one.sensitivity))
            for name, one in zip(task.classes, decisions, strict=True)
        ]  # fmt: skip
    facts.append(("Without prediction", f"{len(films.not_judged):,} films with a known class"))
    paper.facts(facts)
    paper.paragraph(about_units(films.cases.named_patients), is_small=True)


def _readers(paper: Paper, report: RelianceReport) -> None:
    """Agreement, and what the model did to calls."""
    if not report.readers:
        return
    suffix = f": {report.question.words[1]}" if report.question.finding else ""
    paper.heading(f"Readers{suffix}", level=2)
    paper.rows(
        ("Agreement between", "When", "Same class", "Cohen's κ", "Gwet's AC1"),
        [
            (words.pair_in_words(pair), when, *words.agreement_in_words(found))
            for pair in report.pairs
            for when, found in (("before the model", pair.before), ("in the end", pair.after))
            if found is not None
        ],
        (2.4, 1.9, 3.4, 3.5, 3.4),
    )
    for one in (*report.readers, *([report.together] if report.together else [])):
        _reader(paper, one, report)
    paper.paragraph(_INTERVALS, is_small=True)


def _reader(paper: Paper, one: ReaderReport, report: RelianceReport) -> None:
    paper.heading(words.name_of(one.reader), level=3)
    times = f"Median reading time {words.time_in_words(one.times.whole)}."
    gain = words.gain_in_words(one.gain)
    paper.paragraph(
        f"{times} Right answers, in the end against before the model: {gain}." if gain else times
    )
    if not one.compared:
        paper.paragraph(
            "No reading has a class, a prediction beside it, and a known true class.", is_small=True
        )
        return
    lines = (*words.accuracy_lines(one, report.question), *words.reliance_lines(one))
    paper.rows(
        ("Figure", "Counted", "Value"),
        [
            (line.name, line.meaning, formatting.proportion_in_full(line.figure.proportion))
            for line in lines
        ],
        (2.2, 4.7, 2.5),
    )


def _readings(paper: Paper, contents: Contents, said: tuple[Said, ...]) -> None:
    """A row for each film and reader."""
    if not said:
        return
    task = contents.bundle.manifest.task
    paper.heading("Every reading", level=2)
    rows = []
    for one in said:
        result = contents.results[one.item]
        prediction = None if result is None else result.prediction
        label = contents.truth.get(one.item)
        last = one.adjudication or one.verdict
        rows.append(
            (
                f"{one.item + 1:,}",
                contents.names[one.item],
                "" if label is None else in_words(task.classes[label], task),
                in_words(prediction.label, task) if prediction else "none",
                words.name_of(one.reader),
                what_was_said(one.call, task),
                what_was_said(last, task) + (" (adjudication)" if one.adjudication else ""),
                ", ".join(str(entry.number) for entry in one.entries),
            )
        )
    paper.rows(
        ("Film", "Name", "Truth", "Model", "Reader", "Call", "Verdict", "Entries"),
        rows,
        (0.7, 3.3, 1.3, 1.3, 1.1, 2.1, 2.1, 1.0),
    )
