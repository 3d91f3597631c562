"""`overread export`."""

from __future__ import annotations

import argparse
import sys

from app.commands.calls import Commands, add_bundle, add_command, bundle_folder
from app.commands.parsing import WrongCall, given_path, require_output_folder

# As `app.core.backends.exporting` has them, which loads more than --help needs.
_FORMATS = ("keras", "onnx", "openvino", "tflite")


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "export",
        "Write the network of a bundle for other programs: from raw pixels to probabilities, with "
        "test vectors and a short program that uses both. Calibration, thresholds and the gate "
        "are not inside.",
        "overread export models/chest-pneumonia --to onnx --out exported",
    )
    add_bundle(command)
    command.add_argument("--to", choices=_FORMATS, required=True, help="the format")
    command.add_argument(
        "--out", type=given_path, required=True, metavar="DIR", help="folder to write; new"
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from app.core.backends.exporting import EXAMPLE, export_network
    from app.core.bundles.bundle import load_bundle
    from app.core.images.in_flight import in_flight
    from app.core.settings import read_settings

    require_output_folder("--out", options.out)
    if options.out.exists():
        raise WrongCall(f"--out {options.out.name!r} exists already. Choose another name.")
    settings = read_settings()
    in_flight.keep_in(settings.decoding)
    bundle = load_bundle(bundle_folder(options.bundle))
    difference = export_network(bundle, options.to, options.out, cache=settings.converted)
    print(f"largest difference from the bundle: {difference:.1g}")
    print(
        f"The folder is {options.out}; {EXAMPLE} in it shows how the model is used. Calibration, "
        "thresholds and the gate are not inside.",
        file=sys.stderr,
    )
