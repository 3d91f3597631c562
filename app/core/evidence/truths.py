"""Reads the truth of a finding: which cells mean present, which absent, and which say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.core.errors import DatasetError
from app.core.evidence.numbers import MISSING

_UNSURE = frozenset(
    {"-1", "-1.0", "u", "uncertain", "unknown", "unclear", "equivocal", "indeterminate", "unsure",
     "unklar", "unsicher", "unbekannt", "incertain", "inconnu", "incierto", "desconocido",
     "incerto", "onzeker"}
)  # fmt: skip
_ABSENT_NAMES = frozenset(
    {"normal", "healthy", "benign", "gesund", "gutartig", "unauffällig", "sain", "bénin", "sano",
     "benigno", "gezond", "goedaardig"}
)  # fmt: skip
_PRESENT_NAMES = frozenset(
    {"abnormal", "malignant", "malign", "bösartig", "auffällig", "maligne", "malin", "maligno",
     "kwaadaardig"}
)  # fmt: skip
_ABSENT = _ABSENT_NAMES | {
    "0", "0.0", "no", "n", "false", "f", "negative", "neg", "neg.", "absent", "no finding",
    "no_finding", "nofinding", "nein", "negativ", "non", "négatif", "negatif", "negativo", "nee",
    "negatief", "não", "nao", "falsch", "faux", "falso",
}  # fmt: skip
_PRESENT = _PRESENT_NAMES | {
    "1", "1.0", "yes", "y", "true", "t", "positive", "pos", "pos.", "present", "+", "ja", "j",
    "positiv", "oui", "positif", "sí", "si", "sì", "positivo", "positief", "sim", "wahr", "vrai",
    "verdadero", "vero",
}  # fmt: skip
_PLUS, _MINUS = "+", frozenset({"-", "–", "−"})
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


def read_truth(cells: pd.Series[str], column: str, *, positive: Sequence[str] = ()) -> Truth:
    """Reads a column that says whether a finding is there.

    Args:
        cells: Text, `(n,)`.
        column: Its name, for messages.
        positive: What cells say where it is; every other value then means that it is not. If
            empty, it is recognised.

    Raises:
        DatasetError: If it is not clear which value is the positive one, or nothing is said.
    """
    text = cells.str.strip()
    if (text == _PLUS).any():
        text = text.where(~text.isin(_MINUS), "negative")  # a dash alone says nothing
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


def says_truth(cells: pd.Series[str]) -> bool:
    """Whether a column says of every case that something is there, is not, or is uncertain.

    Args:
        cells: Text, `(n,)`.
    """
    values = {one.strip().lower() for one in cells.unique()} - MISSING - _UNSURE
    return bool(values & _PRESENT) and bool(values & _ABSENT) and values <= _PRESENT | _ABSENT


def _meaning(values: list[str], column: str, positive: Sequence[str]) -> tuple[set[str], str, str]:
    """The values that mean present, and the names of both classes where values are names."""
    if positive:
        asked = {one.strip().lower() for one in positive}
        chosen = {one for one in values if one.lower() in asked}
        if missing := sorted(asked - {one.lower() for one in chosen}):
            raise DatasetError(
                f"No cell of the column {column!r} says {missing[0]!r}. It says {_listed(values)}."
            )
        others = [one for one in values if one not in chosen]
        name = next(iter(chosen)) if len(chosen) == 1 else ""
        if not _is_name(name):
            return chosen, "", ""
        return chosen, name, others[0] if len(others) == 1 and _is_name(others[0]) else ""
    known = {one: one.lower() in _PRESENT for one in values if one.lower() in _PRESENT | _ABSENT}
    if len(known) == len(values):
        absent = [one for one, yes in known.items() if not yes and _is_name(one)]
        present = [one for one, yes in known.items() if yes and _is_name(one)]
        return {one for one, yes in known.items() if yes}, "".join(present[:1]), "".join(absent[:1])
    unknown = [one for one in values if one not in known]
    if len(unknown) == 1 and known and not any(known.values()) and _is_name(unknown[0]):
        absent_name = next(iter(known))
        return {unknown[0]}, unknown[0], absent_name if _is_name(absent_name) else ""
    raise DatasetError(
        f"It is not clear which value of the column {column!r} means that the finding is there: "
        f"{_listed(values)}. Say it with --positive VALUE, once for each such value, or choose "
        "them on the page; every other value then means that it is not."
    )


def _is_name(value: str) -> bool:
    """Whether a value is the name of a class, and not a yes, a no or a number."""
    lower = value.lower()
    if lower in _ABSENT_NAMES | _PRESENT_NAMES:
        return True
    return bool(lower) and lower not in _PRESENT | _ABSENT and not lower.replace(".", "").isdigit()


def _listed(values: list[str]) -> str:
    more = f" and {len(values) - _MAX_LISTED} more" if len(values) > _MAX_LISTED else ""
    return ", ".join(map(repr, values[:_MAX_LISTED])) + more
