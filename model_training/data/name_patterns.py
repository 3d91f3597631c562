"""What the paths of images tell of patients and subgroups, found by regular expressions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

# Of a class whose names follow a scheme, at least this proportion does; a few odd files among
# them are no reason to forget the patients of the others.
LEAST_MATCHED = 0.8

# Schemes whose names say themselves that they name a patient, by what they look like. A number
# must be followed by what tells the images of one patient apart, else it may count images.
# `IM-0001-0007`, as DICOM viewers export, is none of them: it holds the numbers of a series and
# of an image, and every patient has a first series.
KNOWN_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "personN, patientN or subjectN": re.compile(
        r"(?:^|/)((?:person|patient|subject|pat)[-_ ]?\d+)(?=[-_ /])", re.IGNORECASE
    ),
    "sub-LABEL (BIDS)": re.compile(r"(?:^|/)(sub-[0-9A-Za-z]+)(?=[_/])"),
    "TCGA-XX-XXXX": re.compile(r"(?:^|/)(TCGA[-_][0-9A-Z]{2}[-_][0-9A-Z]{4})(?=[-_/])"),
    # NIH ChestX-ray14: 30,805 patients, so the number is not taken for a date.
    "000NNNNN_NNN (NIH)": re.compile(r"(?:^|/)(000\d{5})_\d{3}\.\w+$"),
}


def compile_pattern(text: str) -> re.Pattern[str]:
    """A regular expression that has a group for what is to be found.

    Raises:
        ValueError: If it is not valid, or has no group.
    """
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}.") from None
    if not pattern.groups:
        raise ValueError(
            rf"{text!r} has no group in parentheses around what is to be found, such as "
            r"'(person\d+)_'."
        )
    return pattern


def captured(pattern: re.Pattern[str], name: str) -> str:
    r"""What the first group that took part holds; empty where the pattern is not found.

    Args:
        pattern: With at least one group.
        name: Path of an image below its data folder, with `/`.

    Example:
    >>> captured(re.compile(r"(person\d+)_|IM-(\d+)-"), "NORMAL/IM-0115-0001.jpeg")
    '0115'
    """
    match = pattern.search(name)
    return next((group for group in match.groups() if group), "") if match else ""


def fitting_pattern(names: Sequence[str], classes: Sequence[str]) -> tuple[str, str]:
    """The known pattern that fits a whole data set, if one does.

    A pattern fits if it tells at least two patients apart and is the scheme of whole classes:
    in each class it is found in at least `LEAST_MATCHED` of the names, or in none. (Classes
    often come from different sources.) If several fit, the one found in the most names is it.

    Args:
        names: Paths of the images below the data folder, with `/`.
        classes: The class of each image.

    Returns:
        Its key in `KNOWN_PATTERNS`, and a remark on the patterns that are found but do not
        fit; both empty where there is nothing to say.
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
            unfit.append(f"{key} tells of one patient only")
        elif total > most:
            best, most = key, total
    remark = f"File names do not tell the patients: {'; '.join(unfit)}." if unfit else ""
    return best, "" if best else remark
