"""What bundles refuse: foreign pictures, films of others, own films and faulty copies of them.

    python -m benchmarks.gate DATA

For each shipped bundle with a reference, through the engine and all of its gate, all foreign
pictures and a sample of the other folders. Of a fault, only the films count of which it changes the
model's answer; what the model saw in training as right is no fault. Foreign pictures are in
`DATA/foreign`, a folder for each kind; no reference is chosen on them. Of kinds that the reference
was shown, only the images count that were held out from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.bundles.bundle import Bundle
from app.core.images import decoding
from app.core.images.reading import ReadOptions
from app.core.performance.formatting import count_of_total, percent, percent_interval
from app.core.progress import progress
from app.core.scoring.engine import Engine
from app.core.scoring.result import Result
from app.core.sources.source import Source
from app.core.statistics.metrics import Proportion
from benchmarks import calls, films
from benchmarks.homes import HOMES, Home, add_data, bundles_with_reference, held_out_films
from benchmarks.table import log, log_machine
from model_training.reference.bundle_films import augmentation_of, reading_of
from model_training.reference.faults import FAULTS, faulty, learned_as_right
from model_training.reference.other_kinds import divided, kinds_called

FOREIGN = "foreign"
LEAST_FOREIGN, LEAST_OTHER, LEAST_FAULTY, MOST_OWN = 0.95, 0.90, 0.90, 0.03
_ALL_JUDGED = ReadOptions(override="benchmark")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Row:
    """How many pictures of one kind a bundle refuses.

    Attributes:
        bundle: Name of the bundle.
        what: What the pictures are.
        refused: Those that are refused, of those that can be read.
        least: The share that must be refused; None if there is no such aim.
        most: The share that may be refused at most; None if there is no such aim.
    """

    bundle: str
    what: str
    refused: Proportion
    least: float | None = None
    most: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the aim is reached, or there is none."""
        if not self.refused.total:
            return True
        is_enough = self.least is None or self.refused.value >= self.least
        return is_enough and (self.most is None or self.refused.value <= self.most)

    @property
    def target(self) -> str:
        """The aim in words; empty if there is none."""
        parts = [
            f"{sign} {100 * share:.0f} %"
            for sign, share in (("≥", self.least), ("≤", self.most))
            if share is not None
        ]
        return "".join(parts) + ("" if self.is_met else ", missed")


@dataclass(frozen=True, slots=True)
class Picture:
    """A file in memory.

    Attributes:
        content: Its bytes.
    """

    content: bytes

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self.content)

    def read(self) -> bytes:
        """The bytes."""
        return self.content


def main() -> int:
    """Measures and prints; exit status 1 if a target is missed."""
    parser = calls.parser("benchmarks.gate", __doc__)
    add_data(parser)
    calls.add_count(parser, "--images", 300, "images of each folder, foreign ones apart, at most")
    calls.add_count(parser, "--faulty", 100, "own films that are copied with each fault, at most")
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
        for row in measure(bundle, home, options.data, options.images, options.faulty):
            is_met &= row.is_met
            print(
                f"| {row.bundle} | {row.what} | {count_of_total(row.refused)} | "
                f"{percent(row.refused)} | {percent_interval(row.refused)} | {row.target} |",
                flush=True,
            )
    return 0 if is_met else 1


def measure(
    bundle: Bundle, home: Home, data: Path, num_images: int, num_faulty: int
) -> Iterator[Row]:
    """What one bundle refuses.

    Args:
        bundle: A bundle with a reference.
        home: Where films of its kind lie.
        data: Folder of the data sets.
        num_images: Images of each folder but those of foreign pictures, at most.
        num_faulty: How many of its own films are copied with each fault, at most.
    """
    engine, name = Engine(bundle), bundle.name
    held_out = [path for one in home.folders for path in held_out_films(bundle, data / one)]
    own = _files(_some(held_out, num_images))
    seen = _scored(engine, own, "own test films")
    yield Row(name, "own test films", _refused(seen), most=MOST_OWN)
    yield from foreign_rows(engine, home, data / FOREIGN)
    yield from other_kind_rows(engine, home, data)
    for other, folder in _others(home):
        paths = _some(films.paths(data / folder), num_images)
        refused = _refused(_scored(engine, _files(paths), folder))
        least = None if other.subject == home.subject else LEAST_FOREIGN
        yield Row(name, f"{other.subject}: {folder}", refused, least=least)
    yield from faulty_rows(engine, _some(list(zip(own, seen, strict=True)), num_faulty))


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
    results = iter(_scored(engine, files, FOREIGN, total))
    by_kind = {kind: _refused([next(results) for _ in paths]) for kind, paths in kinds.items()}
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
        seen = _scored(engine, _files(one.case.path for one in kind.held_out), kind.name)
        yield Row(engine.bundle.name, f"held out: {kind.name}", _refused(seen), least=LEAST_OTHER)


def faulty_rows(engine: Engine, own: Sequence[tuple[Source, Result]]) -> Iterator[Row]:
    """What is refused of faulty copies of films, and of those whose answer the fault changes.

    Args:
        engine: The engine of a bundle with a reference.
        own: Films of the bundle's own kind, and what the engine said of them.
    """
    name = engine.bundle.name
    no_faults = learned_as_right(augmentation_of(engine.bundle))
    sources, seen_right = [one for one, _ in own], [one for _, one in own]
    pixels = [decoding.decode(source.read()).pixels for source in sources]
    right = _answers(engine, sources, seen_right)
    for fault in FAULTS:
        if fault in no_faults:
            continue
        copies = list(_faulty_copies(fault, pixels))
        seen = _scored(engine, copies, fault)
        wrong = _answers(engine, copies, seen)
        changed = [
            one
            for one, before, after in zip(seen, right, wrong, strict=True)
            if before and after and before != after
        ]
        yield Row(name, f"test films, {fault}", _refused(seen))
        yield Row(name, f"of them, answer changed, {fault}", _refused(changed), least=LEAST_FAULTY)


def _faulty_copies(fault: str, pixels: Sequence[NDArray[np.uint8]]) -> Iterator[Source]:
    """Copies of films with a fault, as PNG files in memory."""
    rng = np.random.default_rng(0)
    for number, film in enumerate(pixels):
        wrong = faulty(fault, film, pixels[(number + 1) % len(pixels)], rng)
        if wrong.ndim == 3:
            wrong = np.asarray(cv2.cvtColor(wrong, cv2.COLOR_RGB2BGR), np.uint8)
        content = cv2.imencode(".png", wrong, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
        yield Source(f"{number:05}.png", None, Picture(content))


def _answers(engine: Engine, sources: Sequence[Source], seen: Sequence[Result]) -> list[str]:
    """What the model answers whatever the gate says; empty where there is no answer.

    Args:
        engine: The engine.
        sources: The films.
        seen: What the engine said of each; only those refused are scored again.
    """
    refused = [
        replace(source, reading=_ALL_JUDGED)
        for source, result in zip(sources, seen, strict=True)
        if result.status == "refused"
    ]
    judged = iter(_scored(engine, refused, "answers"))
    results = [next(judged) if result.status == "refused" else result for result in seen]
    return ["" if one.prediction is None else one.prediction.label for one in results]


def _others(home: Home) -> Iterator[tuple[Home, str]]:
    """Folders of films that the other bundles were trained on."""
    for other in HOMES.values():
        for folder in other.folders:
            if other != home and folder not in home.folders:
                yield other, folder


def _files(paths: Iterable[Path]) -> list[Source]:
    return [Source(path.name, path) for path in paths]


def _scored(
    engine: Engine, sources: Iterable[Source], what: str, total: int | None = None
) -> list[Result]:
    results = progress(
        engine.score(sources),
        title=f"{engine.bundle.name}, {what}",
        unit="film",
        total=len(sources) if isinstance(sources, Sequence) else total,
    )
    return [replace(result, evidence=None) for result in results]


def _refused(results: Sequence[Result]) -> Proportion:
    """Those refused, of those that can be read."""
    statuses = [result.status for result in results if result.status in ("ok", "refused")]
    return Proportion(statuses.count("refused"), len(statuses))


def _some(items: Sequence[Item], number: int) -> list[Item]:
    """So many of the items at random, in their order."""
    chosen = np.random.default_rng(0).permutation(len(items))[:number]
    return [items[at] for at in np.sort(chosen)]


if __name__ == "__main__":
    calls.run(main)
