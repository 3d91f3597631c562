"""What a reader's browser sends to be saved: understood, or refused before anything is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.core.bundles.task import BETWEEN_FINDINGS, NO_FINDING, Task
from app.core.record.regions import checked_regions
from app.core.record.tags import checked_tags
from app.core.record.verdict import CONFIDENCES, Agreement
from app.core.settings import read_settings
from app.reading.answers import AnswerError, Asked

MOST_CHARACTERS = 5000
MOST_OF_REASON = 300
# A day: whoever leaves a film open longer does not read it.
_Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
_Action = Annotated[str, Field(pattern=r"^[0-9a-fA-F-]{36}$")]
_Comment = Annotated[str, Field(max_length=MOST_CHARACTERS)]


def _known(confidence: float) -> float:
    if confidence not in CONFIDENCES:
        raise ValueError("not one of them")
    return confidence


_Confidence = Annotated[float, AfterValidator(_known)]


class ActionRequest(BaseModel):
    """Anything that is done to a film, with the browser's own id of it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    action: _Action


class MarkRequest(ActionRequest):
    """A film without a result was seen, or reported to whoever made it."""

    event: Literal["seen", "reported"]
    comment: _Comment = ""


class JudgeRequest(ActionRequest):
    """A refused film is to be judged after all: corrected, or for a reason."""

    corrected: bool = False
    reason: Annotated[str, Field(max_length=MOST_OF_REASON)] = ""


class ReadingRequest(ActionRequest):
    """What a reader says of a film."""

    label: Annotated[str, Field(max_length=10_000)] | None = None
    agreement: Agreement | None = None
    confidence: _Confidence | None = None
    comment: _Comment = ""
    tags: list[str] = []
    regions: list[Any] = []
    reading_seconds: _Seconds | None = None
    idle_seconds: _Seconds | None = None

    def said(self, task: Task) -> dict[str, Any]:
        """The columns of the record, checked.

        Args:
            task: The classes of the model.

        Raises:
            AnswerError: If a class, a tag or a region is not one.
        """
        if self.label is not None and not _is_label(self.label, task):
            raise AnswerError(400, "The class is not one of this model's; nothing was saved.")
        known = read_settings().reading_tags
        if not all(tag in known for tag in self.tags):
            raise AnswerError(400, "A tag is not one of this place's; nothing was saved.")
        try:
            regions = checked_regions(self.regions)
        except ValueError as error:
            raise AnswerError(400, f"{error} Nothing was saved.") from None
        return {
            "label": self.label,
            "agreement": self.agreement,
            "confidence": self.confidence,
            "comment": self.comment,
            "tags": checked_tags(self.tags, known),
            "regions": regions,
            "reading_seconds": self.reading_seconds,
            "idle_seconds": self.idle_seconds,
        }


_Wanted = TypeVar("_Wanted", bound=ActionRequest)


def understood(kind: type[_Wanted], asked: Asked) -> _Wanted:
    """What was sent, with every field as it must be.

    Args:
        kind: What is expected.
        asked: The request.

    Raises:
        AnswerError: If it is not; says which field, not what was in it.
    """
    try:
        return kind.model_validate(dict(asked.body))
    except ValidationError as error:
        places = sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]})
        limit = f" A comment has up to {MOST_CHARACTERS:,} characters." * ("comment" in places)
        raise AnswerError(
            400, f"Nothing was saved; not understood: {', '.join(places)}.{limit}"
        ) from None


def _is_label(label: str, task: Task) -> bool:
    if not task.any_of:
        return label in task.classes
    found = label.split(BETWEEN_FINDINGS)
    return label == NO_FINDING or (len(set(found)) == len(found) and set(found) <= {*task.classes})
