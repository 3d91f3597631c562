"""`overread evidence`: results from a table of scores, without a model."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.commands.calls import Commands, add_command
from app.commands.parsing import WrongCall, given_path, number


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "evidence",
        "Make results of a table of scores, a vendor's or another program's, without its model. "
        "Performance shows them like those of a bundle. Columns are recognised by their names, and "
        "what each was taken for is printed; options say otherwise.",
        "overread evidence scores.csv --truth truth.csv --images films/ --out evidence/vendor",
    )
    command.add_argument(
        "table", type=given_path, metavar="TABLE",
        help="table with a row for each case and its score: CSV, TSV, Parquet or .xlsx",
    )  # fmt: skip
    command.add_argument(
        "--out", type=given_path, required=True, metavar="EVIDENCE",
        help="folder to write; the app lists those in the folder evidence of OVERREAD_HOME",
    )  # fmt: skip
    command.add_argument(
        "--truth", type=given_path, metavar="TABLE",
        help="table with the truth by case; default: TABLE has it",
    )  # fmt: skip
    command.add_argument(
        "--images", type=given_path, metavar="FOLDER",
        help="folder of the films, named like the cases; it must stay there; default: no films",
    )  # fmt: skip
    command.add_argument(
        "--name", metavar="NAME", help="what the results are called; default: the name of EVIDENCE"
    )
    command.add_argument(
        "--sheet", metavar="NAME",
        help="sheet of an .xlsx TABLE; default: the only one that has rows",
    )  # fmt: skip
    for option, what in (
        ("--case", "the case"),
        ("--truth-case", "the case in the table of truth"),
        ("--patient", "the patient"),
        ("--site", "the site"),
    ):
        command.add_argument(
            option, metavar="COLUMN", help=f"column of {what}; default: recognised by its name"
        )
    command.add_argument(
        "--long", metavar="COLUMN",
        help="column that names the finding, class or reader of a row, where each case has several "
        "rows; empty for a row each; default: recognised by its name",
    )  # fmt: skip
    command.add_argument(
        "--subgroup", action="append", metavar="COLUMN",
        help="column of what results are compared between, such as sex; may be given more than "
        "once; default: recognised by its name",
    )  # fmt: skip
    for option, what in (("--score", "scores"), ("--truth-column", "truth")):
        command.add_argument(
            option, action="append", default=[], metavar="[FINDING=]COLUMN",
            help=f"column of the {what}, once for each finding; default: recognised by its name",
        )  # fmt: skip
    command.add_argument(
        "--positive", action="append", default=[], metavar="VALUE",
        help="what the truth says where the finding is there, once for each such value; default: "
        "1, yes, positive and such",
    )  # fmt: skip
    command.add_argument(
        "--finding", default="", metavar="NAME",
        help="what the only finding is called; default: as in the table",
    )  # fmt: skip
    command.add_argument(
        "--threshold", action="append", default=[], metavar="[FINDING=]NUMBER",
        help="lowest score that is called positive; default: 0.5 for probabilities, else chosen "
        "on these cases",
    )  # fmt: skip
    command.add_argument(
        "--not-probabilities", action="store_true",
        help="scores from 0 to 1 that are not probabilities; default: they are",
    )  # fmt: skip
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from app.core.evidence.asked import Asked
    from app.core.evidence.cases import collect
    from app.core.evidence.columns import Said
    from app.core.evidence.long_layout import as_cases
    from app.core.evidence.recognition import recognise
    from app.core.evidence.table_files import read_table_file
    from app.core.evidence.writing import write_evidence
    from app.core.progress import progress

    if options.out.exists():
        raise WrongCall(f"{str(options.out)!r} exists. Name a new folder with --out.")
    table = read_table_file(options.table, sheet=options.sheet)
    table = as_cases(table, kind=options.long, case=options.case)
    truth = None
    if options.truth is not None:
        truth = as_cases(read_table_file(options.truth), case=options.truth_case)
    said = Said(
        options.case,
        _pairs(options.score),
        _pairs(options.truth_column),
        options.patient,
        options.site,
        None if options.subgroup is None else tuple(options.subgroup),
        options.truth_case,
    )
    asked = Asked(
        options.finding,
        tuple(options.positive),
        {finding: _number(text) for finding, text in _pairs(options.threshold).items()},
        False if options.not_probabilities else None,
    )
    cases = collect(table, truth, recognise(table, truth, said), asked)
    with progress(title="reading films", unit="film", total=0) as bar:

        def watch(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        written = write_evidence(
            options.out,
            cases,
            name=options.name or Path(options.out).name,
            tables=[table] if truth is None else [table, truth],
            films=options.images,
            watch=watch,
        )
    for note in written.manifest.notes:
        print(note)
    for warning in written.manifest.warnings:
        print(f"overread: {warning}", file=sys.stderr)
    print(f"evidence sha256: {written.sha256}")
    print(f"overread: {len(cases.predictions):,} cases. Folder: {options.out}", file=sys.stderr)


def _pairs(given: list[str]) -> dict[str, str]:
    """Finding -> what was said of it; the finding is empty where none was named."""
    pairs: dict[str, str] = {}
    for text in given:
        finding, separator, value = text.rpartition("=")
        if not value or (separator and not finding) or finding in pairs:
            raise WrongCall(
                f"{text!r} is not understood, or given twice. Expected COLUMN, or FINDING=COLUMN "
                "once for each finding."
            )
        pairs[finding] = value
    return pairs


def _number(text: str) -> float:
    try:
        return number(text)
    except argparse.ArgumentTypeError as error:
        raise WrongCall(f"--threshold: {error}") from None
