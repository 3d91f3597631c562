"""What the examination of a network's preprocessing says, as text."""

from __future__ import annotations

from math import isfinite

from model_training.importing.preprocessing_search import Examination
from model_training.importing.preprocessing_trials import Trial
from model_training.reports.markdown import decimals, markdown_table

_HEADER = ("setting", "AUC", "95 % interval", "of batch normalisation", "")


def report(examination: Examination) -> str:
    """The ranked table, what was decided, and what is odd.

    Args:
        examination: What was tried.
    """
    rows = [_row(one, examination) for one in examination.tried]
    return "\n\n".join([markdown_table(_HEADER, rows), verdict(examination), *examination.odd])


def verdict(examination: Examination) -> str:
    """What was decided, or why nothing was, in a sentence or two.

    Args:
        examination: What was tried.
    """
    if examination.is_sure:
        return (
            f"Pixels are given as {examination.best}: told from every other setting by "
            f"{examination.decided_by}."
        )
    if examination.rivals:
        listed = "; ".join(map(str, examination.rivals[:5]))
        num = len(examination.rivals)
        others = "another setting" if num == 1 else f"{num} other settings"
        return (
            f"The images do not tell {examination.best} from {others} ({listed}): the differences "
            "can be chance. Nothing was chosen. Say how the model was trained with --scale, or "
            "give more images."
        )
    return "Nothing was chosen, for the reason below. Say how the model was trained with --scale."


def _row(one: Trial, examination: Examination) -> tuple[str, str, str, str, str]:
    aucs = one.aucs
    standing = ""
    if one is examination.tried[0]:
        standing = "chosen" if examination.is_sure else "best"
    elif one.setting in examination.same:
        standing = "same answers"
    elif one.setting in examination.rivals:
        standing = "not told apart"
    mismatch = f"{one.mismatch:.2f} off" if isfinite(one.mismatch) else "none"
    return (
        str(one.setting), decimals(aucs.value),
        f"{decimals(aucs.low)} to {decimals(aucs.high)}", mismatch, standing,
    )  # fmt: skip
