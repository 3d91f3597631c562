"""`overread`: open the app, score a folder, verify a bundle."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from app.core.errors import ImageError, OverreadError

if TYPE_CHECKING:
    from app.core.engine import Engine, Result


# Longer side of an overlay file, in pixels: enough to read it, small enough to send it.
OVERLAY_SIDE = 1024


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns 0, 1 when it failed, 2 when it was called wrongly."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except OverreadError as error:
        print(f"overread: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"overread: {error.strerror}. Check the output folder and its space.", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        print("overread: stopped.", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="overread",
        description="A second reading for image classifiers. Research use only, not a medical "
        "device.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    app = _command(commands, "app", "Open the review dashboard.", "overread app --port 8501")
    app.add_argument("--port", type=int, default=8501, help="default 8501")
    app.set_defaults(run=_run_app)

    score = _command(
        commands,
        "score",
        "Score images and write a table, one row for every input.",
        "overread score models/chest-pneumonia films/ --out results.csv --heatmaps maps/",
    )
    score.add_argument("bundle", type=Path, help="folder of a model bundle")
    score.add_argument("inputs", type=Path, nargs="+", help="images, folders or ZIP archives")
    score.add_argument("--out", type=Path, required=True, help="CSV file to write")
    score.add_argument("--heatmaps", type=Path, help="folder for overlays (PNG) and evidence (NPY)")
    score.set_defaults(run=_run_score)

    verify = _command(
        commands,
        "verify",
        "Check that a bundle is complete, unchanged and loads.",
        "overread verify models/chest-pneumonia",
    )
    verify.add_argument("bundle", type=Path, help="folder of a model bundle")
    verify.set_defaults(run=_run_verify)
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    purpose: str,
    example: str,
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name, help=purpose, description=purpose, epilog=f"example: {example}"
    )


def _run_app(options: argparse.Namespace) -> None:
    # Streamlit reads .streamlit/config.toml from the folder it is started in.
    main_script = Path(__file__).with_name("main.py")
    os.chdir(main_script.parents[1])
    sys.stdout.flush()
    command = [sys.executable, "-m", "streamlit", "run", str(main_script)]
    os.execv(sys.executable, [*command, "--server.port", str(options.port)])


def _run_verify(options: argparse.Namespace) -> None:
    from app.core.bundle import load_bundle
    from app.core.network import load_network

    bundle = load_bundle(options.bundle)
    network = load_network(bundle)
    print(f"{bundle.name}: complete and unchanged, {len(bundle.manifest.files)} files")
    print(f"classes: {', '.join(bundle.manifest.task.classes)}")
    print(f"parameters: {network.model.count_params():,}")
    print(f"bundle sha256: {bundle.sha256}")


def _run_score(options: argparse.Namespace) -> None:
    from app.core.bundle import load_bundle
    from app.core.sources import from_paths

    bundle = load_bundle(options.bundle)
    sources = list(from_paths(options.inputs))
    if not sources:
        raise OverreadError(
            "There is no image in the input. Expected JPEG, PNG, TIFF or DICOM files, folders or "
            "ZIP archives with such files; check the path."
        )
    if options.heatmaps:
        options.heatmaps.mkdir(parents=True, exist_ok=True)
    from tqdm import tqdm

    from app.core.engine import Engine
    from app.core.results import write_csv

    engine = Engine(bundle)
    counts: Counter[str] = Counter()
    started = time.monotonic()
    results = engine.score(sources, with_heatmaps=options.heatmaps is not None)
    with _published_when_whole(options.out) as file:
        # One row at a time, so that what is done is on disk when a run is stopped.
        written = write_csv(file, results, bundle)
        if options.heatmaps:
            written = _with_heatmap_files(written, engine, options.heatmaps)
        for result in tqdm(written, "scoring", len(sources), unit="image"):
            counts[result.status] += 1
    seconds = time.monotonic() - started
    summary = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    print(
        f"{len(sources)} images in {seconds:.1f} s ({len(sources) / seconds:.0f} images/s): "
        f"{summary}. Table: {options.out}",
        file=sys.stderr,
    )


def _with_heatmap_files(
    results: Iterator[Result], engine: Engine, folder: Path
) -> Iterator[Result]:
    """Passes results on when their files are written, which threads do a few ahead."""
    threads = os.cpu_count() or 1
    ahead: deque[tuple[Result, Future[None]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="overlay") as pool:
        for result in results:
            ahead.append((result, pool.submit(_write_heatmap, result, engine, folder)))
            if len(ahead) > 2 * threads:
                yield _written(*ahead.popleft())
        while ahead:
            yield _written(*ahead.popleft())


def _written(result: Result, future: Future[None]) -> Result:
    future.result()
    return result


def _write_heatmap(result: Result, engine: Engine, folder: Path) -> None:
    """`<image_id>.npy` with the evidence and `<image_id>.png` with the overlay."""
    import numpy as np

    from app.core import heatmaps, images

    if result.evidence is None:
        return
    np.save(folder / f"{result.image_id}.npy", result.evidence)
    # The film is read again: keeping it beside its score would hold every large film of the
    # queue in memory.
    with contextlib.suppress(ImageError):
        film = images.shrunk(images.decode(result.source.read()), OVERLAY_SIDE)
        overlay = heatmaps.blend(
            film.pixels, result.evidence, scale=engine.bundle.manifest.heatmap.scale
        )
        (folder / f"{result.image_id}.png").write_bytes(heatmaps.png(overlay))


@contextlib.contextmanager
def _published_when_whole(path: Path) -> Iterator[TextIO]:
    """A text file that gets its name when it is complete; until then it ends in `.partial`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            yield file
    except BaseException:
        print(f"overread: the rows written so far are in {partial}", file=sys.stderr)
        raise
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(main())
