"""Why labelled films are left out: how that is counted, and how it is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.core.errors import Status
from app.core.gate.reason_words import reasons_in_words

# Reasons as counted. Of what the model cannot judge, the reason is its status and its code.
CONTRADICTING = "labelled as two classes"
REPEATED = "the same file again"
TRAINED_ON = "among the films of the training"
ADAPTED_TO = "among the films that were adapted to, or of their patients"

_SENTENCES = {
    TRAINED_ON: "the model was trained, tuned or tested on {them}",
    ADAPTED_TO: "the model was adapted to {them}, or to another film of the same patient",
    REPEATED: "the same file is in the list more than once",
}
_STATUSES = {
    "refused": "the model refuses {them}",
    "unreadable": "{they} cannot be read",
    "failed": "the model gave no valid output for {them}",
}
_BETWEEN = ": "


def not_judged(status: Status, code: str) -> str:
    """The reason of a film that the model could not judge.

    Args:
        status: As in `Result`.
        code: Stable short code for why.
    """
    return f"{status}{_BETWEEN}{code}"


def left_out_sentences(left_out: Mapping[str, int], examples: Sequence[str] = ()) -> list[str]:
    """Why films are not used, a sentence for each kind of reason, with counts.

    Args:
        left_out: Films, or rows of a table, by reason.
        examples: Names of some films that are labelled as two classes.
    """
    said = []
    for reason, sentence in _SENTENCES.items():
        if count := left_out.get(reason, 0):
            said.append(_sentence(count, sentence))
    if count := left_out.get(CONTRADICTING, 0):
        named = f" ({', '.join(examples)})" if examples else ""
        said.append(
            f"{count:,} labels contradict each other: a film is labelled as two classes{named}. "
            "Such films are left out."
        )
    for status, sentence in _STATUSES.items():
        codes = {
            reason.removeprefix(status + _BETWEEN): count
            for reason, count in left_out.items()
            if reason.startswith(status + _BETWEEN)
        }
        if codes:
            said.append(_sentence(sum(codes.values()), f"{sentence} ({reasons_in_words(codes)})"))
    known = {*_SENTENCES, CONTRADICTING}
    # As earlier versions counted what could not be judged.
    others = {
        reason: count
        for reason, count in left_out.items()
        if reason not in known and reason.partition(_BETWEEN)[0] not in _STATUSES
    }
    if others:
        said.append(
            _sentence(
                sum(others.values()),
                f"the model cannot judge {{them}} ({reasons_in_words(others)})",
            )
        )
    return said


def _sentence(count: int, why: str) -> str:
    is_one = count == 1
    words = {"them": "it", "they": "it"} if is_one else {"them": "them", "they": "they"}
    films = "1 film is" if is_one else f"{count:,} films are"
    return f"{films} left out: {why.format(**words)}."
