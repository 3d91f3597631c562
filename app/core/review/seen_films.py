"""The films of a worklist without what their reader may not see yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from app.core.review.film_answers import ReadersView
from app.core.review.film_table import STATUS_CODES, FilmTable

# Statuses of the file, which tell nothing of what the model says.
_OF_FILES = tuple(STATUS_CODES[status] for status in ("refused", "unreadable"))


class SeenFilms:
    """Films as one reader sees them.

    Attributes:
        table: The films.
        view: What the reader may see of them.
        statuses: Code of each, `(films,)`; of a film whose answer is hidden, that it is to be read.
        probabilities: `(films,)` in [0, 1]; NaN where there is none or it is hidden.
        labels: Code of the class of each, `(films,)`; -1 where there is none or it is hidden.
    """

    def __init__(self, table: FilmTable, view: ReadersView) -> None:
        """Hides what is to be hidden.

        Args:
            table: The films.
            view: What the reader may see of them.
        """
        self.table, self.view = table, view
        self.statuses, self.probabilities, self.labels = (
            table.statuses, table.probabilities, table.labels
        )  # fmt: skip
        if view.shown is not None:
            hidden = np.ones(len(table), np.bool_)
            hidden[list(view.shown)] = False
            self.probabilities = np.where(hidden, np.nan, table.probabilities)
            self.labels = np.where(hidden, np.int32(-1), table.labels)
            of_model = hidden & ~np.isin(table.statuses, _OF_FILES)
            self.statuses = np.where(of_model, STATUS_CODES["to_read"], table.statuses)

    def urgency(self, items: NDArray[np.int64]) -> tuple[NDArray[np.generic], ...]:
        """Keys for `lexsort`, the last being the first to be looked at.

        Args:
            items: Positions of films, `(num_items,)`.
        """
        if self.view.shown is not None:
            return ()
        return -self.table.urgencies[items], self.statuses[items]

    def answered(
        self, wanted: Callable[[str, Sequence[str], Sequence[str]], bool]
    ) -> NDArray[np.bool_]:
        """Which films have an answer that is wanted, `(films,)`.

        Args:
            wanted: Called with text, readers and tags of an answer.
        """
        found = np.zeros(len(self.table), np.bool_)
        found[[item for item, answer in self.view.answers.items() if wanted(*answer)]] = True
        return found
