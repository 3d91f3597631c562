"""`overread compare`: two results on the cases that they share."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from app.commands.calls import Commands, add_command, bundle_folder
from app.commands.parsing import given_path, require_output_file

if TYPE_CHECKING:
    from app.core.evidence.evidence import Results
    from app.core.evidence.pairing import Side

_LINE = 100  # characters of a line of text


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "compare",
        "Compare two results on the cases that they share, and test which differences are more "
        "than chance: results without a model, or the held-out images of a bundle. Cases are the "
        "same if their films are, or their names.",
        "overread compare evidence/vendor models/chest-pneumonia",
    )
    command.add_argument(
        "first", type=given_path, metavar="RESULTS",
        help="folder written by `overread evidence`; folder of a model bundle, or the name of one "
        "inside OVERREAD_MODELS",
    )  # fmt: skip
    command.add_argument(
        "second",
        type=given_path,
        metavar="OTHER",
        help="what they are compared with, named in the same way",
    )
    command.add_argument(
        "--split", default="test", metavar="NAME",
        help="split of a bundle to compare on; default: test",
    )  # fmt: skip
    command.add_argument(
        "--finding", default="", metavar="NAME",
        help="the finding to compare, of results for several findings",
    )  # fmt: skip
    command.add_argument(
        "--json", type=given_path, metavar="FILE",
        help="JSON file to write, with all figures; replaced if it exists",
    )  # fmt: skip
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from app.core.evidence.comparison import compare
    from app.core.evidence.comparison_words import (
        as_json,
        conclusions,
        method,
        shared_cases,
        table,
    )
    from app.core.evidence.pairing import pair

    require_output_file("--json", options.json)
    first, second = _opened(options.first), _opened(options.second)
    comparison = compare(
        pair(
            _side(first, options.split, options.finding),
            _side(second, options.split, options.finding),
        )
    )
    print("\n".join(fill(line, _LINE) for line in conclusions(comparison)), end="\n\n")
    print("\n".join(fill(line, _LINE) for line in shared_cases(comparison)), end="\n\n")
    print(_plain(table(comparison)), end="\n\n")
    print(fill(method(comparison), _LINE))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(as_json(comparison), encoding="utf-8")
        print(f"overread: the figures are in {options.json}", file=sys.stderr)


def _opened(folder: Path) -> Results:
    """A bundle, or results without a model, by what is in the folder."""
    from app.core.bundles.bundle import load_bundle
    from app.core.evidence.evidence import load_evidence
    from app.core.evidence.manifest import EVIDENCE

    if (folder / EVIDENCE).exists():
        return load_evidence(folder)
    return load_bundle(bundle_folder(folder))


def _side(results: Results, split: str, finding: str) -> Side:
    from app.core.bundles.bundle import Bundle
    from app.core.evidence.pairing import finding_of, side
    from app.core.performance.predictions import ALL_CASES

    if finding:
        results = finding_of(results, finding)
    return side(results, results.predictions(), split if isinstance(results, Bundle) else ALL_CASES)


def _plain(rows: list[dict[str, str]]) -> str:
    """A table of text, figures to the right."""
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
