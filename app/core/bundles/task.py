"""The question a model answers: its classes or findings, and how they are displayed."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import AliasChoices, Field, model_validator

from app.core.bundles.section import Section

# `one-of`: every image belongs to exactly one class. `any-of`: an image can show any number of
# the findings, each of which is a question of its own.
TaskKind = Literal["one-of", "any-of"]
# Between the findings of an image in one text, and that text where it has none.
BETWEEN_FINDINGS = "|"
NO_FINDING = "none"


class Task(Section):
    """The question the model answers: class names in output order, and how they are displayed.

    With two classes the positive class is the second, so `y_true` of 1 and a high probability
    both mean positive. With the kind `any-of`, the classes are findings, and each of them is
    present or absent whatever the others are.
    """

    title: str
    kind: TaskKind = "one-of"
    classes: tuple[str, ...] = Field(min_length=2)
    positive: str | None = None
    display_names: dict[str, str] = Field(
        default={}, validation_alias=AliasChoices("display_names", "wording")
    )

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        if len(set(self.classes)) != len(self.classes):
            raise ValueError(f"classes contain duplicates: {list(self.classes)}")
        if self.any_of:
            _check_findings(self.classes, self.positive)
        if self.binary and self.positive != self.classes[1]:
            raise ValueError(
                f"positive is {self.positive!r}; with two classes it must be the second of "
                f"{list(self.classes)}"
            )
        unknown = set(self.display_names) - set(self.classes)
        if unknown:
            raise ValueError(f"display_names contains {sorted(unknown)}, which are not classes")
        return self

    @property
    def binary(self) -> bool:
        """Whether there are two classes, separated by one threshold on the positive one."""
        return len(self.classes) == 2 and not self.any_of

    @property
    def any_of(self) -> bool:
        """Whether the classes are findings that do not exclude each other."""
        return self.kind == "any-of"

    def display_name(self, name: str) -> str:
        """The name under which a class is displayed; its own if another would look the same."""
        shown = self.display_names.get(name, name)
        same = [one for one in self.classes if self.display_names.get(one, one) == shown]
        return shown if len(same) == 1 else name


def _check_findings(findings: tuple[str, ...], positive: str | None) -> None:
    if positive is not None:
        raise ValueError(f"positive is {positive!r}; with any-of every finding has its own")
    unusable = [name for name in findings if BETWEEN_FINDINGS in name or name in ("", NO_FINDING)]
    if unusable:
        raise ValueError(
            f"the findings {unusable} cannot be listed; expected names without "
            f"{BETWEEN_FINDINGS!r}, other than {NO_FINDING!r}"
        )
