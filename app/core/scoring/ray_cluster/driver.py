"""Scoring on a Ray cluster: each worker is the engine on one core, on whatever machine.

The driver lists the sources and hands them out in batches, a few ahead of what was delivered; the
workers read, decode and score them. So the driver needs as little memory for a million films as
for a thousand, and results come in the order of the sources.

Ray's actors do the work, without Ray Data. Its datasets take no iterator whose length is unknown;
fed by one all the same, through a data source that asks the driver, Ray Data scores a film for as
much processor time, but passed on 29 batches a second where actors passed on 427, kept the
statistics of every block, and began 8 to 15 seconds later (two busy cores, Ray 2.60).

File names may name patients: nothing that workers or Ray write holds one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.core.backend_names import BackendName
from app.core.bundles.bundle import MANIFEST, Bundle
from app.core.errors import BundleError, system_reason
from app.core.images.preparation import PIPELINE_VERSION
from app.core.scoring.engine import KnownResults, Result
from app.core.scoring.ray_cluster.connection import connected, load_ray
from app.core.scoring.ray_cluster.dispatch import BATCHES_A_WORKER, Dispatch
from app.core.scoring.ray_cluster.worker import Worker
from app.core.sources.source import Source

# Of one worker in a run: more is a machine with too little memory.
MAX_RESTARTS = 20


class KeptResults(KnownResults, Protocol):
    """Results of earlier runs that can be told to workers."""

    def image_ids(self) -> Iterable[str]:
        """The SHA-256 of every film that has a result."""
        ...


def score(
    bundle: Bundle,
    sources: Iterable[Source],
    *,
    backend: BackendName = "auto",
    known: KeptResults | None = None,
    num_workers: int | None = None,
) -> Iterator[Result]:
    """Scores images on the workers of a Ray cluster, with the results of `Engine.score`.

    The cluster is the one of `RAY_ADDRESS`; without it, one of this machine is started, and ended
    with the run. Every machine of it must have this version of Overread, and see the films under
    the same paths or addresses: a film that a worker does not see is a row `not_readable`.

    Every batch is kept as soon as a worker has scored it. What is known is told to the workers by
    its digest, 32 bytes a film in the memory of each machine; they read and hash a known film, and
    do not decode it. A film that comes twice within a run is scored twice.

    A worker that dies costs the up to two batches that it had, which others score again, and the
    seconds until Ray has started it anew.

    Args:
        bundle: The model; its files are sent to the workers.
        sources: Images; listed lazily, `BATCHES_AHEAD_A_WORKER` batches a worker ahead at most.
        backend: What computes. Workers see no GPU.
        known: Earlier results, which are not computed again, and where new ones are kept.
        num_workers: Workers of one core each; by default as many as the cluster has cores.

    Yields:
        One result for each source, in the order of the sources.

    Raises:
        OverreadError: If Ray is not installed, the cluster does not answer, no worker is left, a
            batch ends every worker that gets it, or a worker meets an error that is no film's.
    """
    ray = load_ray()
    with connected():
        number = num_workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        shared = [ray.put(_files(bundle)), ray.put(_digests(known))]
        kind = ray.remote(num_cpus=1, max_restarts=MAX_RESTARTS, max_concurrency=BATCHES_A_WORKER)(
            Worker
        )
        about = (bundle.sha256, backend, os.getcwd(), PIPELINE_VERSION)
        workers = [kind.remote(*about) for _ in range(number)]
        run = Dispatch(workers, shared, known)
        try:
            yield from run.results(sources)
        finally:
            run.let_open()
            for worker in workers:
                with suppress(Exception):  # a cluster that is gone has no workers either
                    ray.kill(worker)


def _files(bundle: Bundle) -> dict[str, bytes]:
    names = [MANIFEST, *bundle.manifest.files]
    try:
        return {name: (bundle.path / name).read_bytes() for name in names}
    except OSError as error:
        raise BundleError(
            f"The bundle {bundle.name!r} could not be read ({system_reason(error)}). Copy it again."
        ) from None


def _digests(known: KeptResults | None) -> NDArray[np.bytes_]:
    """The digests of known films, `(num_films,)` of 32 bytes each, sorted."""
    ids = known.image_ids() if known is not None else ()
    digests = np.fromiter((bytes.fromhex(one) for one in ids), "S32")
    digests.sort()
    return digests
