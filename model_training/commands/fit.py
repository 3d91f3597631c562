"""`overread-train fit`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from model_training.commands.calls import Commands, add_command, wrong_call
from model_training.commands.data import add_data_arguments, read
from model_training.commands.settings import add_description, add_settings, chosen_settings
from model_training.config import TrainingConfig


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
    )
    add_data_arguments(command)
    command.add_argument("--out", type=Path, required=True, help="folder of the bundle; new")
    stopped = command.add_argument_group("a run that was stopped")
    stopped.add_argument("--resume", action="store_true", help="go on after its last epoch")
    stopped.add_argument("--finish", action="store_true", help="with --resume: train no further")
    stopped.add_argument("--restart", action="store_true", help="forget it and begin anew")
    add_settings(command)
    add_description(command)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    with wrong_call():
        config = TrainingConfig.from_preset(options.preset, **chosen_settings(options))

    from model_training.card import figures
    from model_training.fit import Description, Run, fit

    bundle = fit(
        read(options),
        options.out,
        config=config,
        description=Description(
            title=options.title,
            data_name=options.data.resolve().name,
            source=options.source,
            licence=options.licence,
            modalities=tuple(options.modalities),
            samples=options.samples,
        ),
        run=Run(
            resume=options.resume,
            restart=options.restart,
            finish=options.finish,
            cache=options.cache,
        ),
    )
    print(f"On the test part:\n\n{figures(bundle.manifest, bundle.predictions())}\n")
    print(f"The bundle is in {options.out}", file=sys.stderr)
