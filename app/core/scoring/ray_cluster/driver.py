"""Scores on a Ray cluster: each worker is an engine on one core of any machine.

The driver lists the sources and distributes them in batches, a few ahead of the results returned
so far; the workers read, decode and score them. The driver's memory does not grow with the number
of films, and results are in the order of the sources.

It uses Ray's actors rather than Ray Data, whose datasets do not accept an iterator of unknown
length. With a custom data source that asks the driver, Ray Data needs the same processor time per
film, but delivered 29 batches per second compared with 427 for actors, stored statistics of every
block, and started 8 to 15 seconds later (two busy cores, Ray 2.60).

File names may identify patients, so neither the workers nor Ray may log any.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.core.backend_names import BackendName
from app.core.bundles.adaptation import ADAPTATION
from app.core.bundles.bundle import Bundle
from app.core.bundles.manifest import MANIFEST
from app.core.errors import BundleError, system_reason
from app.core.images.preparation import PIPELINE_VERSION
from app.core.scoring.known_results import KnownResults
from app.core.scoring.ray_cluster.connection import connected, load_ray
from app.core.scoring.ray_cluster.dispatch import BATCHES_A_WORKER, Dispatch
from app.core.scoring.ray_cluster.worker import Worker
from app.core.scoring.result import Result
from app.core.scoring.second_look import SecondLook
from app.core.sources.source import Source

# Per worker and run; more restarts indicate a machine with too little memory.
MAX_RESTARTS = 20


class StoredResults(KnownResults, Protocol):
    """Results of earlier runs that can be announced to workers."""

    def image_ids(self) -> Iterable[str]:
        """SHA-256 of every film with a result."""
        ...


def score(
    bundle: Bundle,
    sources: Iterable[Source],
    *,
    backend: BackendName = "auto",
    known: StoredResults | None = None,
    second_look: SecondLook | None = None,
    num_workers: int | None = None,
) -> Iterator[Result]:
    """Scores images on the workers of a Ray cluster, with the same results as `Engine.score`.

    Uses the cluster at `RAY_ADDRESS`; if it is not set, a local one is started and stopped with the
    run. Every machine of the cluster needs this version of Overread and access to the films under
    the same paths or addresses; a film that a worker cannot read is a row `not_readable`.

    Each batch is stored as soon as it is scored. Workers receive the digests of known films, 32
    bytes each in the memory of every machine; they read and hash a known film but do not decode it.
    A film that occurs twice in a run is scored twice.

    If a worker crashes, up to two batches are scored again by others, and Ray takes a few seconds
    to restart it. A film that crashes every worker is found and has a row `failed`.

    Args:
        bundle: The model; its files are sent to the workers.
        sources: The images; listed lazily, at most `BATCHES_AHEAD_A_WORKER` batches per worker
            ahead.
        backend: Library to compute with. Workers use no GPU.
        known: Results of earlier runs, to which new ones are added.
        second_look: Which refused films are read once more, see `Engine.score`.
        num_workers: Number of workers with one core each; None uses all cores of the cluster.

    Yields:
        One result for each source, in order.

    Raises:
        OverreadError: If Ray is not installed, the cluster does not respond, no worker is left, or
            a worker has an unexpected error.
    """
    ray = load_ray()
    with connected():
        number = num_workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        shared = [ray.put(_files(bundle)), ray.put(_digests(known))]
        kind = ray.remote(num_cpus=1, max_restarts=MAX_RESTARTS, max_concurrency=BATCHES_A_WORKER)(
            Worker
        )
        about = (bundle.sha256, backend, os.getcwd(), PIPELINE_VERSION, second_look)
        workers = [kind.remote(*about) for _ in range(number)]
        run = Dispatch(workers, shared, known, second_look)
        try:
            yield from run.results(sources)
        finally:
            run.wait_for_opening()
            for worker in workers:
                with suppress(Exception):  # the cluster may be gone
                    ray.kill(worker)


def _files(bundle: Bundle) -> dict[str, bytes]:
    paths = {f"bundle/{name}": bundle.path / name for name in (MANIFEST, *bundle.manifest.files)}
    if bundle.adaptation is not None and bundle.adapted_in is not None:
        names = (ADAPTATION, *bundle.adaptation.files)
        paths |= {f"adapted/{name}": bundle.adapted_in / name for name in names}
    try:
        return {name: path.read_bytes() for name, path in paths.items()}
    except OSError as error:
        raise BundleError(
            f"The bundle {bundle.name!r} could not be read ({system_reason(error)}). Copy it again."
        ) from None


def _digests(known: StoredResults | None) -> NDArray[np.bytes_]:
    """Sorted digests of known films, 32 bytes each, `(num_films,)`."""
    ids = known.image_ids() if known is not None else ()
    digests = np.fromiter((bytes.fromhex(one) for one in ids), "S32")
    digests.sort()
    return digests
