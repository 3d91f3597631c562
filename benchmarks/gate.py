"""What bundles refuse: foreign pictures, films of others, own films and faulty copies of them.

    python -m benchmarks.gate DATA

For each shipped bundle with a reference, through the engine and all of its gate, all of its own
test films, all foreign pictures and a sample of each folder of other films. Of a fault, only the
films count of which it changes the model's answer, and copies are made until there are enough of
them or `--faulty` were made; what the model saw in training as right is no fault. Foreign pictures
are in `DATA/foreign`, a folder for each kind; no reference is chosen on them. Of kinds that the
reference was shown, only the images count that were held out from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from app.core.bundles.bundle import Bundle
from app.core.performance.formatting import count_of_total, percent, percent_interval
from app.core.scoring.engine import Engine
from app.core.sources.source import Source
from app.core.statistics.metrics import Proportion
from benchmarks import calls, films
from benchmarks.faulty_copies import faulty_rows
from benchmarks.homes import HOMES, Home, add_data, bundles_with_reference, held_out_films
from benchmarks.refusals import Row, refused_of, scored
from benchmarks.table import log, log_machine
from model_training.reference.bundle_films import reading_of
from model_training.reference.other_kinds import divided, kinds_called

FOREIGN = "foreign"
LEAST_FOREIGN, LEAST_OTHER, MOST_OWN = 0.95, 0.90, 0.03
Item = TypeVar("Item")


def main() -> int:
    """Measures and prints; exit status 1 if a target is missed."""
    parser = calls.parser("benchmarks.gate", __doc__)
    add_data(parser)
    calls.add_count(parser, "--images", 300, "images of each folder of other films, at most")
    calls.add_count(parser, "--changed", 30, "copies with each fault whose answer it changes")
    calls.add_count(parser, "--faulty", 400, "copies with each fault, at most")
    options = parser.parse_args()
    log_machine()
    print("| bundle | images | refused | share | 95 % interval | target |")
    print("|---|---|---|---|---|---|", flush=True)
    is_met = True
    for bundle in bundles_with_reference(options.models):
        home = HOMES.get(bundle.name)
        if home is None:
            log(f"{bundle.name}: its films are not known")
            continue
        for row in measure(
            bundle,
            home,
            options.data,
            num_images=options.images,
            num_changed=options.changed,
            num_faulty=options.faulty,
        ):
            is_met &= row.is_met
            print(
                f"| {row.bundle} | {row.what} | {count_of_total(row.refused)} | "
                f"{percent(row.refused)} | {percent_interval(row.refused)} | {row.target} |",
                flush=True,
            )
    return 0 if is_met else 1


def measure(
    bundle: Bundle, home: Home, data: Path, *, num_images: int, num_changed: int, num_faulty: int
) -> Iterator[Row]:
    """What one bundle refuses.

    Args:
        bundle: A bundle with a reference.
        home: Where films of its kind lie.
        data: Folder of the data sets.
        num_images: Images of each folder of other films, at most.
        num_changed: Once so many copies with a fault have another answer, no more are made.
        num_faulty: Copies with each fault, at most.
    """
    engine, name = Engine(bundle), bundle.name
    held_out = [path for one in home.folders for path in held_out_films(bundle, data / one)]
    own = _files(held_out)
    seen = scored(engine, own, "own test films")
    yield Row(name, "own test films", refused_of(seen), most=MOST_OWN)
    yield from foreign_rows(engine, home, data / FOREIGN)
    yield from other_kind_rows(engine, home, data)
    for other, folder in _others(home):
        paths = _some(films.paths(data / folder), num_images)
        refused = refused_of(scored(engine, _files(paths), folder))
        least = None if other.subject == home.subject else LEAST_FOREIGN
        yield Row(name, f"{other.subject}: {folder}", refused, least=least)
    yield from faulty_rows(engine, own, seen, wanted=num_changed, most=num_faulty)


def foreign_rows(engine: Engine, home: Home, folder: Path) -> Iterator[Row]:
    """What is refused of foreign pictures: of all, then of each kind.

    Args:
        engine: The engine of a bundle with a reference.
        home: What the bundle's own films show; pictures of that are not foreign.
        folder: A folder for each kind.
    """
    kinds = {one.name: films.paths(one) for one in sorted(folder.iterdir()) if one.is_dir()}
    files = (source for paths in kinds.values() for source in _files(paths))
    total = sum(len(paths) for paths in kinds.values())
    results = iter(scored(engine, files, FOREIGN, total))
    by_kind = {kind: refused_of([next(results) for _ in paths]) for kind, paths in kinds.items()}
    foreign = [one for kind, one in by_kind.items() if kind not in home.not_foreign]
    name = engine.bundle.name
    yield Row(
        name,
        "foreign pictures",
        Proportion(sum(one.successes for one in foreign), sum(one.total for one in foreign)),
        least=LEAST_FOREIGN,
    )
    for kind, refused in by_kind.items():
        what = f"{home.subject}: {kind}" if kind in home.not_foreign else f"foreign: {kind}"
        yield Row(name, what, refused)


def other_kind_rows(engine: Engine, home: Home, data: Path) -> Iterator[Row]:
    """What is refused of the kinds that the reference was shown, of the half that was held out.

    Args:
        engine: The engine of a bundle with a reference.
        home: Where images of these kinds lie.
        data: Folder of the data sets.
    """
    manifest = engine.bundle.manifest
    if manifest.reference is None or not manifest.reference.other_kinds:
        return
    named = [f"{name}={data / folder}" for name, folder in home.other_kinds]
    kinds = divided(
        kinds_called(named), (), network_input=manifest.input, reading=reading_of(engine.bundle)
    )
    for kind in kinds:
        seen = scored(engine, _files(one.case.path for one in kind.held_out), kind.name)
        yield Row(engine.bundle.name, f"held out: {kind.name}", refused_of(seen), least=LEAST_OTHER)


def _others(home: Home) -> Iterator[tuple[Home, str]]:
    """Folders of films that the other bundles were trained on."""
    for other in HOMES.values():
        for folder in other.folders:
            if other != home and folder not in home.folders:
                yield other, folder


def _files(paths: Iterable[Path]) -> list[Source]:
    return [Source(path.name, path) for path in paths]


def _some(items: Sequence[Item], number: int) -> list[Item]:
    """So many of the items at random, in their order."""
    chosen = np.random.default_rng(0).permutation(len(items))[:number]
    return [items[at] for at in np.sort(chosen)]


if __name__ == "__main__":
    calls.run(main)
