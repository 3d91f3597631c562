"""A column that names the class of each image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from model_training.data.cells import Mark, mark_of
from model_training.data.row_labels import Labels, about_uncertain, no_label, uncertain_as
from model_training.data.rules import Rules


def labels_of_classes(texts: Sequence[str], column: str, rules: Rules, file_name: str) -> Labels:
    """Reads the cells as classes; -1, `?` and the like beside yes and no are uncertain.

    Args:
        texts: The cells, whole numbers without a fraction.
        column: Name of the column, for messages.
        rules: What to do with uncertain labels and blank cells.
        file_name: Name of the table, for messages.

    Raises:
        DatasetError: If a cell is blank or uncertain and no rule says what that means.
    """
    labels, notes = list(texts), []
    marks = [mark_of(text) for text in texts]
    if None not in marks and {Mark.PRESENT, Mark.ABSENT, Mark.UNCERTAIN} <= set(marks):
        num_uncertain = marks.count(Mark.UNCERTAIN)
        meaning = uncertain_as(num_uncertain, f"the column {column!r}", rules, file_name)
        written = Counter(text for text, mark in zip(texts, marks, strict=True) if mark is meaning)
        taken_for = "" if meaning is Mark.BLANK else written.most_common(1)[0][0]
        labels = [
            taken_for if mark is Mark.UNCERTAIN else text
            for text, mark in zip(texts, marks, strict=True)
        ]
        notes.append(about_uncertain(num_uncertain, "labels", meaning))
    # Of the cells as written: an uncertain label is left out by choice, not by mistake.
    blank = [number for number, text in enumerate(texts, start=1) if not text]
    if blank:
        if rules.blanks != "ignore":
            raise no_label(blank, len(texts), f"in the column {column!r}", file_name)
        notes.append(f"Left out: {len(blank):,} of {len(texts):,} rows have no label.")
    return Labels("one-of", (), labels, [], tuple(notes))
