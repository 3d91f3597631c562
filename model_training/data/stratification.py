"""Divides groups of images so that every label is spread evenly, however labels go together.

With findings that do not exclude each other, a group has many labels at once and cannot be put
into one stratum. The groups with the rarest label are assigned first, each to where that label is
wanted most.

Reference:
    - Sechidis, Tsoumakas and Vlahavas, On the Stratification of Multi-Label Data (ECML PKDD
      2011), https://doi.org/10.1007/978-3-642-23808-6_10
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def stratify(
    counts: NDArray[np.int64], fractions: NDArray[np.float64], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Assigns each group to a part.

    Args:
        counts: Images of each group with each label, `(num_groups, num_labels)`. An image may
            have several labels; one column may count all images.
        fractions: Wanted fraction of every label in each part, `(num_parts,)`, above 0.
        generator: Decides between groups and parts that are equal.

    Returns:
        The part of each group, from 0, `(num_groups,)`.
    """
    order = generator.permutation(len(counts))
    counts = counts[order]
    wanted = fractions[:, np.newaxis] / fractions.sum() * counts.sum(axis=0)
    parts = np.full(len(counts), -1, np.int64)
    while (free := parts < 0).any():
        left = counts[free].sum(axis=0)
        if not left.any():  # groups without any label
            parts[free] = generator.choice(
                len(fractions), int(free.sum()), p=fractions / fractions.sum()
            )
            break
        rarest = int(np.where(left > 0, left, np.iinfo(np.int64).max).argmin())
        having = np.flatnonzero(free & (counts[:, rarest] > 0))
        # Large groups first, as small ones can still even out what they leave.
        for group in having[np.argsort(-counts[having].sum(axis=1), kind="stable")]:
            part = _neediest(wanted, rarest, generator)
            parts[group] = part
            wanted[part] -= counts[group]
    assigned = np.empty_like(parts)
    assigned[order] = parts
    return assigned


def _neediest(wanted: NDArray[np.float64], label: int, generator: np.random.Generator) -> int:
    """The part that wants most of a label, of several the one that wants most of all labels."""
    best = np.flatnonzero(np.isclose(wanted[:, label], wanted[:, label].max()))
    totals = wanted[best].sum(axis=1)
    best = best[np.isclose(totals, totals.max())]
    return int(generator.choice(best))
