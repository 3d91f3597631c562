"""From which score on a finding is called present, and what speaks against the scores."""

from __future__ import annotations

from math import isfinite

import numpy as np
import pandas as pd

from app.core.bundles.findings import column
from app.core.bundles.task import Task
from app.core.errors import DatasetError
from app.core.evidence.asked import Asked
from app.core.evidence.manifest import THE_FINDING, Cut, ScoreKind
from app.core.performance.predictions import ALL_CASES, group_of_each
from app.core.statistics.curves import roc_curve
from app.core.statistics.influence import auc_influence, interval_by_influence

_SUMS_TO_ONE = 0.02
DECISIONS_ONLY = (
    "The table has decisions, 0 and 1, and no scores that order the cases: sensitivity and "
    "specificity are those of the decisions, and the AUC is their mean."
)
_HIGHEST = Cut(decision=0.0, rule="the highest score")


def kind_of(frame: pd.DataFrame, task: Task, asked: Asked) -> tuple[ScoreKind, str]:
    """Whether scores are probabilities, by what they are if nothing was said, and why not.

    Args:
        frame: The predictions table.
        task: The question.
        asked: What was said.

    Raises:
        DatasetError: If they are said to be, and cannot be.
    """
    if asked.probabilities is False:
        return "score", ""
    if task.any_of:
        parts = [frame[column("probability", finding)] for finding in task.classes]
    else:
        parts = [
            frame[name] for name in (task.classes if len(task.classes) > 2 else ["probability"])
        ]
    low, high = min(part.min() for part in parts), max(part.max() for part in parts)
    inside, why = low >= 0 and high <= 1, f", as they lie from {low:g} to {high:g}"
    if inside and len(task.classes) > 2 and not task.any_of:
        off = int((np.abs(np.sum(parts, axis=0) - 1) > _SUMS_TO_ONE).sum())
        inside = not off
        why = f", as those of all classes do not add up to 1 in {off:,} of {len(frame):,} cases"
    if asked.probabilities and not inside:
        raise DatasetError(
            f"Scores are said to be probabilities, and lie from {low:g} to {high:g}. "
            "Expected 0 to 1, and 1 in all of several classes."
        )
    return ("probability", "") if inside else ("score", why)


def _questions(frame: pd.DataFrame, task: Task) -> dict[str, tuple[pd.Series, pd.Series]]:
    """Finding -> truth and score of the cases that are labelled for it."""
    if task.any_of:
        found = {}
        for finding in task.classes:
            rows = frame[frame[column("y_true", finding)].notna()]
            found[finding] = rows[column("y_true", finding)], rows[column("probability", finding)]
        return found
    return {THE_FINDING: (frame["y_true"], frame["probability"])} if task.binary else {}


def choose_cuts(
    frame: pd.DataFrame, task: Task, kind: ScoreKind, asked: Asked
) -> tuple[dict[str, Cut], list[str]]:
    """The threshold of each finding, and sentences about those that nobody stated.

    Args:
        frame: The predictions table.
        task: The question.
        kind: Whether scores are probabilities.
        asked: What was said.

    Raises:
        DatasetError: If a threshold is that of no finding.
    """
    questions = _questions(frame, task)
    unknown = sorted(set(asked.thresholds) - set(questions))
    if unknown:
        raise DatasetError(
            f"A threshold is given for {unknown[0]!r}, and the findings are "
            f"{', '.join(map(repr, questions)) or 'classes that need none'}. Name one of them: "
            "--threshold FINDING=NUMBER; NUMBER alone where there is one question."
        )
    cuts, chosen, idle = {}, [], []
    for finding, (truth, score) in questions.items():
        name = finding or task.display_name(task.classes[1])
        if finding in asked.thresholds:
            stated = asked.thresholds[finding]
            _require_possible(stated, name, kind)
            cuts[finding] = Cut(decision=stated, rule="stated")
            if stated > score.max() or stated <= score.min():
                sign = "negative" if stated > score.max() else "positive"
                idle.append(f"At the threshold {stated:g} for {name}, every case is {sign}.")
        elif kind == "probability":
            cuts[finding] = Cut(decision=0.5, rule="0.5, as none was stated")
        else:
            cuts[finding] = Cut(
                decision=_chosen(truth, score), rule="Youden's index", chosen_on=ALL_CASES
            )
            chosen.append(name)
    if not questions:
        return {THE_FINDING: _HIGHEST}, []
    if chosen:
        return cuts, [
            *idle,
            f"No threshold was stated for {', '.join(chosen)}: the one with the highest sum of "
            "sensitivity and specificity on these cases is used, so figures at it are optimistic.",
        ]
    if any(cut.rule != "stated" for cut in cuts.values()):
        return cuts, [*idle, "No threshold was stated: 0.5 is used. State the model's own."]
    return cuts, idle


def _require_possible(threshold: float, name: str, kind: ScoreKind) -> None:
    if kind == "probability" and not 0 <= threshold <= 1:
        raise DatasetError(
            f"The threshold for {name} is {threshold:g}, and scores are probabilities from 0 to 1; "
            "those written in percent are divided by 100. State it from 0 to 1, such as 0.5."
        )


def decision_cuts(task: Task) -> dict[str, Cut]:
    """The threshold between the decisions 0 and 1.

    Args:
        task: The question.
    """
    cut = Cut(decision=1.0, rule="the decisions of the table")
    if task.any_of:
        return dict.fromkeys(task.classes, cut)
    return {THE_FINDING: cut if task.binary else _HIGHEST}


def _chosen(truth: pd.Series[float], score: pd.Series[float]) -> float:
    """The score with the highest sum of sensitivity and specificity (Youden 1950)."""
    curve = roc_curve(truth.to_numpy(), score.to_numpy())
    best = float(curve.thresholds[int(np.argmax(curve.tpr - curve.fpr))])
    return best if isfinite(best) else float(score.median())


def doubts(frame: pd.DataFrame, task: Task) -> list[str]:
    """What makes the figures doubtful: one class alone, or scores upside down.

    Args:
        frame: The predictions table.
        task: The question.
    """
    warnings = []
    for finding, (truth, score) in _questions(frame, task).items():
        name = finding or task.display_name(task.classes[1])
        if score.nunique() == 1 < len(score):
            warnings.append(
                f"All cases have the same score for {name}, {score.iloc[0]:g}: it tells nothing."
            )
        if truth.nunique() < 2:
            which = "with" if (truth == 1).all() else "without"
            warnings.append(
                f"All cases are {which} {name}: there is no AUC, and only one of sensitivity and "
                "specificity."
            )
            continue
        patients = group_of_each(frame.loc[truth.index])
        area = interval_by_influence(auc_influence(truth, score), groups=patients)
        if area.value < 0.5:
            shown = area.high < 0.5
            means = ": high scores go with its absence." if shown else ", perhaps by chance."
            warnings.append(
                f"The AUC for {name} is {area.value:.3f}, below 0.5{means} Scores or truth may be "
                "upside down; nothing was turned round. Check which value is the positive one, and "
                "what a high score means."
            )
    return warnings
