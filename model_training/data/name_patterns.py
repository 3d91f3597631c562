"""Regular expressions that find patients and subgroups in the paths of images."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from app.core.sources.patient_names import KNOWN_PATTERNS, captured
from model_training.data.spelling import composed

# Proportion of the names of a class that must match a scheme; a few odd files should not lose
# the patients of all others.
LEAST_MATCHED = 0.8


def compile_pattern(text: str) -> re.Pattern[str]:
    """Compiles a regular expression with at least one group.

    Raises:
        ValueError: If it is not valid, or has no group.
    """
    try:
        pattern = re.compile(composed(text))  # names are searched as composed
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}.") from None
    if not pattern.groups:
        raise ValueError(
            rf"{text!r} has no group. Put parentheses around the patient or subgroup, such as "
            r"'(person\d+)_'."
        )
    return pattern


def fitting_pattern(names: Sequence[str], classes: Sequence[str]) -> tuple[str, str]:
    """The known pattern that matches a whole data set, if there is one.

    A pattern matches if it finds at least two patients, and if in each class it is found in at
    least `LEAST_MATCHED` of the names or in none (classes often come from different sources). If
    several match, the one found in most names is chosen.

    Args:
        names: Paths of the images relative to the data folder, with `/`.
        classes: The class of each image.

    Returns:
        Its key in `KNOWN_PATTERNS`, and a remark on patterns that are found but do not match;
        both may be empty.
    """
    best, most, unfit = "", 0, []
    sizes = Counter(classes)
    for key, pattern in KNOWN_PATTERNS.items():
        found = [captured(pattern, name) for name in names]
        matched = Counter(name for name, patient in zip(classes, found, strict=True) if patient)
        total = sum(matched.values())
        if not total:
            continue
        few = [name for name in matched if matched[name] < LEAST_MATCHED * sizes[name]]
        if few:
            unfit.append(
                f"{key} is found in {matched[few[0]]:,} of {sizes[few[0]]:,} names of {few[0]}"
            )
        elif len(set(found) - {""}) < 2:
            unfit.append(f"{key} finds one patient only")
        elif total > most:
            best, most = key, total
    remark = f"File names do not identify patients: {'; '.join(unfit)}." if unfit else ""
    return best, "" if best else remark
