"""`overread-train compare`."""

from __future__ import annotations

import argparse
from pathlib import Path

from model_training.commands.calls import Commands, WrongCall, add_command
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
    command.add_argument("bundles", type=Path, nargs="+", metavar="BUNDLE", help="two or more")
    command.add_argument(
        "--split",
        "--part",
        dest="split",
        choices=("train", "val", "test", "all"),
        help="of --data, as for evaluate",
    )
    command.add_argument("--finding", default="", help="the finding to compare, of any-of bundles")
    command.add_argument("--html", type=Path, help="HTML report to write, with curves")
    command.add_argument("--json", type=Path, help="JSON file to write, with all figures")
    add_data_arguments(command, name="--data")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    if len(options.bundles) < 2:
        raise WrongCall(
            f"compare needs two or more bundles. Received {len(options.bundles)}; add another."
        )
    if options.split and not options.data:
        raise WrongCall("--split selects images of --data. Add --data, or leave out --split.")

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
    if options.html:
        comparison_page.write_html(options.html, comparison)
