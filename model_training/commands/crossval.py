"""`overread-train crossval`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.parsing import given_path, require_output_folder, whole_number
from model_training.commands.calls import Commands, add_command, wrong_call
from model_training.commands.data import add_data_arguments, pattern_or_none, read
from model_training.commands.display_names import require_classes
from model_training.commands.setting_options import add_settings
from model_training.commands.settings import (
    add_description,
    chosen_description,
    chosen_settings,
    require_used,
    say_unused,
)
from model_training.commands.tracking import add_tracking, say_where
from model_training.config import TrainingConfig

if TYPE_CHECKING:
    from model_training.crossval.fold import Fold
    from model_training.fitting.publishing import Description
    from model_training.preparation.films import Films

_USUAL_FOLDS = 5


def add(commands: Commands) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "crossval",
        "Cross-validate by patient. Run the same command again to resume.",
        "overread-train crossval p --preset basic-cnn --folds 5 --out cv",
        "overread-train crossval p --preset basic-cnn --folds 5 --out cv \\\n"
        "      --ensemble models/mine",
    )
    add_data_arguments(command)
    command.add_argument(
        "--out",
        type=given_path,
        required=True,
        metavar="OUT",
        help="folder for folds, predictions and report",
    )
    command.add_argument(
        "--folds",
        type=whole_number,
        metavar="N",
        help="number of parts, each held out once, 2 or more; default: 5",
    )
    command.add_argument(
        "--fold-pattern",
        type=pattern_or_none,
        metavar="REGEX",
        help="hold out sources instead of random patients: each group of the expression is a "
        "source, searched for in the path relative to DATA, such as '(siteA)|(siteB)'; 'none' "
        "(default) draws folds at random",
    )
    command.add_argument(
        "--ensemble",
        type=given_path,
        metavar="BUNDLE",
        help="also publish the ensemble of the folds as a bundle; a test split is then left out "
        "of all folds; default: none is published",
    )
    add_settings(command)
    add_description(command)
    add_tracking(command, bundle=False)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    with wrong_call():
        config = TrainingConfig.from_preset(options.preset, **chosen_settings(options))
        require_used(options, config)
        sources = _sources(options)
        num_folds = sources.groups if sources else options.folds or _USUAL_FOLDS
        if num_folds < 2:
            raise ValueError(f"`folds` must be at least 2. Received folds={num_folds}.")
    require_output_folder("--out", options.out)

    from model_training.crossval.fold_store import resume_hint
    from model_training.crossval.folds import crossvalidate
    from model_training.data import film_cache
    from model_training.fitting.run_folder import check_out
    from model_training.preparation.films import prepare
    from model_training.tracking import tracking
    from model_training.training import experiment

    description = chosen_description(options)
    if options.ensemble is not None:
        check_out(options.ensemble, options.samples)
    tracking.check(options.track)
    dataset = read(options, any_of=True)
    require_classes(options, dataset.classes)
    say_unused(options, dataset)
    given_test = any(case.split == "test" for case in dataset.cases)
    leave_out_test = given_test or options.ensemble is not None
    experiment.check(config, len(dataset.classes), dataset.task, several=True)
    films = prepare(
        dataset,
        config=config,
        cache=options.cache or film_cache.default_folder(),
        accepted=description.accepted,
        assign_splits=leave_out_test,
    )
    with resume_hint(options.out, num_folds):
        folds = crossvalidate(
            films,
            config,
            out=options.out,
            num_folds=num_folds,
            leave_out_test=leave_out_test,
            sources=sources,
            tracked=options.track,
        )
        title = f"Cross-validation of {options.preset} on {description.data_name}"
        _report(folds, films, options.out, title=title)
        if options.ensemble is not None:
            _publish(folds, films, options.ensemble, config=config, description=description)
    say_where(options.track)


def _sources(options: argparse.Namespace) -> re.Pattern[str] | None:
    """The expression whose groups are the folds; None for folds at random."""
    if options.fold_pattern in (None, "none"):
        return None
    from model_training.data.name_patterns import compile_pattern

    sources = compile_pattern(options.fold_pattern)
    if sources.groups < 2 or options.folds not in (None, sources.groups):
        raise ValueError(
            "`fold_pattern` needs a group for each of 2 or more sources, and as many as `folds` "
            f"if that is given. Received fold_pattern={options.fold_pattern!r}, "
            f"folds={options.folds}."
        )
    return sources


def _report(folds: Sequence[Fold], films: Films, out: Path, *, title: str) -> None:
    from app.core.spreadsheets import to_csv
    from model_training.crossval.report import as_text, write_page
    from model_training.crossval.summary import predictions_table, summarise

    summary = summarise(folds, films)
    (out / "predictions.csv").write_text(to_csv(predictions_table(folds, films)), encoding="utf-8")
    (out / "folds.csv").write_text(to_csv(summary.folds), encoding="utf-8")
    (out / "views.csv").write_text(to_csv(summary.views), encoding="utf-8")
    write_page(out / "report.html", folds, films, summary, title=title)
    print(as_text(summary))
    print(f"Predictions and report are in {out}", file=sys.stderr)


def _publish(
    folds: Sequence[Fold],
    films: Films,
    out: Path,
    *,
    config: TrainingConfig,
    description: Description,
) -> None:
    from model_training.bundling.card import written_figures
    from model_training.crossval.fold_bundle import publish_ensemble

    bundle = publish_ensemble(folds, films, out, config=config, description=description)
    print(f"\nThe ensemble on the test split:\n\n{written_figures(bundle.card())}")
    print(f"The bundle is in {out}", file=sys.stderr)
