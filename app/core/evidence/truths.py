"""Reads the truth of a finding: which cells mean present, which absent, and which say nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.errors import DatasetError
from app.core.evidence.numbers import MISSING

_UNSURE = frozenset({"-1", "-1.0", "u", "uncertain", "unknown", "unclear", "equivocal"})
_ABSENT = frozenset(
    {"0", "0.0", "no", "n", "false", "f", "negative", "neg", "absent", "normal", "healthy",
     "no finding", "no_finding", "nofinding"}
)  # fmt: skip
_PRESENT = frozenset(
    {"1", "1.0", "yes", "y", "true", "t", "positive", "pos", "present", "abnormal"}
)
_MAX_LISTED = 6


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The truth of one finding.

    Attributes:
        labels: 1, 0, or NaN where nothing is said, float64 `(n,)`.
        present: What a cell says where the finding is present; empty for 1, yes and such.
        absent: The same where it is absent.
        num_unsure: Cells that say that it is uncertain, and count as nothing.
    """

    labels: NDArray[np.float64]
    present: str
    absent: str
    num_unsure: int


def read_truth(cells: pd.Series[str], column: str, *, positive: str | None = None) -> Truth:
    """Reads a column that says whether a finding is there.

    Args:
        cells: Text, `(n,)`.
        column: Its name, for messages.
        positive: What a cell says where it is; every other value then means that it is not.

    Raises:
        DatasetError: If it is not clear which value is the positive one, or nothing is said.
    """
    text = cells.str.strip()
    lower = text.str.lower()
    nothing = lower.isin(MISSING)
    unsure = lower.isin(_UNSURE) & ~nothing
    said = ~(nothing | unsure)
    values = sorted(set(text[said]))
    if not values:
        raise DatasetError(
            f"The column {column!r} has no truth in any row. Expected 0 and 1, yes and no, or the "
            "names of two classes."
        )
    is_present, present, absent = _meaning(values, column, positive)
    labels = np.where(said, text.map(dict.fromkeys(is_present, 1.0)).fillna(0.0), np.nan)
    return Truth(labels.astype(np.float64), present, absent, int(unsure.sum()))


def _meaning(values: list[str], column: str, positive: str | None) -> tuple[set[str], str, str]:
    """The values that mean present, and the names of both classes where values are names."""
    if positive is not None:
        chosen = {one for one in values if one.lower() == positive.lower()}
        if not chosen:
            raise DatasetError(
                f"No cell of the column {column!r} says {positive!r}. It says {_listed(values)}."
            )
        others = [one for one in values if one not in chosen]
        name = next(iter(sorted(chosen)))
        is_name = name.lower() not in _PRESENT
        return chosen, name if is_name else "", others[0] if is_name and len(others) == 1 else ""
    known = {one: one.lower() in _PRESENT for one in values if one.lower() in _PRESENT | _ABSENT}
    if len(known) == len(values):
        absent = [one for one, yes in known.items() if not yes and not _is_plain(one)]
        present = [one for one, yes in known.items() if yes and not _is_plain(one)]
        return {one for one, yes in known.items() if yes}, "".join(present[:1]), "".join(absent[:1])
    unknown = [one for one in values if one not in known]
    if len(unknown) == 1 and known and not any(known.values()):
        absent_name = next(iter(known))
        return {unknown[0]}, unknown[0], "" if _is_plain(absent_name) else absent_name
    raise DatasetError(
        f"It is not clear which value of the column {column!r} means that the finding is there: "
        f"{_listed(values)}. Say it with --positive VALUE; every other value then means that it "
        "is not."
    )


def _is_plain(value: str) -> bool:
    """Whether a value is a yes or no, and not the name of a class."""
    return value.lower() not in ("normal", "healthy", "abnormal")


def _listed(values: list[str]) -> str:
    more = f" and {len(values) - _MAX_LISTED} more" if len(values) > _MAX_LISTED else ""
    return ", ".join(map(repr, values[:_MAX_LISTED])) + more
