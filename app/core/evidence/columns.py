"""What the columns of a table are, and what somebody said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.evidence.manifest import THE_FINDING
from app.core.evidence.table_files import Table


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table, and of a table of truth, are.

    Attributes:
        case: Names the case, in both tables.
        scores: Finding or class -> its column of scores. `THE_FINDING` where there is one question.
        truths: Finding -> its column of truth. Only `THE_FINDING` where the classes exclude each
            other.
        patient: Of the patient; None if there is none, like the next ones.
        site: Of the place.
        subgroups: Of what results are compared between, such as sex and scanner.
        group: Of images that belong together, such as near-duplicates.
        truth_case: Names the case in the table of truth, where it is called otherwise there.
    """

    case: str
    scores: Mapping[str, str]
    truths: Mapping[str, str]
    patient: str | None = None
    site: str | None = None
    subgroups: tuple[str, ...] = ()
    group: str | None = None
    truth_case: str | None = None

    @property
    def of_classes(self) -> bool:
        """Whether there is a score for each of several classes that exclude each other."""
        return set(self.truths) == {THE_FINDING} and len(self.scores) > 1

    def stated(self) -> str:
        """What each column was taken for, in a sentence."""
        scores = ", ".join(_pair(finding, one) for finding, one in self.scores.items())
        truths = ", ".join(_pair(finding, one) for finding, one in self.truths.items())
        more = [
            f"{what} {column!r}"
            for what, column in (
                ("patient", self.patient),
                ("site", self.site),
                *(("subgroup", one) for one in self.subgroups),
                ("group", self.group),
            )
            if column
        ]
        return f"Columns: case {self.case!r}; score {scores}; truth {truths}" + "".join(
            f"; {one}" for one in more
        )

    def unused(self, table: Table) -> list[str]:
        """The columns of the table of scores that are nothing of this.

        Args:
            table: The scores, and the truth if there is no table of it.
        """
        used = {
            self.case, self.patient, self.site, self.group, *self.subgroups,
            *self.scores.values(), *self.truths.values(),
        }  # fmt: skip
        return [one for one in table.columns if one not in used]


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said of the columns; what is None or an empty mapping is recognised.

    The attributes are those of `Columns`; an empty text is no column, and so are no subgroups.
    """

    case: str | None = None
    scores: Mapping[str, str] = field(default_factory=dict)
    truths: Mapping[str, str] = field(default_factory=dict)
    patient: str | None = None
    site: str | None = None
    subgroups: tuple[str, ...] | None = None
    truth_case: str | None = None


def _pair(finding: str, column: str) -> str:
    return f"{finding}={column!r}" if finding and finding != column else repr(column)
