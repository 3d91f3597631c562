"""`overread-train fit`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from app.commands.parsing import given_path, require_output_folder, whole_number
from model_training.commands.calls import Commands, add_command, wrong_call
from model_training.commands.data import add_data_arguments, read
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
    from model_training.data.datasets import Dataset
    from model_training.fitting.run_folder import Run


def add(commands: Commands) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "fit",
        "Train a model on labelled images and write a bundle.",
        "overread-train fit p --preset basic-cnn --out models/mine",
        "overread-train fit films --preset squeezenet --weights squeezenet.h5 \\\n"
        "      --frozen-epochs 3 --out models/tuned",
        "overread-train fit p --preset basic-cnn --out models/mine --resume",
        "overread-train fit p --preset basic-cnn --out models/five --repeats 5",
    )
    add_data_arguments(command)
    command.add_argument(
        "--out", type=given_path, required=True, metavar="OUT", help="folder of the bundle; new"
    )
    command.add_argument(
        "--repeats",
        type=whole_number,
        default=1,
        metavar="N",
        help="train N seeds, 1 or more, on one split, as bundles OUT/seed-S, and report the "
        "spread; default: 1, as OUT itself",
    )
    stopped = command.add_argument_group("interrupted runs")
    again = stopped.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="continue after the last epoch")
    stopped.add_argument(
        "--finish", action="store_true", help="with --resume: publish the best epoch so far"
    )
    again.add_argument("--restart", action="store_true", help="discard it and start again")
    add_settings(command)
    add_description(command)
    add_tracking(command)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    with wrong_call():
        config = TrainingConfig.from_preset(options.preset, **chosen_settings(options))
        require_used(options, config)
        if options.repeats < 1:
            raise ValueError(f"`repeats` must be at least 1. Received {options.repeats}.")
        if options.finish and not options.resume:
            raise ValueError("`finish` publishes an interrupted run; it needs --resume.")

    from model_training.fitting.run_folder import Run, check_out

    require_output_folder("--out", options.out)
    if options.repeats == 1:
        check_out(options.out, options.samples)
    else:
        from model_training.fitting.repeats import unfinished

        for folder in unfinished(options.out, config, options.repeats):
            check_out(folder, options.samples)
    run = Run(
        resume=options.resume,
        restart=options.restart,
        finish=options.finish,
        track=options.track,
        cache=options.cache,
    )
    dataset = read(options, any_of=True)
    require_classes(options, dataset.classes)
    say_unused(options, dataset)
    if options.repeats == 1:
        _fit_once(options, config, dataset, run)
    else:
        _fit_repeatedly(options, config, dataset, run)
    say_where(options.track)


def _fit_once(
    options: argparse.Namespace, config: TrainingConfig, dataset: Dataset, run: Run
) -> None:
    from model_training.bundling.card import written_figures
    from model_training.fitting.fit import fit

    bundle = fit(
        dataset, options.out, config=config, description=chosen_description(options), run=run
    )
    print(f"On the test split:\n\n{written_figures(bundle.card())}\n")
    print(f"The bundle is in {options.out}", file=sys.stderr)


def _fit_repeatedly(
    options: argparse.Namespace, config: TrainingConfig, dataset: Dataset, run: Run
) -> None:
    from app.core.spreadsheets import to_csv
    from model_training.fitting import repeats

    options.out.mkdir(parents=True, exist_ok=True)
    bundles = repeats.repeat(
        dataset,
        options.out,
        config=config,
        description=chosen_description(options),
        run=run,
        number=options.repeats,
    )
    table = repeats.spread(bundles)
    (options.out / repeats.TABLE).write_text(to_csv(table), encoding="utf-8")
    print(repeats.as_text(table))
    print(f"The bundles are in {options.out}", file=sys.stderr)
