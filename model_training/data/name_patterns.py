"""Regular expressions that find patients and subgroups in the paths of images."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from model_training.data.spelling import composed

# Proportion of the names of a class that must match a scheme; a few odd files should not lose
# the patients of all others.
LEAST_MATCHED = 0.8

# Naming schemes that unambiguously contain a patient, with a description. The patient number must
# be followed by something that distinguishes the images of one patient; otherwise it may be an
# image number. `IM-0001-0007`, as exported by DICOM viewers, is not included: its numbers are those
# of series and image, and every patient has a first series.
KNOWN_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "personN, patientN or subjectN": re.compile(
        r"(?:^|/)((?:person|patient|subject|pat)[-_ ]?\d+)(?=[-_ /])", re.IGNORECASE
    ),
    "sub-LABEL (BIDS)": re.compile(r"(?:^|/)(sub-[0-9A-Za-z]+)(?=[_/])"),
    "TCGA-XX-XXXX": re.compile(r"(?:^|/)(TCGA[-_][0-9A-Z]{2}[-_][0-9A-Z]{4})(?=[-_/])"),
}


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


def captured(pattern: re.Pattern[str], name: str) -> str:
    r"""Text of the first group that matched, or empty text if the pattern is not found.

    Args:
        pattern: With at least one group.
        name: Path of an image relative to its data folder, with `/`.

    Example:
    >>> captured(re.compile(r"(person\d+)_|IM-(\d+)-"), "NORMAL/IM-0115-0001.jpeg")
    '0115'
    """
    match = pattern.search(name)
    return next((group for group in match.groups() if group), "") if match else ""


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
