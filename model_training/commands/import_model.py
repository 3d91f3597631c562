"""`overread-train import`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.parsing import WrongCall, given_path, require_output_folder, whole_number
from app.commands.reading_options import add_reading
from model_training.commands.calls import Commands, add_command, wrong_call
from model_training.commands.data import add_data_arguments, read
from model_training.commands.display_names import require_classes
from model_training.commands.settings import add_description, chosen_description
from model_training.config import FITS, LEAKS, TrainingConfig
from model_training.console import say

if TYPE_CHECKING:
    from model_training.data.datasets import Dataset
    from model_training.fitting.publishing import Description
    from model_training.importing.description import Provenance
    from model_training.importing.imported import Imported, Said
    from model_training.importing.preprocessing import Fit

# As `model_training.importing` has them, which loads more than --help needs.
_SCALES = ("0..255", "0..1", "-1..1", "imagenet", "caffe", "per-image")
_HEADS = ("sigmoid", "softmax", "findings")


def add(commands: Commands) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "import",
        "Make a bundle of a model that was trained elsewhere. Nothing in its file is run.",
        "overread-train import model.h5 --classes NORMAL PNEUMONIA --scale 0..1 \\\n"
        "      --data films --out models/mine",
        "overread-train import converted_keras.zip --out models/teachable",
    )
    command.add_argument(
        "model",
        type=given_path,
        metavar="MODEL",
        help="a .keras or .h5 file of the whole model, the ZIP of Teachable Machine, an ONNX or "
        "TensorFlow Lite file, the folder of a SavedModel or a ZIP of it, or the .xml of OpenVINO",
    )
    command.add_argument(
        "--out", type=given_path, required=True, metavar="OUT", help="folder of the bundle; new"
    )
    # Or -1..1 would be taken for an option, and refused.
    command._negative_number_matcher = re.compile(r"-1\.\.1|-\d+(\.\d*)?")
    about = command.add_argument_group("what the file may leave open")
    about.add_argument(
        "--classes",
        nargs="+",
        metavar="NAME",
        help="the classes or findings in the order of the outputs, of one sigmoid that of 0 and "
        "that of 1; or one file with a name a line; default: the labels.txt of Teachable Machine",
    )
    about.add_argument(
        "--scale",
        choices=_SCALES,
        help="how pixels were scaled where the model was trained, to be part of the bundle; "
        "default: by the model itself, if it does that, or whatever DATA tell apart from the rest",
    )
    about.add_argument(
        "--blue-first",
        action="store_true",
        help="red and blue were exchanged before that, as by OpenCV's imread; caffe does it itself",
    )
    about.add_argument(
        "--head",
        choices=_HEADS,
        help="what the outputs of a model are that ends in logits; default: as its last layer says",
    )
    about.add_argument(
        "--size",
        type=_size,
        metavar="SIZE",
        help="size of the images of a model that takes any, such as 224 or 224x320 (height x "
        "width); default: the model's own",
    )
    about.add_argument(
        "--fit",
        choices=FITS,
        help="how a film is made that size: stretched (default, as Keras does) or padded",
    )
    about.add_argument(
        "--trained-by",
        metavar="TEXT",
        default="not stated",
        help="who trained it, for the card; default: not stated",
    )
    add_data_arguments(command, name="--data")
    measuring = command.add_argument_group("how the model is measured on DATA")
    add_reading(measuring, without="they are left out; the window becomes part of the model")
    measuring.add_argument("--threshold-rule", metavar="RULE", help="as of fit; default: balanced")
    measuring.add_argument("--leaks", choices=LEAKS, help="as of fit; default: refuse")
    measuring.add_argument(
        "--seed", type=whole_number, metavar="N", help="of the random split, 0 or more; default: 0"
    )
    add_description(command)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    with wrong_call():
        config = _config(options)

    from app.core.bundles.decision_rule import QUALITY_UNKNOWN
    from model_training.bundling.card import written_figures
    from model_training.fitting.run_folder import check_out
    from model_training.importing.description import Provenance
    from model_training.importing.imported import import_network
    from model_training.importing.measured import (
        TOO_FEW_TO_MEASURE,
        can_be_halved,
        films_for,
        publish_measured,
    )
    from model_training.importing.unmeasured import publish_unmeasured

    require_output_folder("--out", options.out)
    check_out(options.out, options.samples)
    say(f"Reading {options.model.name}, building its network and trying it.")
    imported = import_network(options.model, _said(options))
    require_classes(options, imported.classes)
    description = chosen_description(options)
    provenance = Provenance(options.model, options.trained_by, options.fit or "stretch")
    dataset: Dataset | None = None
    if options.data is not None:
        dataset = read(options, classes=imported.classes, any_of=imported.task == "any-of")
        if not imported.scale:
            imported, provenance = _with_scale_found(
                options, imported, dataset, description, provenance, config
            )
            if not can_be_halved(imported, dataset):
                imported = replace(imported, notes=(*imported.notes, TOO_FEW_TO_MEASURE))
                dataset = None
    _say(imported.notes)
    if dataset is None:
        say("Writing the bundle, reading it back and comparing its answers.")
        publish_unmeasured(options.out, imported, description=description, provenance=provenance)
        say(f"Of the quality of this model {QUALITY_UNKNOWN}")
    else:
        bundle = publish_measured(
            options.out,
            imported,
            films_for(
                imported, dataset, description=description, provenance=provenance, config=config
            ),
            description=description,
            provenance=provenance,
            config=config,
        )
        print(written_figures(bundle.card()))
    say(f"The bundle is {options.out}")


def _with_scale_found(
    options: argparse.Namespace,
    imported: Imported,
    dataset: Dataset,
    description: Description,
    provenance: Provenance,
    config: TrainingConfig,
) -> tuple[Imported, Provenance]:
    """The network with the scaling and fit that labelled images tell.

    Raises:
        NotImportedError: If they do not tell it.
    """
    from model_training.importing.finding_scale import examine_on_validation, require_sure
    from model_training.importing.imported import import_network
    from model_training.importing.preprocessing_report import report, verdict

    fits: tuple[Fit, ...] = (options.fit,) if options.fit else ("stretch", "pad")
    examination = examine_on_validation(
        imported,
        dataset,
        description=description,
        provenance=provenance,
        config=config,
        fits=fits,
    )
    print(report(examination) + "\n")
    require_sure(examination)
    best = examination.best
    said = replace(_said(options), scale=best.scale, blue_first=best.blue_first)
    found = import_network(options.model, said)
    notes = (*found.notes, verdict(examination), *examination.odd)
    return replace(found, notes=notes), replace(provenance, fit=best.fit)


def _say(notes: Sequence[str]) -> None:
    for note in notes:
        say(note)


def _config(options: argparse.Namespace) -> TrainingConfig:
    """What of the settings of a training is about reading and measuring films."""
    return TrainingConfig.from_preset(
        "basic-cnn",
        frame=options.frame,
        window=options.window,
        threshold_rule=options.threshold_rule,
        leaks=options.leaks,
        seed=options.seed,
        shifted_validation=False,
    )


def _said(options: argparse.Namespace) -> Said:
    from model_training.importing.imported import Said

    return Said(
        classes=_names(options.classes),
        positive=options.positive,
        scale=options.scale,
        head=options.head,
        size=options.size,
        blue_first=options.blue_first,
        asks_images=options.data is not None,
    )


def _names(given: list[str] | None) -> tuple[str, ...] | None:
    """Names of classes, or those in the one file that is named."""
    if given is None or len(given) > 1:
        return None if given is None else tuple(given)
    from model_training.importing.opening import read_labels

    try:
        return read_labels(Path(given[0]).read_bytes())
    except OSError:
        raise WrongCall(
            f"--classes {given[0]!r} is one name and no file. Expected two or more names, or a "
            "file with one name a line."
        ) from None


def _size(text: str) -> tuple[int, int]:
    """The value of --size, as height and width.

    Raises:
        argparse.ArgumentTypeError: If it is not one or two whole numbers.
    """
    parts = text.lower().replace("×", "x").split("x")
    if len(parts) > 2 or not all(part.strip().isdigit() for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 224 or 224x320")
    return int(parts[0]), int(parts[-1])
