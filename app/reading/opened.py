"""The film that a request is about, and what its reader may see of it."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.record.answers import Answers
from app.core.record.readers import Reader, reader_of
from app.core.review import modes
from app.core.review.modes import Sight
from app.core.review.open_worklist import OpenWorklist
from app.core.review.worklist_registry import open_worklists
from app.core.scoring.result import Result
from app.reading.answers import UNKNOWN, AnswerError, Asked
from app.reading.sessions import sessions

_HIDDEN = "The model is shown once your call is locked."
_NOTHING = "The model says nothing of this film."


@dataclass(frozen=True, slots=True)
class AskedFilm:
    """A film that somebody asks for.

    Attributes:
        opened: Its worklist.
        item: Its position there.
        result: What the model says of it; None if it is not judged yet. Only what `sight` lets
            through may be sent.
        said: What was said about it.
        sight: What the reader may see and do.
    """

    opened: OpenWorklist
    item: int
    result: Result | None
    said: Answers
    sight: Sight

    def require_shown(self) -> Result:
        """The result, with a prediction or without, for a reader who may see it.

        Raises:
            AnswerError: If there is none, or it may not be seen.
        """
        if not self.sight.shows_model:
            raise AnswerError(409, _HIDDEN)
        if self.result is None:
            raise AnswerError(404, _NOTHING)
        return self.result

    def require_model(self) -> Result:
        """The result with its prediction, for a reader who may see it.

        Raises:
            AnswerError: If there is none, or it may not be seen.
        """
        result = self.require_shown()
        if result.prediction is None:
            raise AnswerError(404, _NOTHING)
        return result


def asked_worklist(asked: Asked) -> OpenWorklist:
    """The worklist of a session, as it is now.

    Args:
        asked: The request.

    Raises:
        AnswerError: If the reader may not read it.
        OverreadError: If it cannot be opened.
    """
    reader = asked.session.reader
    if reader is not None:
        require_as_known(reader)
    opened = open_worklists().get(asked.session.worklist_id)
    if not opened.worklist.is_for(None if reader is None else reader.id):
        raise AnswerError(403, "This worklist is for other readers. What you saved in it is kept.")
    return opened


def require_as_known(reader: Reader) -> None:
    """Asks the record, as another server may have removed a reader, or given another role.

    Args:
        reader: As known when the session began.

    Raises:
        AnswerError: If the reader may read no more, or needs a session of the new role.
        RecordError: If the record cannot be read.
    """
    found = reader_of(open_worklists().record, reader.id)
    if found is None or found.is_removed:
        raise AnswerError(403, "You may no longer read here. What was saved is kept.")
    if found != reader:
        sessions.end_of(reader.id)
        raise AnswerError(401, UNKNOWN)


def asked_film(asked: Asked) -> AskedFilm:
    """The film in a request's address.

    Args:
        asked: The request.

    Raises:
        AnswerError: If there is no such film, or the reader may not read it.
        OverreadError: If the worklist cannot be opened, or the record cannot be read.
    """
    opened, item = asked_worklist(asked), asked.path["item"]
    if item >= len(opened):
        raise AnswerError(404, f"This worklist has {len(opened):,} films; there is no such one.")
    opened.answers.follow()
    said = opened.answers.on(item)
    sight = modes.sight(opened.worklist, asked.session.reader, said)
    return AskedFilm(opened, item, opened.result(item), said, sight)
