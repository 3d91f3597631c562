"""`overread-train`: the offline commands."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core.errors import OverreadError
from model_training.config import AUGMENTATIONS, FITS, PRESET_NAMES, TrainingConfig


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns 0, 1 when it failed, 2 when it was called wrongly."""
    options = _parser().parse_args(arguments)
    try:
        with _stopped_by_terminate():
            options.run(options)
    except _WrongCall as error:
        print(f"overread-train: {error}", file=sys.stderr)
        return 2
    except OverreadError as error:
        print(f"overread-train: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        # The text of an OSError quotes a path, which may name a patient.
        print(
            f"overread-train: {error.strerror or type(error).__name__}. Check the folders, their "
            "permissions and the space on the disk; nothing was published.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("overread-train: stopped; nothing was published.", file=sys.stderr)
        return 1
    return 0


class _WrongCall(Exception):  # noqa: N818 (it is no error of the program)
    """An argument that argparse lets pass and the command cannot use."""


@contextmanager
def _stopped_by_terminate() -> Iterator[None]:
    """Lets SIGTERM end a command as Ctrl-C does, so that no work folder stays behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


@contextmanager
def _wrong_call() -> Iterator[None]:
    """Turns a value that a callee does not take into exit status 2."""
    try:
        yield
    except ValueError as error:
        raise _WrongCall(str(error)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="overread-train", description="Train, offline, what Overread shows."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_phantoms(commands)
    _add_fit(commands)
    return parser


def _add_phantoms(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _command(
        commands,
        "phantoms",
        "Write synthetic chest radiographs with labels, masks and a manifest.",
        "overread-train phantoms p --count 400 --seed 1",
    )
    command.add_argument("out", type=Path, help="folder to write; must be empty or new")
    command.add_argument("--count", type=int, required=True, help="number of films")
    command.add_argument("--seed", type=int, required=True, help="same seed, same bytes")
    command.add_argument("--size", type=int, default=512, help="side in pixels (default 512)")
    command.set_defaults(run=_run_phantoms)


def _add_fit(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _command(
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
    command.set_defaults(run=_run_fit)


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    purpose: str,
    example: str,
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name, help=purpose, description=purpose, epilog=f"example: {example}"
    )


def _run_phantoms(options: argparse.Namespace) -> None:
    from tqdm import tqdm

    from model_training.phantoms import generate

    with _wrong_call():
        generate(
            options.out,
            count=options.count,
            seed=options.seed,
            size=options.size,
            progress=lambda films: tqdm(films, "drawing", unit="film"),
        )


def _run_fit(options: argparse.Namespace) -> None:
    with _wrong_call():
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


if __name__ == "__main__":
    sys.exit(main())
