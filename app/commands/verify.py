"""`overread verify`."""

from __future__ import annotations

import argparse

from app.commands.calls import Commands, add_bundle, add_command, bundle_folder


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "verify",
        "Check that a bundle is complete and unchanged, that its network answers, and what its "
        "reference refuses.",
        "overread verify models/chest-pneumonia",
    )
    add_bundle(command)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from app.core.bundles.bundle import load_bundle
    from app.core.bundles.decision_rule import QUALITY_UNKNOWN
    from app.core.images.in_flight import in_flight
    from app.core.scoring.engine import Engine
    from app.core.scoring.gatekeeper import reference_note
    from app.core.scoring.trial import try_out
    from app.core.settings import read_settings

    in_flight.keep_in(read_settings().decoding)
    bundle = load_bundle(bundle_folder(options.bundle))
    engine = Engine(bundle, backend="tensorflow")
    trial = try_out(engine)
    print(f"{bundle.name}: complete and unchanged, {len(bundle.manifest.files)} files")
    print(f"folder: {bundle.adapted_in or bundle.path}")
    task = bundle.manifest.task
    print(f"{'findings' if task.any_of else 'classes'} ({task.kind}): {', '.join(task.classes)}")
    print(f"parameters: {engine.num_parameters:,}")
    maps = bundle.manifest.heatmap.layer
    finite = "probabilities and heatmap are" if maps else "there is no heatmap, probabilities are"
    print(f"tried on {trial.tried_on}: {finite} finite")
    print(f"reference: {reference_note(bundle)}")
    if bundle.manifest.quality == "unknown":
        print(f"quality: {QUALITY_UNKNOWN}")
    for layer in bundle.manifest.feature_layers:
        spread = " and deviation" if layer.spread else ""
        cells = f", {layer.grid} x {layer.grid} cells" if layer.grid > 1 else ""
        print(f"  layer {layer.layer}: mean{spread}{cells}")
    if trial.distance is not None:
        print(f"  {trial.tried_on}: {trial.distance:.2f} of the limit")
    if trial.refusal:
        print(f"  refused: {trial.refusal}")
    print(f"bundle sha256: {bundle.sha256}")
