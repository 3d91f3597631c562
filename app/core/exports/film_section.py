"""What a PDF says of one film: its picture, what the model says, and what each reader said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.core.bundles.task import BETWEEN_FINDINGS, NO_FINDING, Task
from app.core.exports.contents import Contents
from app.core.exports.overlays import Drawn
from app.core.exports.paper import Paper
from app.core.exports.said import ADJUDICATED, ONE_READER, Said, class_said, decision
from app.core.performance import formatting
from app.core.record.entry import Entry
from app.core.record.verdict import CONFIDENCES
from app.core.reliance.words import name_of
from app.core.review.film_names import number_of
from app.core.review.refusals import second_look_note
from app.core.scoring.prediction import Prediction

_MARKS = {"seen": "seen", "reported": "reported"}
_BESIDE = 6.0  # millimetres between picture and text


class Size(NamedTuple):
    """Room for a picture, in millimetres."""

    width: float
    height: float


def film_section(
    paper: Paper, contents: Contents, item: int, said: Sequence[Said], drawn: Drawn, size: Size
) -> None:
    """Writes what there is of a film.

    Args:
        paper: Where to write.
        contents: The worklist.
        item: Position of the film in it.
        said: What was said of it.
        drawn: Its picture.
        size: Room for that.
    """
    if paper.will_page_break(size.height + 15):
        paper.add_page()
    heading, name = number_of(item), contents.names[item]
    paper.heading(heading, level=3)
    if name != heading:
        paper.paragraph(name, is_small=True)
    top, high = paper.get_y(), 0.0
    left = paper.l_margin
    if drawn.pixels is not None:
        high = paper.picture(drawn.pixels, width=size.width, height=size.height)
        paper.set_left_margin(left + size.width + _BESIDE)
    paper.facts(film_facts(contents, item, said, drawn))
    below = paper.get_y()
    paper.set_left_margin(left)
    paper.set_y(max(below, top + high) + 2)
    for one in said:
        _reader(paper, one, contents.bundle.manifest.task)


def film_facts(
    contents: Contents, item: int, said: Sequence[Said], drawn: Drawn
) -> list[tuple[str, str]]:
    """What is known of a film, by name.

    Args:
        contents: The worklist.
        item: Position of the film in it.
        said: What was said of it.
        drawn: Its picture.
    """
    task, result = contents.bundle.manifest.task, contents.results[item]
    found = []
    if result is None:
        found.append(("Model", "not scored yet"))
    elif result.prediction is None:
        found.append(("Model", f"{result.status}: {result.reason}"))
    else:
        prediction = result.prediction
        found += [
            ("Model", in_words(prediction.label, task)),
            ("Probability", formatting.probability(prediction.probability)),
            ("Threshold", formatting.probability(prediction.threshold)),
            ("Zone", prediction.zone),
            ("Heatmap", _heatmap(prediction, drawn, task)),
        ]
    if result is not None and (note := second_look_note(result.chosen)):
        found.append(("Note", note))
    if drawn.pixels is None:
        found.append(("Picture", f"could not be drawn ({drawn.problem.replace('_', ' ')})"))
    if item in contents.truth:
        found.append(("Truth", in_words(task.classes[contents.truth[item]], task)))
    decided = decision(said, task)
    # What one reader said stands below; a report for that reader may not hold what others said.
    if decided.label and decided.by != ONE_READER:
        by = "by adjudication" if decided.by == ADJUDICATED else f"by {decided.by}"
        found.append(("Decided", f"{in_words(decided.label, task)}, {by}"))
    if result is not None and result.image_id:
        found.append(("SHA-256", result.image_id))
    return found


def _heatmap(prediction: Prediction, drawn: Drawn, task: Task) -> str:
    if drawn.scale is None:
        return "none"
    word = task.display_name(task.classes[prediction.class_index])
    return f"evidence for {word}, brightest at {drawn.scale:.3g} logits"


def in_words(label: str | None, task: Task) -> str:
    """A class, or findings, as displayed; empty without one.

    Args:
        label: Its name; of findings, all of them in one text.
        task: The classes.
    """
    if not label:
        return ""
    if label == NO_FINDING and task.any_of:
        return "no finding"
    return ", ".join(task.display_name(one) for one in label.split(BETWEEN_FINDINGS))


def what_was_said(entry: Entry | None, task: Task) -> str:
    """The class of an entry, how sure the reader was, or the mark; empty without an entry.

    Args:
        entry: Of a call, a verdict, a mark or an adjudication.
        task: The classes.
    """
    if entry is None:
        return ""
    words = [in_words(class_said(entry, task), task) or _MARKS.get(entry.event, "")]
    if not words[0]:
        words = [entry.agreement or "comment only"]
    if entry.confidence is not None:
        words.append(CONFIDENCES.get(entry.confidence, f"{entry.confidence:.0%} sure"))
    return ", ".join(words)


def _reader(paper: Paper, said: Said, task: Task) -> None:
    """All that one reader said."""
    facts = []
    for what, entry in (
        ("Call", said.call), ("Verdict", said.verdict), ("Adjudication", said.adjudication),
    ):  # fmt: skip
        if entry is None:
            continue
        facts.append((what, f"{what_was_said(entry, task)}. {_when(entry)}"))
        if entry.tags:
            facts.append(("Tags", ", ".join(entry.tags)))
        if entry.regions:
            facts.append(("Regions", formatting.counted(len(entry.regions), "region") + " drawn"))
        if entry.comment:
            facts.append(("Comment", entry.comment))
    paper.facts([("Reader", name_of(said.reader)), *facts])
    paper.ln(1.5)


def _when(entry: Entry) -> str:
    moment = entry.created_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    read = "" if entry.reading_seconds is None else f", read for {entry.reading_seconds:.0f} s"
    return f"Entry {entry.number}, {moment}{read}"
