"""`overread-train fit`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from model_training.commands.calls import Commands, add_command, wrong_call
from model_training.config import AUGMENTATIONS, FITS, PRESET_NAMES, TrainingConfig


def add(commands: Commands) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "fit",
        "Train a model on a labelled folder and write a bundle.",
        "overread-train fit p --preset basic-cnn --out models/mine",
    )
    command.add_argument(
        "data", type=Path, help="folder with train|val|test/CLASS/ or CLASS/ folders of images"
    )
    command.add_argument("--preset", choices=PRESET_NAMES, required=True)
    command.add_argument("--out", type=Path, required=True, help="folder of the bundle; new")
    settings = command.add_argument_group("settings", "where not given, the preset's own")
    settings.add_argument("--epochs", type=int)
    settings.add_argument("--batch-size", type=int)
    settings.add_argument("--image-size", type=int, help="side of the network's input, pixels")
    settings.add_argument("--channels", type=int, choices=(1, 3), help="1 grey (default), 3 RGB")
    settings.add_argument("--fit", choices=FITS, help="default: stretch")
    settings.add_argument("--learning-rate", type=float)
    settings.add_argument("--augmentation", choices=AUGMENTATIONS)
    settings.add_argument("--patience", type=int, help="epochs without progress before stopping")
    settings.add_argument("--validation-fraction", type=float, help="default: 0.15")
    settings.add_argument("--test-fraction", type=float, help="default: 0.15")
    settings.add_argument("--seed", type=int, help="default: 0")
    about = command.add_argument_group("description", "written into bundle and model card")
    about.add_argument(
        "--title", help="such as 'Pneumonia on chest radiographs'; default: the classes"
    )
    about.add_argument("--source", default="not stated", help="where the data come from")
    about.add_argument("--licence", default="not stated", help="the data's licence")
    about.add_argument("--positive", help="the positive one of two classes")
    about.add_argument("--modalities", nargs="+", default=[], help="DICOM modalities it may judge")
    about.add_argument("--samples", type=Path, help="folder of images to ship with the bundle")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    with wrong_call():
        config = TrainingConfig.from_preset(
            options.preset,
            epochs=options.epochs,
            batch_size=options.batch_size,
            image_size=options.image_size,
            channels=options.channels,
            fit=options.fit,
            learning_rate=options.learning_rate,
            augmentation=options.augmentation,
            patience=options.patience,
            validation_fraction=options.validation_fraction,
            test_fraction=options.test_fraction,
            seed=options.seed,
        )

    from model_training.card import figures
    from model_training.fit import Description, fit

    bundle = fit(
        options.data,
        options.out,
        config=config,
        description=Description(
            title=options.title,
            source=options.source,
            licence=options.licence,
            positive=options.positive,
            modalities=tuple(options.modalities),
            samples=options.samples,
        ),
    )
    print(f"On the test part:\n\n{figures(bundle.manifest, bundle.predictions())}\n")
    print(f"The bundle is in {options.out}", file=sys.stderr)
