"""`overread-train compare`."""

from __future__ import annotations

import argparse
import sys

from app.commands.parsing import WrongCall, given_path, require_output_file
from model_training.commands.calls import Commands, add_command
from model_training.commands.data import add_data_arguments, read


def add(commands: Commands) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "compare",
        "Compare bundles on the same images and test which differences are significant. Without "
        "--data, these are the test images they have in common.",
        "overread-train compare models/a models/b models/c --html comparison.html",
    )
    command.add_argument(
        "bundles", type=given_path, nargs="+", metavar="BUNDLE", help="two or more"
    )
    command.add_argument(
        "--split",
        "--part",
        dest="split",
        choices=("train", "val", "test", "all"),
        help="split of --data to compare on; default: test if there is one, else all",
    )
    command.add_argument(
        "--finding", metavar="NAME", default="", help="the finding to compare, of any-of bundles"
    )
    for name, what in (
        ("html", "HTML report to write, with curves"),
        ("json", "JSON file to write, with all figures"),
    ):
        command.add_argument(
            f"--{name}", type=given_path, metavar="FILE", help=f"{what}; replaced if it exists"
        )
    add_data_arguments(command, name="--data")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    if len(options.bundles) < 2:
        raise WrongCall(
            f"compare needs two or more bundles. Received {len(options.bundles)}; add another."
        )
    if options.split and not options.data:
        raise WrongCall("--split selects images of --data. Add --data, or leave out --split.")
    require_output_file("--json", options.json)
    require_output_file("--html", options.html)

    from app.core.bundles.bundle import load_bundle
    from model_training.evaluation import comparison_page, comparison_report
    from model_training.evaluation.comparison import compare_on_data, compare_on_test_rows
    from model_training.evaluation.scoring import only_split

    bundles = [load_bundle(path) for path in options.bundles]
    if options.data:
        classes, any_of = bundles[0].manifest.task.classes, bool(options.finding)
        dataset = only_split(read(options, classes=classes, any_of=any_of), options.split)
        comparison = compare_on_data(bundles, dataset, finding=options.finding)
    else:
        comparison = compare_on_test_rows(bundles, finding=options.finding)
    print(comparison_report.text(comparison))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(comparison_report.as_json(comparison), encoding="utf-8")
        print(f"The figures are in {options.json}", file=sys.stderr)
    if options.html:
        comparison_page.write_html(options.html, comparison)
        print(f"The page is {options.html}", file=sys.stderr)
