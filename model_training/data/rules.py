"""What to do where labelled data can be read in more than one way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.core.bundles.task import TaskKind

Conflicts = Literal["refuse", "drop", "keep"]
Uncertain = Literal["ignore", "positive", "negative"]
Blanks = Literal["ignore", "negative"]
Missing = Literal["refuse", "drop"]
Masks = Literal["drop", "keep"]


@dataclass(frozen=True, slots=True)
class Rules:
    """The answers to what the data leave open; None means that there is none yet.

    A question that comes up without an answer is an error that names the option.

    Attributes:
        task: Whether images belong to one class each or can show several findings, where both
            are possible.
        conflicts: Images with two labels: `refuse` the data, `drop` these images, or `keep` them
            for somebody to look at.
        uncertain: Labels of -1 or `uncertain`: leave them out of training, or take them for
            present or absent.
        blanks: Findings or labels that are empty: leave them out of training, or take them for
            absent.
        missing: Rows whose file is not there: `refuse` the table or `drop` them.
        masks: Whether files and folders that are named as masks are dropped.
        exclude: Patterns such as `*/masks/*` of paths relative to the data folder; images that
            match one are not read.
        separator: Between the findings in one cell, such as `|`; `none` if there is none.
        encoding: Of a text table, such as `cp1252`.
        sheet: Of a workbook.
        join: Column by which several tables belong together.
        patient_folder: The folder that is the patient, counted from the data folder (1 is the
            first) or from the file (-1 holds the file).
        class_folder: The folder that is the class, counted in the same way.
    """

    task: TaskKind | None = None
    conflicts: Conflicts = "refuse"
    uncertain: Uncertain | None = None
    blanks: Blanks | None = None
    missing: Missing = "refuse"
    masks: Masks = "drop"
    exclude: tuple[str, ...] = ()
    separator: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    join: str | None = None
    patient_folder: int | None = None
    class_folder: int | None = None
