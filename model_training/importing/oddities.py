"""What speaks against a network's answers to labelled films."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model_training.importing.paired_figures import Resampled

# Answers that differ by less are the same.
SAME = 1e-4
# A network that is right hardly more often than a coin tells nothing.
LOWEST_AUC = 0.6
_ALMOST_SURE = 1e-6


def log_odds(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logit of each class's probability; those of a softmax depend on each other.

    Args:
        logits: `(num_films, num_outputs)`; a single one is that of a sigmoid.
    """
    if logits.shape[1] == 1:
        return logits
    wide = np.repeat(logits[:, np.newaxis, :], logits.shape[1], axis=1)
    wide[:, np.arange(logits.shape[1]), np.arange(logits.shape[1])] = -np.inf
    others: NDArray[np.float64] = np.logaddexp.reduce(wide, axis=2)
    return logits - others


def odd_answers_to_films(logits: NDArray[np.float64], aucs: Resampled, nothing: str) -> list[str]:
    """What is odd about answers to labelled films, a sentence each.

    Args:
        logits: Of each film, as `log_odds` gives them, `(num_films, num_columns)`.
        aucs: Their AUC, mean over findings or classes.
        nothing: What to say of a network that does not tell the classes apart.
    """
    odd = []
    probabilities = 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
    if np.ptp(probabilities, axis=0).max() < SAME:
        odd.append("The answer is the same for every film.")
    elif ((probabilities < _ALMOST_SURE) | (probabilities > 1 - _ALMOST_SURE)).mean() > 0.5:
        odd.append(
            "More than half of the answers are 0 or 1 to six digits: no probabilities, and often "
            "pixels of another scale."
        )
    if aucs.high < 0.5:
        odd.append(
            f"The AUC is {aucs.value:.3f}, below 0.5 by more than chance: the classes seem to be "
            "in another order than the outputs. Turn --classes round, or look at the labels."
        )
    elif max(aucs.value, 1 - aucs.value) < LOWEST_AUC:
        odd.append(nothing)
    return odd
