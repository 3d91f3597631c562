"""What bundles refuse: foreign pictures, films of others, own films and faulty copies of them.

    python -m benchmarks.gate DATA

For each shipped bundle with a reference, through the engine and all of its gate. Of a fault, only
the films count of which it changes the model's answer. Foreign pictures are in `DATA/foreign`, a
folder for each kind; no reference is chosen on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from app.commands.parsing import given_path
from app.core.bundles.bundle import Bundle, find_bundles, load_bundle
from app.core.images import decoding
from app.core.images.reading import ReadOptions
from app.core.performance.formatting import count_of_total, percent, percent_interval
from app.core.scoring.engine import Engine
from app.core.scoring.result import Result
from app.core.sources.source import Source
from app.core.statistics.metrics import Proportion
from benchmarks import calls, films
from benchmarks.shift import MODELS, held_out_films
from benchmarks.table import log, log_machine
from model_training.reference.faults import FAULTS, faulty

# Bundle -> folder of its own films.
OWN = {"chest-pneumonia": "chest", "brain-tumour": "brain"}
FOREIGN = "foreign"
LEAST_FOREIGN, LEAST_FAULTY, MOST_OWN = 0.95, 0.90, 0.03
_ALL_JUDGED = ReadOptions(override="benchmark")


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


def main() -> int:
    """Measures and prints; exit status 1 if a target is missed."""
    parser = calls.parser("benchmarks.gate", __doc__)
    parser.add_argument("data", type=given_path, metavar="DATA", help="folder of the data sets")
    parser.add_argument(
        "--models",
        type=given_path,
        default=MODELS,
        metavar="FOLDER",
        help="folder of bundles; default: the shipped ones",
    )
    calls.add_count(parser, "--images", 300, "images of each folder")
    options = parser.parse_args()
    log_machine()
    rows: list[Row] = []
    for path in find_bundles(options.models):
        bundle = load_bundle(path)
        if bundle.manifest.reference is None:
            log(f"{bundle.name}: no reference")
        elif bundle.name in OWN:
            rows += measure(bundle, options.data, options.images)
    print(
        "| bundle | images | refused | share | 95 % interval | target |\n|---|---|---|---|---|---|"
    )
    for row in rows:
        print(
            f"| {row.bundle} | {row.what} | {count_of_total(row.refused)} | "
            f"{percent(row.refused)} | {percent_interval(row.refused)} | {row.target} |"
        )
    return 0 if all(row.is_met for row in rows) else 1


def measure(bundle: Bundle, data: Path, num_images: int) -> list[Row]:
    """What one bundle refuses.

    Args:
        bundle: A bundle with a reference.
        data: Folder of the data sets.
        num_images: Images of each folder, at most.
    """
    engine = Engine(bundle)
    own = _some(held_out_films(bundle, data / OWN[bundle.name]), num_images)
    kinds = {
        folder.name: films.paths(folder)
        for folder in sorted((data / FOREIGN).iterdir())
        if folder.is_dir()
    }
    by_kind = {kind: _refused(_scored(engine, paths)) for kind, paths in kinds.items()}
    others = [
        Row(
            bundle.name,
            f"films of {name}",
            _refused(_scored(engine, _some(films.paths(data / folder), num_images))),
            least=LEAST_FOREIGN,
        )
        for name, folder in OWN.items()
        if name != bundle.name
    ]
    foreign = Proportion(
        sum(one.successes for one in by_kind.values()), sum(one.total for one in by_kind.values())
    )
    return [
        Row(bundle.name, "own test films", _refused(_scored(engine, own)), most=MOST_OWN),
        Row(bundle.name, "foreign pictures", foreign, least=LEAST_FOREIGN),
        *(Row(bundle.name, f"foreign: {kind}", refused) for kind, refused in by_kind.items()),
        *others,
        *faulty_rows(engine, own),
    ]


def faulty_rows(engine: Engine, paths: Sequence[Path]) -> list[Row]:
    """What is refused of faulty copies of films whose answer the fault changes.

    Args:
        engine: The engine of a bundle with a reference.
        paths: Films of the bundle's own kind.
    """
    rows = []
    right = _scored(engine, paths, reading=_ALL_JUDGED)
    for fault in FAULTS:
        with TemporaryDirectory() as folder:
            copies = _write_faulty(fault, paths, Path(folder))
            seen = _scored(engine, copies)
            judged = _scored(engine, copies, reading=_ALL_JUDGED)
        changed = [
            one
            for one, before, after in zip(seen, right, judged, strict=True)
            if _answer(before) and _answer(after) and _answer(before) != _answer(after)
        ]
        name = engine.bundle.name
        rows += [
            Row(name, f"test films, {fault}", _refused(seen)),
            Row(name, f"of them, answer changed, {fault}", _refused(changed), least=LEAST_FAULTY),
        ]
    return rows


def _write_faulty(fault: str, paths: Sequence[Path], folder: Path) -> list[Path]:
    """Copies of films with a fault, as PNG files."""
    rng = np.random.default_rng(0)
    copies = []
    for number, path in enumerate(paths):
        film, other = (
            decoding.decode(one.read_bytes()).pixels
            for one in (path, paths[(number + 1) % len(paths)])
        )
        wrong = faulty(fault, film, other, rng)
        if wrong.ndim == 3:
            wrong = np.asarray(cv2.cvtColor(wrong, cv2.COLOR_RGB2BGR), np.uint8)
        copies.append(folder / f"{number:05}.png")
        cv2.imwrite(str(copies[-1]), wrong)
    return copies


def _scored(
    engine: Engine, paths: Sequence[Path], *, reading: ReadOptions | None = None
) -> list[Result]:
    sources = (Source(path.name, path) for path in paths)
    chosen = (one if reading is None else replace(one, reading=reading) for one in sources)
    return [replace(result, evidence=None) for result in engine.score(chosen)]


def _refused(results: Sequence[Result]) -> Proportion:
    """Those refused, of those that can be read."""
    statuses = [result.status for result in results if result.status in ("ok", "refused")]
    return Proportion(statuses.count("refused"), len(statuses))


def _answer(result: Result) -> str:
    return "" if result.prediction is None else result.prediction.label


def _some(paths: Sequence[Path], number: int) -> list[Path]:
    """So many of the files at random, in their order."""
    chosen = np.random.default_rng(0).permutation(len(paths))[:number]
    return [paths[at] for at in np.sort(chosen)]


if __name__ == "__main__":
    calls.run(main)
