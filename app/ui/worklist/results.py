"""The results of a worklist as a file, with what the reader said of each film."""

from __future__ import annotations

from app.core.record.readers import Reader
from app.core.results.rows import table, with_verdicts
from app.core.review import modes
from app.core.review.film_names import shown_results
from app.core.review.open_worklist import OpenWorklist
from app.core.spreadsheets import to_csv

# By it, spreadsheets know that a CSV file is UTF-8.
_MARK = "\ufeff"


def as_csv(opened: OpenWorklist, reader: Reader | None) -> bytes:
    """A row for each film that is scored; CSV in UTF-8 with a byte-order mark.

    Args:
        opened: The worklist.
        reader: Who reads; None where nobody is named.
    """
    opened.answers.follow()
    verdicts = [
        modes.own_answer(opened.worklist, reader, opened.answers.on(item))
        for item, one in enumerate(opened.results())
        if one is not None
    ]
    written = to_csv(with_verdicts(table(shown_results(opened), opened.bundle), verdicts))
    return (_MARK + written).encode("utf-8")
