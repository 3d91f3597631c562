"""What a reader may see of a film and do with it, at each moment of each reading mode.

`open`: the model is shown at once. `blind_first`: once the reader has made a call, which is locked;
then the reader confirms or changes it. `second_reader`: the same for each of several readers, none
of whom learns what the others said; where their final answers differ, an adjudicator decides, who
sees neither those nor the model before.

Whatever a browser is sent of the model goes by what is returned here: probability, class, zone,
heatmap, words about them, and an order that would tell of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.core.bundles.task import Task
from app.core.record.answers import Answers
from app.core.record.readers import Reader
from app.core.record.verdict import Verdict
from app.core.record.worklist import Worklist
from app.core.review.film_answers import Answer, ReadersView
from app.core.review.findings import label_text
from app.core.review.said_class import said_class

# `agreement`: a verdict with the model in sight. `call`: what the reader says before it is shown.
# `confirm`: a verdict after that. `nothing`: as of a closed worklist, or a film that waits.
Asks = Literal["agreement", "call", "confirm", "adjudication", "nothing"]

_MARKS = {"seen": "Seen", "reported": "Reported"}
_NOT_WAITING = Answer("Does not wait")


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reader may see of a film, and is asked.

    Attributes:
        shows_model: Whether anything that the model says may be seen.
        shows_others: Whether the answers of other readers may be seen.
        asks: What the reader is asked.
    """

    shows_model: bool
    shows_others: bool
    asks: Asks


def sight(worklist: Worklist, reader: Reader | None, said: Answers) -> Sight:
    """What a reader may see of a film now, and is asked.

    Args:
        worklist: The film's worklist.
        reader: Who reads; None where nobody is named.
        said: What was said about the film so far.
    """
    asks = _asks(worklist, reader, said)
    reader_id = _id(reader)
    is_open = worklist.mode == "open"
    return Sight(
        shows_model=is_open or said.call(reader_id) is not None or _decided(reader, said),
        shows_others=is_open and own_verdict(worklist, reader, said) is not None,
        asks="nothing" if worklist.is_closed else asks,
    )


def own_verdict(worklist: Worklist, reader: Reader | None, said: Answers) -> Verdict | None:
    """The verdict of a reader on a film; in an open worklist else the one that names nobody.

    Args:
        worklist: The film's worklist.
        reader: Who reads; None where nobody is named.
        said: What was said about the film.
    """
    reader_id = _id(reader)
    found = said.verdict(reader_id)
    is_own = found is not None and (worklist.mode == "open" or found.reader_id == reader_id)
    return found if is_own else None


def own_answer(worklist: Worklist, reader: Reader | None, said: Answers) -> Verdict | None:
    """A reader's own decision, verdict or mark on a film; None without one.

    Args:
        worklist: The film's worklist.
        reader: Who reads; None where nobody is named.
        said: What was said about the film.
    """
    if _decided(reader, said):
        return said.adjudication
    return own_verdict(worklist, reader, said) or said.mark(_id(reader))


def hides_names(worklist: Worklist) -> bool:
    """Whether films have numbers in place of names, which may tell what is to be read.

    Once a worklist is closed nothing is read in it, and names are shown.

    Args:
        worklist: The films' worklist.
    """
    return (worklist.hides_names or worklist.mode != "open") and not worklist.is_closed


def is_disputed(said: Answers) -> bool:
    """Whether the final answers of two readers differ, and nobody has decided between them.

    Args:
        said: What was said about a film.
    """
    return said.adjudication is None and _differ(said)


def readers_view(
    worklist: Worklist,
    reader: Reader | None,
    films: Mapping[int, Answers],
    num_films: int,
    task: Task,
) -> ReadersView:
    """What a reader may see of all films of a worklist, and their own answers.

    A film with a call that was not confirmed yet is unread. To an adjudicator, so are those that
    wait for a decision, and no others.

    Args:
        worklist: The worklist.
        reader: Who reads; None where nobody is named.
        films: What was said, by position; films of which nothing was said may be missing.
        num_films: How many films there are.
        task: The classes of the model.
    """
    answers, shown = {}, set()
    for item, said in films.items():
        seen = sight(worklist, reader, said)
        if seen.shows_model:
            shown.add(item)
        if (answer := _answer(worklist, reader, said, seen, task)) is not None:
            answers[item] = answer
    if _only_adjudicates(worklist, reader):
        waiting = {item for item, said in films.items() if is_disputed(said)}
        answers |= {
            item: _NOT_WAITING
            for item in range(num_films)
            if item not in waiting and item not in answers
        }
    is_open = worklist.mode == "open"
    return ReadersView(answers, None if is_open else frozenset(shown), hides_names(worklist))


def others(reader: Reader | None, said: Answers) -> list[Verdict]:
    """The verdicts of other readers on a film; only for one of whom `sight` says so.

    Args:
        reader: Who reads; None where nobody is named.
        said: What was said about the film.
    """
    found = [said.verdict(one) for one in said.readers if one != _id(reader)]
    return [one for one in found if one is not None and one.reader_id != _id(reader)]


def verdict_text(verdict: Verdict, task: Task) -> str:
    """A verdict in a word or two, such as `Agree` or `Disagree: Normal`; empty without an answer.

    Args:
        verdict: What a reader said.
        task: The classes of the model.
    """
    if verdict.event in _MARKS:
        return _MARKS[verdict.event]
    label = "" if verdict.label is None else label_text(verdict.label, task)
    if verdict.agreement is None:
        return label or ("Comment" if verdict.comment else "")
    agreement = verdict.agreement.capitalize()
    return f"{agreement}: {label}" if label and verdict.agreement == "disagree" else agreement


def _asks(worklist: Worklist, reader: Reader | None, said: Answers) -> Asks:
    if worklist.mode == "open":
        return "agreement"
    has_called = said.call(_id(reader)) is not None
    if worklist.mode == "second_reader" and not has_called:
        if _may_adjudicate(reader) and is_disputed(said):
            return "adjudication"
        if _only_adjudicates(worklist, reader) or said.adjudication is not None:
            return "nothing"
    return "confirm" if has_called else "call"


def _id(reader: Reader | None) -> int | None:
    return None if reader is None else reader.id


def _may_adjudicate(reader: Reader | None) -> bool:
    return reader is not None and reader.role in ("adjudicator", "administrator")


def _only_adjudicates(worklist: Worklist, reader: Reader | None) -> bool:
    is_adjudicator = reader is not None and reader.role == "adjudicator"
    return is_adjudicator and worklist.mode == "second_reader"


def _decided(reader: Reader | None, said: Answers) -> bool:
    """Whether it was this reader who decided between others."""
    decision = said.adjudication
    return reader is not None and decision is not None and decision.reader_id == reader.id


def _differ(said: Answers) -> bool:
    # Blind, every verdict names its class.
    finals = {
        said_class(found, ())
        for reader_id in said.readers
        if said.call(reader_id) is not None
        and (found := said.verdict(reader_id)) is not None
        and found.reader_id == reader_id
    }
    return len(finals) > 1


def _answer(
    worklist: Worklist, reader: Reader | None, said: Answers, seen: Sight, task: Task
) -> Answer | None:
    """What stands beside a film: a reader's own answer, and others' where they may be seen."""
    own = own_answer(worklist, reader, said)
    if own is None:
        return None
    shown = [own, *others(reader, said)] if seen.shows_others else [own]
    tags = dict.fromkeys(tag for one in shown for tag in one.tags)
    readers = dict.fromkeys(one.reader for one in shown if one.reader)
    return Answer(verdict_text(own, task), tuple(readers), tuple(tags))
