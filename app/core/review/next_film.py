"""Which film of a worklist is to be read next."""

from __future__ import annotations

from app.core.record.readers import Reader
from app.core.review.film_filter import UNREAD, Filter
from app.core.review.film_list import film_list
from app.core.review.film_order import Order
from app.core.review.open_worklist import OpenWorklist


def next_unread(opened: OpenWorklist, reader: Reader | None) -> int | None:
    """The most urgent film that a reader has not read; None if there is none.

    Where films are read before the model is shown, the first in the order of the worklist.

    Args:
        opened: The worklist.
        reader: Who reads; None if nobody is named.

    Raises:
        RecordError: If the record cannot be read.
    """
    unread = film_list(opened).listed(reader, Filter(verdicts=(UNREAD,)), Order()).found.items
    return int(unread[0]) if len(unread) else None
