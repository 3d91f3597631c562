"""The true classes of a worklist's films, as a table that somebody gave says them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, select, update

from app.core.record import times
from app.core.record.database import Database
from app.core.record.entry import storable
from app.core.record.schema import worklist_items, worklists
from app.core.record.worklists import no_such_worklist

_WHAT = "true classes"


def set_table_truth(database: Database, worklist_id: str, labels: Mapping[int, str]) -> None:
    """Takes the true classes of a worklist from a table from now on, in place of earlier ones.

    Args:
        database: The record.
        worklist_id: Part of its address.
        labels: Name of the class of each film that the table names, by the film's position.

    Raises:
        RecordError: If there is no such worklist, or they could not be saved; what was there
            before stays then.
    """
    columns = worklist_items.c
    of_this = columns.worklist_id == worklist_id
    rows = [{"at": position, "label": storable(label)} for position, label in labels.items()]
    with database.writing(_WHAT) as connection:
        changed = connection.execute(
            update(worklists)
            .where(worklists.c.id == worklist_id)
            .values(truth="table", truth_at=times.now())
        )
        if not changed.rowcount:
            raise no_such_worklist()
        connection.execute(update(worklist_items).where(of_this).values(truth=None))
        if rows:
            of_film = update(worklist_items).where(of_this, columns.position == bindparam("at"))
            connection.execute(of_film.values(truth=bindparam("label")), rows)


def table_truth(database: Database, worklist_id: str) -> dict[int, str]:
    """Name of the true class of each film that the last table named, by the film's position.

    Args:
        database: The record.
        worklist_id: Part of its address.

    Raises:
        RecordError: If the record cannot be read.
    """
    columns = worklist_items.c
    query = (
        select(columns.position, columns.truth)
        .where(columns.worklist_id == worklist_id, columns.truth.is_not(None))
        .order_by(columns.position)
    )
    with database.reading(_WHAT) as connection:
        return {int(position): str(label) for position, label in connection.execute(query)}
