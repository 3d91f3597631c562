"""How much more proportions vary where cases come in groups, such as images of one patient.

Reference:
    - Rao and Scott, A Simple Method for the Analysis of Clustered Binary Data (Biometrics 1992),
      https://doi.org/10.2307/2532311
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def design_effect(successes: NDArray[np.bool_], groups: NDArray[np.int64]) -> float | None:
    """Ratio of the variance between groups to that of independent cases, at least 1.

    Args:
        successes: Whether each case is one, bool `(num_cases,)`.
        groups: Number of the group of each case, from 0, `(num_cases,)`; all are in use.

    Returns:
        None without variation, as nothing is known then of how alike the cases of a group are.
    """
    count, total = int(successes.sum()), len(successes)
    if count in (0, total):
        return None
    cases = np.bincount(groups)
    num_groups, proportion = len(cases), count / total
    if num_groups < 2:
        return float(total)
    residuals = np.bincount(groups, successes) - proportion * cases
    between = num_groups / (num_groups - 1) * (residuals**2).sum() / total**2
    return float(max(1.0, between / (proportion * (1 - proportion) / total)))
