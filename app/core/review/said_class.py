"""Which class a reader's words say: one definition, for reading modes, reports and files alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Said(Protocol):
    """A call, a verdict or an adjudication."""

    @property
    def label(self) -> str | None:
        """The class that was chosen; None without one."""

    @property
    def agreement(self) -> str | None:
        """Whether the reader agrees with the model; None without an answer."""

    @property
    def prediction(self) -> str | None:
        """The class that the model predicted, if it was shown."""


def said_class(said: Said, classes: Sequence[str]) -> str | None:
    """Name of the class that is said; None if none is.

    It is the class that was chosen, else that of the model where the reader agrees with it. To
    disagree with one of two classes is to say the other; among more, or of findings, it says none.

    Args:
        said: What a reader said.
        classes: The classes if they exclude each other; none of findings.
    """
    if said.label is not None:
        return said.label
    if said.agreement == "agree":
        return said.prediction
    if said.agreement == "disagree" and len(classes) == 2 and said.prediction in classes:
        (other,) = set(classes) - {said.prediction}
        return other
    return None
