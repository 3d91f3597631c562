"""`overread-train augment-preview`."""

from __future__ import annotations

import argparse
import sys

from app.commands.parsing import given_path, require_output_file, whole_number
from app.core.atomic_write import write_whole
from model_training.commands.calls import Commands, add_command, wrong_call
from model_training.commands.data import add_data_arguments, read
from model_training.commands.setting_options import add_augmentation, add_input
from model_training.config import TrainingConfig

_PRESET = "residual"  # whose settings are used where none are given
_MOST = 100  # rows and columns a person would look at


def add(commands: Commands) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "augment-preview",
        "Draw a sheet of augmented images; the first column is unchanged.",
        "overread-train augment-preview p --augmentation medical --out sheet.png",
        "overread-train augment-preview p --augmentation medical --augment 'rotation=0' \\\n"
        "      --out sheet.png",
    )
    add_data_arguments(command)
    command.add_argument(
        "--out",
        type=given_path,
        required=True,
        metavar="FILE",
        help="PNG file; replaced if it exists",
    )
    for name, what in (("images", "rows, of all classes"), ("variants", "columns")):
        command.add_argument(
            f"--{name}",
            type=whole_number,
            default=6,
            metavar="N",
            help=f"{what}, 1 to {_MOST}; default: 6",
        )
    command.add_argument(
        "--seed",
        type=whole_number,
        default=0,
        metavar="N",
        help="of images and variants, 0 or more; default: 0",
    )
    usual = TrainingConfig.from_preset(_PRESET)
    add_augmentation(command, usual=usual.augmentation)
    add_input(command, usual=str(usual.image_size))
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    with wrong_call():
        config = TrainingConfig.from_preset(
            _PRESET,
            augmentation=options.augmentation,
            augment=options.augment,
            image_size=options.image_size,
            channels=options.channels,
            fit=options.fit,
            frame=options.frame,
            window=options.window,
            seed=options.seed,
        )
        if options.out.suffix.lower() != ".png":
            raise ValueError(f"`out` must be a PNG file. Received {options.out.name!r}.")
        for name in ("images", "variants"):
            if not 1 <= getattr(options, name) <= _MOST:
                raise ValueError(
                    f"`{name}` must be a whole number from 1 to {_MOST}. Received "
                    f"{name}={getattr(options, name)}."
                )
    require_output_file("--out", options.out)

    from model_training.augmentation.preview import as_png, draw_sheet
    from model_training.preparation.sample import sample

    dataset = read(options, any_of=True)
    for note in dataset.notes:
        print(note, file=sys.stderr)
    images = sample(dataset, config=config, number=options.images)
    sheet = draw_sheet(
        images, config.augmentation_options, num_variants=options.variants, seed=config.seed
    )
    write_whole(options.out, as_png(sheet))
    print(f"The sheet is in {options.out}", file=sys.stderr)
