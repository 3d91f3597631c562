"""`overread score`: images in, a table out, and nothing lost when it is stopped."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, NoReturn

from app.commands.calls import Commands, add_bundle, add_command, bundle_folder
from app.core.backend_names import BACKENDS
from app.core.errors import OverreadError

if TYPE_CHECKING:
    from tqdm import tqdm

    from app.core.bundles.bundle import Bundle
    from app.core.results.result_store import ResultStore

_SUFFIXES = (".csv", ".parquet")


def add(commands: Commands[argparse.ArgumentParser]) -> None:
    """Declares the command and its options."""
    command = add_command(
        commands,
        "score",
        "Score images and write a table, one row for every input. A run that was stopped, however "
        "it was, goes on with --resume.",
        "overread score models/chest-pneumonia films/ --out results.csv --heatmaps maps/",
    )
    add_bundle(command)
    command.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="images, folders, ZIP archives, or addresses such as s3://bucket/folder",
    )
    command.add_argument(
        "--out", type=_output, required=True, help="table to write: NAME.csv or NAME.parquet"
    )
    command.add_argument(
        "--heatmaps", type=_output, help="folder for overlays (PNG) and evidence (NPY)"
    )
    again = command.add_mutually_exclusive_group()
    again.add_argument(
        "--resume",
        action="store_true",
        help="go on with a run that was stopped: what was scored is known by its content, also "
        "under another name",
    )
    again.add_argument(
        "--restart", action="store_true", help="drop what a stopped run has done and begin anew"
    )
    command.add_argument(
        "--backend",
        choices=BACKENDS,
        default="auto",
        help="what computes; auto, the default, takes OpenVINO on a CPU and TensorFlow on a GPU",
    )
    command.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="where; ray scores on the Ray cluster that RAY_ADDRESS names (docs/scaling.md)",
    )
    command.set_defaults(run=_run)


def _output(text: str) -> Path:
    """A path to write to; as such an address would be a folder `s3:` of this machine."""
    from app.core.sources.remote import is_address, public_name

    if is_address(text):
        raise argparse.ArgumentTypeError(
            f"{public_name(text)!r} is an address; expected a path of this machine. Write there, "
            "and copy it to the address afterwards."
        )
    return Path(text)


def _run(options: argparse.Namespace) -> None:
    if options.out.suffix.lower() not in _SUFFIXES:
        raise OverreadError(
            f"The table would be named {options.out.name!r}; expected a name that ends in "
            f"{' or '.join(_SUFFIXES)}. Change --out."
        )
    from app.core.bundles.bundle import load_bundle

    bundle = load_bundle(bundle_folder(options.bundle))
    with _kept_until_done(options, bundle) as store:
        _score(options, bundle, store)


@contextmanager
def _kept_until_done(options: argparse.Namespace, bundle: Bundle) -> Iterator[ResultStore]:
    """Results beside the table while it is not whole; `--resume` begins with them."""
    from app.core.results.result_store import ResultStore, delete

    path = options.out.with_name(options.out.name + ".unfinished")
    if options.restart:
        delete(path)
    store = ResultStore(path)
    if num_outdated := store.num_outdated:
        print(
            f"overread: {num_outdated:,} results of the run that was stopped were computed by "
            "another version of Overread; they are computed again.",
            file=sys.stderr,
        )
    if len(store):
        try:
            _require_resumable(store, options, bundle)
        except OverreadError:
            store.close()
            raise
    try:
        yield store
    except BaseException:
        num_kept = len(store)
        store.close()
        if num_kept:
            print(
                f"overread: {num_kept:,} results are kept; the same command with --resume goes on.",
                file=sys.stderr,
            )
        else:
            delete(path)
        raise
    store.close()
    delete(path)


def _require_resumable(store: ResultStore, options: argparse.Namespace, bundle: Bundle) -> None:
    """Refuses a run that would drop what another one has done.

    Raises:
        OverreadError: If `--resume` is not asked for, or another bundle has given the results.
    """
    unfinished = f"{options.out.name} is unfinished: {len(store):,} results of a run"
    if not options.resume:
        raise OverreadError(
            f"{unfinished} that was stopped are kept. Go on with --resume, or drop them with "
            "--restart."
        )
    if others := store.bundles() - {bundle.sha256}:
        raise OverreadError(
            f"{unfinished} with another bundle are kept (SHA-256 {min(others)[:8]}…; "
            f"{bundle.name!r} has {bundle.sha256[:8]}…). Go on with that bundle, drop them with "
            "--restart, or choose another name with --out."
        )


def _score(options: argparse.Namespace, bundle: Bundle, store: ResultStore) -> None:
    from tqdm import tqdm

    from app.core.results.bundle_results import BundleResults
    from app.core.results.overlay_writer import written
    from app.core.results.table_writer import open_table
    from app.core.scoring.engine import Engine
    from app.core.scoring.ray_cluster import driver
    from app.core.sources.sources import from_paths

    sources, known = from_paths(options.inputs), BundleResults(store, bundle)
    if options.engine == "ray":
        computed_by = f"the workers of a Ray cluster, backend {options.backend}"
        results = driver.score(bundle, sources, backend=options.backend, known=known)
    else:
        engine = Engine(bundle, backend=options.backend)
        computed_by = engine.backend.description
        results = engine.score(sources, known=known)
    print(f"overread: {bundle.name}, computed by {computed_by}", file=sys.stderr)
    counts: Counter[str] = Counter()
    undrawn: Counter[str] = Counter()
    started = time.monotonic()
    if options.heatmaps:
        results = written(results, bundle, options.heatmaps, undrawn=undrawn)
    with open_table(options.out, bundle) as table, tqdm(desc="scoring", unit="image") as bar:
        _count_in_background(options.inputs, bar)
        for result in results:
            table.write(result)
            counts[result.status] += 1
            bar.update()
    print(_summary(counts, time.monotonic() - started, options.out), file=sys.stderr)
    if undrawn:
        print(_undrawn_summary(undrawn), file=sys.stderr)


def _count_in_background(inputs: Sequence[str], bar: tqdm[NoReturn]) -> None:
    """Lists the inputs a second time, so that the time left is known while scoring goes on."""
    from app.core.errors import SourceError
    from app.core.sources.sources import from_paths

    def count() -> None:
        with suppress(SourceError):  # told by who reads them
            bar.total = sum(1 for _ in from_paths(inputs))

    Thread(target=count, daemon=True, name="count").start()


def _summary(counts: Counter[str], seconds: float, out: Path) -> str:
    total, peak = counts.total(), _peak_memory()
    memory = "" if peak is None else f", peak memory {peak / 1024**2:.0f} MB"
    return (
        f"{total:,} images in {seconds:.1f} s ({total / seconds:.0f} images/s){memory}: "
        f"{_listed(counts)}. Table: {out}"
    )


def _undrawn_summary(undrawn: Counter[str]) -> str:
    return (
        f"Overlays not drawn: {undrawn.total():,} ({_listed(undrawn)}). These films were changed "
        "after they were scored, or could not be read again; their evidence (NPY) is written. "
        "Score them again for the PNG."
    )


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))


def _peak_memory() -> int | None:
    """The most bytes that this process has held at once; None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
