"""`overread adapt`: fits a bundle's decisions to a place, or proposes which films to label."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from app.commands.calls import Commands, add_bundle, add_command, bundle_folder
from app.commands.parsing import (
    WrongCall,
    given_path,
    proportion,
    require_output_file,
    require_output_folder,
    whole_number,
)
from app.commands.reading_options import add_reading
from app.core.backend_names import BACKENDS
from app.core.errors import DatasetError, OverreadError

if TYPE_CHECKING:
    from app.core.adaptation.labels import Labelled
    from app.core.bundles.task import Task
    from app.core.scoring.engine import Engine


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "adapt",
        "Adapt a bundle to a place: fit calibration, threshold and zones anew on 50 to 200 films "
        "whose truth is known. The bundle stays as it is; the result is a small folder beside it, "
        "which `score` and the app take like a bundle. With --propose, write a list of films to "
        "label. With --check, check the promises of an adaptation on other labelled films, and "
        "keep the outcome with it.",
        "overread adapt models/chest-pneumonia labels.csv --out models/chest-pneumonia@ward-3",
    )
    add_bundle(command)
    command.add_argument(
        "labelled",
        type=given_path,
        metavar="LABELLED",
        help="table with the columns path, label and, if known, patient_id; or a folder with a "
        "folder for each class; with --propose, a folder of films",
    )
    command.add_argument(
        "--out",
        type=given_path,
        metavar="DIR",
        help="folder to write, such as BUNDLE@PLACE beside the bundle; with --propose, the table "
        "to write; not with --check",
    )
    command.add_argument(
        "--place", metavar="NAME", help="where the films are from; default: DIR after the @"
    )
    command.add_argument(
        "--miss-rate",
        type=proportion,
        default=None,
        metavar="RATE",
        help="highest proportion of positives that may be ruled out; default: the lowest that the "
        "labels can show, from 0.05 to 0.25",
    )
    command.add_argument(
        "--precision",
        type=proportion,
        default=None,
        metavar="RATE",
        help="lowest proportion of positives among films ruled in; default: the highest that the "
        "labels can show, from 0.75 to 0.9",
    )
    command.add_argument(
        "--propose",
        type=whole_number,
        metavar="N",
        help="write a list of N films to label, spread over the scores, instead of adapting; "
        "1 or more; default: adapt",
    )
    command.add_argument(
        "--check",
        action="store_true",
        help="BUNDLE is an adaptation: count what lies in its zones on LABELLED, other films of "
        "the place, and keep the outcome in its folder; exit status 1 if a promise is not kept; "
        "default: adapt",
    )
    command.add_argument(
        "--seed",
        type=whole_number,
        default=0,
        help="of all draws, 0 or more; default: 0",
        metavar="N",
    )
    command.add_argument(
        "--backend", choices=BACKENDS, default="auto", help="as of `score`; default: auto"
    )
    add_reading(command, without="the model's own is used, and without one they are refused")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    if options.check:
        _require_only_check(options)
        _check(options)
        return
    if options.out is None:
        raise WrongCall("--out is missing. Name the folder to write, such as BUNDLE@PLACE.")
    if options.propose is None:
        require_output_folder("--out", options.out)
    else:
        if options.propose < 1:
            raise WrongCall("--propose is below 1. Expected a number of films.")
        if options.out.suffix.lower() != ".csv":
            raise WrongCall(f"--out is {options.out.name!r}. With --propose, it ends in .csv.")
        if options.out.is_file():
            raise WrongCall(
                f"{str(options.out)!r} exists, and labels in it would be lost. Name a new file "
                "with --out."
            )
        require_output_file("--out", options.out)
    from app.core.adaptation.adapt import require_adaptable
    from app.core.bundles.bundle import load_bundle
    from app.core.images.in_flight import in_flight
    from app.core.scoring.engine import Engine
    from app.core.settings import read_settings

    bundle = load_bundle(bundle_folder(options.bundle))
    require_adaptable(bundle)
    if options.out.is_dir():
        raise WrongCall(f"{str(options.out)!r} exists. Name a new folder with --out.")
    in_flight.keep_in(read_settings().decoding)
    engine = Engine(bundle, backend=options.backend)
    if options.propose is None:
        _adapt(options, engine)
    else:
        _propose(options, engine)


def _require_only_check(options: argparse.Namespace) -> None:
    for name in ("out", "propose", "place", "miss_rate", "precision"):
        if getattr(options, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise WrongCall(f"{option} has no effect with --check. Leave one of them out.")


def _check(options: argparse.Namespace) -> None:
    from app.core.adaptation.check_words import (
        films_in_words,
        headline,
        worst,
        zone_figures,
        zone_name,
    )
    from app.core.adaptation.checking import check_promises
    from app.core.adaptation.storing_checks import as_stored, store_check
    from app.core.bundles.adaptation_checks import CHECKS
    from app.core.bundles.bundle import load_bundle
    from app.core.images.in_flight import in_flight
    from app.core.scoring.engine import Engine
    from app.core.settings import read_settings

    bundle = load_bundle(bundle_folder(options.bundle))
    in_flight.keep_in(read_settings().decoding)
    engine, task = Engine(bundle, backend=options.backend), bundle.manifest.task
    found = as_stored(check_promises(engine, _labelled(options, task)), bundle)
    for zone in found.zones:
        promised, errors, inside, verdict = zone_figures(zone)
        print(f"{zone_name(zone, task)}: {errors}, promised {promised}: {verdict}.")
        print(f"  films in it: {inside}")
    for sentence in films_in_words(found, task):
        print(sentence)
    print(f"films sha256: {found.data.fingerprint}")
    store_check(found, bundle)
    print(f"overread: kept in {options.bundle / CHECKS}", file=sys.stderr)
    if worst(found) == "not kept":
        raise OverreadError(headline(found))
    print(headline(found))


def _labelled(options: argparse.Namespace, task: Task) -> list[Labelled]:
    from app.core.adaptation.labels import read_labels
    from app.core.images.reading import ReadOptions

    reading = ReadOptions(options.frame, options.window)
    return [
        replace(one, source=replace(one.source, reading=reading))
        for one in read_labels(options.labelled, task)
    ]


def _adapt(options: argparse.Namespace, engine: Engine) -> None:
    from app.core.adaptation.adapt import adapt
    from app.core.adaptation.enough import too_few
    from app.core.adaptation.left_out import left_out_sentences
    from app.core.adaptation.wanted import Wanted, count_labelled, labels_in_words
    from app.core.adaptation.writing import card

    task = engine.bundle.manifest.task
    labelled = _labelled(options, task)
    place = options.place or options.out.name.rpartition("@")[2]
    wanted = Wanted(options.miss_rate, options.precision, seed=options.seed)
    # What they can show is known before minutes are spent on them.
    if labelled and not too_few(labelled, task):
        counts = count_labelled(labelled, is_binary=task.binary)
        print(f"overread: {labels_in_words(wanted, counts, task)}", file=sys.stderr)
    adapted = adapt(engine, labelled, place=place, wanted=wanted)
    for sentence in left_out_sentences(adapted.films.left_out, adapted.films.examples):
        print(f"overread: {sentence}", file=sys.stderr)
    written = adapted.write(options.out)
    print(card(adapted.adaptation, task))
    print(f"adaptation sha256: {written.sha256}")
    print(f"overread: {written.name}. Folder: {options.out}", file=sys.stderr)


def _propose(options: argparse.Namespace, engine: Engine) -> None:
    from app.core.adaptation.proposal import candidates, propose, to_label
    from app.core.images.reading import ReadOptions
    from app.core.progress import progress
    from app.core.sources.sources import from_paths
    from app.core.spreadsheets import to_csv

    reading = ReadOptions(options.frame, options.window)
    bar = progress(from_paths([options.labelled]), title="scoring", unit="image")
    local = (one for one in bar if one.path is not None and one.content is None)
    found = candidates(engine, (replace(one, reading=reading) for one in local))
    if not found.sources:
        raise DatasetError(
            f"{options.labelled.name!r} holds no film that the model can judge. Choose a folder "
            "of films of the place."
        )
    folder = options.out.absolute().parent
    names = [os.path.relpath(str(one.path), folder) for one in found.sources]
    chosen = propose(found.scores, options.propose, seed=options.seed)
    table = to_label(names[one] for one in chosen)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(to_csv(table), encoding="utf-8")
    print(
        f"overread: {len(table):,} of {len(names):,} films to label, {found.passed_over:,} passed "
        f"over. Fill in the column label, and patient_id if known: {options.out}",
        file=sys.stderr,
    )
