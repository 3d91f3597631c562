"""Takes all of an open worklist at one moment, and says who may see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from app.core.explanations.selection import Choice
from app.core.exports.contents import Contents
from app.core.exports.overlays import Drawn, drawn
from app.core.record.answers import Answers
from app.core.record.database import Database
from app.core.record.log import all_entries
from app.core.record.readers import Reader
from app.core.reliance.truth import known_truth
from app.core.review.film_names import number_of, without_names
from app.core.review.installed_models import installed_models
from app.core.review.modes import hides_names, is_disputed, own_answer, readers_view, sight
from app.core.review.open_worklist import OpenWorklist


def take(record: Database, opened: OpenWorklist) -> Contents:
    """All of a worklist as it is now.

    Args:
        record: Where it is.
        opened: The worklist.

    Raises:
        RecordError: If the record cannot be read.
    """
    worklist, bundle = opened.worklist, opened.bundle
    results = list(opened.results())
    names = list(opened.names)[: len(results)]
    return Contents(
        worklist=worklist,
        bundle=bundle,
        names=names,
        results=results,
        entries=tuple(all_entries(record, worklist_id=worklist.id)),
        truth=known_truth(record, worklist, names, bundle.manifest.task),
        taken_at=datetime.now(UTC),
    )


def as_readers_see_it(contents: Contents) -> Contents:
    """The same, with films by their numbers where the worklist hides names, and without its folder.

    Args:
        contents: The worklist.
    """
    if not hides_names(contents.worklist):
        return contents
    return replace(
        contents,
        worklist=replace(contents.worklist, place=""),
        names=[number_of(item) for item in range(len(contents.names))],
        results=without_names(contents.results, contents.names),
    )


def may_see(contents: Contents, reader: Reader | None, said: Mapping[int, Answers]) -> bool:
    """Whether the report of a worklist would tell a reader nothing before its time.

    It holds what the model says of every film and what all readers said. So in a blind mode it is
    for those who have made a call and then a verdict on every film that has a prediction, and with
    adjudication once nothing waits for it; or for everybody once the worklist is closed.

    Args:
        contents: The worklist.
        reader: Who asks; None where nobody is named.
        said: What was said of its films, by position.
    """
    worklist = contents.worklist
    if worklist.mode == "open" or worklist.is_closed:
        return True
    if worklist.mode == "second_reader" and any(map(is_disputed, said.values())):
        return False
    task = contents.bundle.manifest.task
    view = readers_view(worklist, reader, said, len(contents.names), task)
    return all(
        result is not None
        and (result.prediction is None or (view.shows_model(item) and item in view.answers))
        for item, result in enumerate(contents.results)
    )


def take_film(record: Database, opened: OpenWorklist, item: int, reader: Reader | None) -> Contents:
    """All of a worklist that a report of one of its films may tell a reader.

    Args:
        record: Where it is.
        opened: The worklist.
        item: Position of the film.
        reader: Who asks, and may see what the model says of it; None where nobody is named.

    Raises:
        RecordError: If the record cannot be read.
    """
    worklist, task = opened.worklist, opened.bundle.manifest.task
    said, results = opened.answers.on(item), list(opened.results())
    own = None if reader is None else reader.id
    entries = [
        one
        for one in all_entries(record, worklist_id=worklist.id, item=item)
        if one.reader_id == own or sight(worklist, reader, said).shows_others
    ]
    is_read = own_answer(worklist, reader, said) is not None
    names = list(opened.names)[: len(results)]
    return as_readers_see_it(
        Contents(
            worklist=worklist,
            bundle=opened.bundle,
            names=names,
            results=results,
            entries=tuple(entries),
            truth=known_truth(record, worklist, names, task) if is_read else {},
            taken_at=datetime.now(UTC),
        )
    )


def draw(
    opened: OpenWorklist, item: int, *, side: int | None, choice: Choice | None = None
) -> Drawn:
    """Draws a film of a worklist, see `overlays.drawn`.

    Args:
        opened: The worklist.
        item: Position of the film.
        side: Longer side of the picture in pixels; None for the size of the film.
        choice: The heatmap, if it is known; None for that of the predicted class.

    Raises:
        BundleError: If the network cannot be computed.
    """
    engine = opened.engine
    maps = installed_models().evidence_maps(engine.bundle)
    return drawn(engine, maps, opened.source(item), opened.result(item), side=side, choice=choice)
