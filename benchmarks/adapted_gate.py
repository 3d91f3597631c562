"""What an adaptation changes of the gate: whole and cropped films of its place that are refused.

    python -m benchmarks.adapted_gate BUNDLE LABELLED [--films N]

From labelled films of one place, some are drawn as `overread adapt --propose` draws them, half of
all unless told, and the bundle is adapted to these. The others, and copies of them of which a part
is missing, are scored before and after. Of copies, those count apart that the adapted model would
answer otherwise than the whole film, as nobody would notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray

from app.commands.parsing import given_path
from app.core.adaptation.adapt import adapt
from app.core.adaptation.labels import Labelled, read_labels
from app.core.adaptation.proposal import candidates, propose
from app.core.bundles.bundle import load_bundle
from app.core.errors import OverreadError
from app.core.gate.familiarity import CROPPED
from app.core.gate.missing_parts import CUT_OFF
from app.core.performance.formatting import proportion_in_full
from app.core.performance.proportions import ClusteredProportion
from app.core.scoring.engine import Engine
from app.core.scoring.result import Result
from app.core.sources.source import Source
from app.core.statistics.decisions import predicted_classes
from app.core.statistics.metrics import Proportion
from app.core.statistics.recalibration import calibrated
from benchmarks.calls import add_bundle, add_count, parser, run
from benchmarks.faulty_copies import Picture
from benchmarks.table import log_machine


def main(arguments: Sequence[str] | None = None) -> int:
    """Draws, adapts, scores and prints.

    Args:
        arguments: Command line without the program name; None uses `sys.argv`.

    Raises:
        OverreadError: If there are too few films.
    """
    command = parser(__spec__.name if __spec__ else "benchmarks.adapted_gate", __doc__ or "")
    add_bundle(command)
    command.add_argument(
        "labelled", type=given_path, metavar="LABELLED", help="table or folder of labelled films"
    )
    add_count(command, "--films", 0, "films to adapt to; 0 for half of all", lowest=0)
    options = command.parse_args(arguments)
    log_machine()
    before = Engine(load_bundle(options.bundle))
    labelled = read_labels(options.labelled, before.bundle.manifest.task)
    chosen, others = _divided(before, labelled, options.films)
    with TemporaryDirectory() as folder:
        adapted = adapt(before, chosen, place="the others")
        after = Engine(adapted.write(Path(folder) / "adapted"))
        print(f"Adapted to {len(chosen)} films; {len(others)} others are scored.\n")
        print("| refused | before | after |\n|---|---|---|")
        _print_rows([one.source for one in others], before, after)
    return 0


def _divided(
    engine: Engine, labelled: Sequence[Labelled], number: int
) -> tuple[list[Labelled], list[Labelled]]:
    found = candidates(engine, (one.source for one in labelled))
    drawn = propose(found.scores, number or len(found.scores) // 2)
    names = {found.sources[one].path for one in drawn}
    chosen = [one for one in labelled if one.source.path in names]
    others = [one for one in labelled if one.source.path not in names]
    if not others:
        raise OverreadError(f"All {len(chosen)} films are adapted to. Choose fewer --films.")
    return chosen, others


def _print_rows(sources: list[Source], before: Engine, after: Engine) -> None:
    whole = [list(engine.score(sources, keep_logits=True)) for engine in (before, after)]
    _print("whole films", *(Proportion(_refused(one).sum(), len(one)) for one in whole))
    named = [sum(film.reason_code == CROPPED for film in one) for one in whole]
    _print("of these, taken for cropped", *(Proportion(one, len(sources)) for one in named))
    admitted = np.flatnonzero(~_refused(whole[1]))
    copies = [_copy(sources[film], fault, film) for film in admitted.tolist() for fault in CUT_OFF]
    cut = [list(engine.score(copies, keep_logits=True)) for engine in (before, after)]
    films = np.repeat(admitted, len(CUT_OFF))
    _print("copies with a part cut off", *(_of_copies(one, films) for one in cut))
    answers = _answers(whole[1], after)[films]
    changed = _answers(cut[1], after) != answers
    _print("of these, answer changed", *(_of_copies(one, films, changed) for one in cut))
    for place, fault in enumerate(CUT_OFF):
        of_fault = np.arange(len(films)) % len(CUT_OFF) == place
        _print(f"{fault}, answer changed",
               *(_of_copies(one, films, changed & of_fault) for one in cut))  # fmt: skip


def _copy(source: Source, fault: str, film: int) -> Source:
    pixels = np.asarray(cv2.imread(str(source.path), cv2.IMREAD_GRAYSCALE), np.uint8)
    cut = CUT_OFF[fault](pixels, np.random.default_rng((film, list(CUT_OFF).index(fault))))
    content = cv2.imencode(".png", np.ascontiguousarray(cut))[1].tobytes()
    return Source(f"{film}-{fault}.png", None, Picture(content))


def _refused(results: Sequence[Result]) -> NDArray[np.bool_]:
    return np.array([one.status == "refused" for one in results])


def _of_copies(
    results: Sequence[Result], films: NDArray[np.int64], counted: NDArray[np.bool_] | None = None
) -> ClusteredProportion:
    chosen = np.full(len(films), True) if counted is None else counted
    return ClusteredProportion.of(_refused(results)[chosen], films[chosen].astype(np.str_))


def _answers(results: Sequence[Result], engine: Engine) -> NDArray[np.int64]:
    """The class that the adapted model says, whatever the gate says; -1 if nothing was computed."""
    manifest = engine.bundle.manifest
    computed = [one.logits is not None for one in results]
    logits = np.array([one.logits for one in results if one.logits is not None], np.float64)
    answers = np.full(len(results), -1, np.int64)
    answers[computed] = predicted_classes(
        calibrated(logits, manifest.calibration), manifest.thresholds.decision
    )
    return answers


def _print(what: str, before: Proportion, after: Proportion) -> None:
    print(f"| {what} | {proportion_in_full(before)} | {proportion_in_full(after)} |", flush=True)


if __name__ == "__main__":
    run(main)
