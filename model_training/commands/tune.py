"""`overread-train tune`."""

from __future__ import annotations

import argparse
import sys
from math import prod

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
from model_training.tuning.search_space import grid, parse_search

SAMPLERS = ("grid", "random", "tpe")
PRUNERS = ("median", "none")
_TRIALS = 20


def add(commands: Commands) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "tune",
        "Search hyperparameters on validation images. Run the same command again to resume.",
        "overread-train tune p --preset basic-cnn --out study --sampler grid \\\n"
        "      --search epochs=10,20,30 --search batch_size=16,32,64",
        "overread-train tune p --preset basic-cnn --out study --trials 40 --pruner median \\\n"
        "      --search learning_rate=1e-4..1e-2:log --search augmentation=none,classic,medical",
        "overread-train tune p --preset custom-cnn --out study --fit-best models/tuned \\\n"
        "      --search filters=16/32/64,32/64/128 --search dense_dropout=0.1..0.5",
    )
    add_data_arguments(command)
    command.add_argument(
        "--out",
        type=given_path,
        required=True,
        metavar="OUT",
        help="folder of the study: database, report, epochs",
    )
    search = command.add_argument_group("search", "all other options apply to every trial")
    search.add_argument(
        "--search",
        action="append",
        required=True,
        metavar="SETTING=VALUES",
        help="a setting and its values A,B,C, or a range LOW..HIGH or LOW..HIGH:log; repeat for "
        "more settings. All options of training, architecture and augmentation can be searched",
    )
    search.add_argument(
        "--sampler",
        choices=SAMPLERS,
        default="tpe",
        help="grid: every combination; random; tpe (default): near good earlier trials",
    )
    search.add_argument(
        "--pruner",
        choices=PRUNERS,
        default="none",
        help="median: stop trials that are worse than the median of earlier ones; default: none",
    )
    search.add_argument(
        "--trials",
        type=whole_number,
        metavar="N",
        help=f"total number of trials, 1 or more; default: the whole grid, else {_TRIALS}",
    )
    search.add_argument(
        "--storage",
        metavar="URL",
        help="database, to run one study on several machines, such as "
        "postgresql+psycopg://host/name; default: study.db in --out",
    )
    search.add_argument(
        "--study", metavar="NAME", help="name in the database; default: name of --out"
    )
    search.add_argument(
        "--fit-best",
        type=given_path,
        metavar="BUNDLE",
        help="then train the best trial as a bundle; default: none",
    )
    add_tracking(search, bundle=False)
    add_settings(command)
    add_description(command)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    with wrong_call():
        base = TrainingConfig.from_preset(options.preset, **chosen_settings(options))
        dimensions = parse_search(options.search, base)
        searched = [dimension.name for dimension in dimensions]
        require_used(options, base, searched=searched)
        trials = _TRIALS if options.trials is None else options.trials
        if options.sampler == "grid":
            size = prod(len(values) for values in grid(dimensions, base).values())
            trials = size if options.trials is None else min(options.trials, size)
        if trials < 1:
            raise ValueError(f"`trials` must be at least 1. Received trials={trials}.")
    require_output_folder("--out", options.out)

    from app.core.networks.network import silence_tensorflow
    from app.core.spreadsheets import to_csv

    silence_tensorflow()
    from model_training.data import film_cache
    from model_training.fitting.fit import fit
    from model_training.fitting.run_folder import Run, check_out
    from model_training.tuning.goal import Goal
    from model_training.tuning.report import as_text, trials_table, write_page
    from model_training.tuning.tune import Search, best_config, tune

    description = chosen_description(options)
    if options.fit_best is not None:
        check_out(options.fit_best, options.samples)
    dataset = read(options, any_of=True)
    require_classes(options, dataset.classes)
    say_unused(options, dataset, searched=searched)
    cache = options.cache or film_cache.default_folder()
    study = tune(
        dataset,
        options.out,
        base=base,
        search=Search(
            dimensions=dimensions,
            sampler=options.sampler,
            pruner=options.pruner,
            trials=trials,
            name=options.study or options.out.resolve().name,
            storage=options.storage,
        ),
        cache=cache,
        tracked=options.track,
        accepted=description.accepted,
    )
    goal = Goal.of(dataset.classes, dataset.task)
    (options.out / "trials.csv").write_text(to_csv(trials_table(study)), encoding="utf-8")
    title = f"Tuning of {options.preset} on {description.data_name}"
    write_page(options.out / "report.html", study, goal=goal, title=title)
    print(as_text(study, goal))
    print(f"Trials and report are in {options.out}", file=sys.stderr)
    say_where(options.track)
    if options.fit_best is not None:
        from model_training.bundling.card import written_figures

        bundle = fit(
            dataset,
            options.fit_best,
            config=best_config(study, base),
            description=description,
            run=Run(cache=cache),
        )
        print(f"\nOn the test split:\n\n{written_figures(bundle.card())}")
        print(f"The bundle is in {options.fit_best}", file=sys.stderr)
