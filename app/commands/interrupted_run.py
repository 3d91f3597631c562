"""The results of an interrupted run of `overread score`: kept beside its table, and continued."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.core.errors import OverreadError

if TYPE_CHECKING:
    from app.core.bundles.bundle import Bundle
    from app.core.results.result_store import ResultStore


@contextmanager
def temporary_store(options: argparse.Namespace, bundle: Bundle) -> Iterator[ResultStore]:
    """Stores results next to the table until it is complete; `--resume` starts from them.

    Args:
        options: Of the call: `out`, `resume` and `restart`.
        bundle: The model.

    Raises:
        OverreadError: If this would discard the results of another run.
    """
    from app.core.results.result_store import ResultStore
    from app.core.results.store_file import delete

    path = options.out.with_name(options.out.name + ".unfinished")
    if options.restart:
        delete(path)
    store = ResultStore(path)
    if num_outdated := store.num_outdated:
        print(
            f"overread: {num_outdated:,} results of the interrupted run were computed by another "
            "version of Overread and will be computed again.",
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
                f"overread: {num_kept:,} results are saved; add --resume to the same command to "
                "continue.",
                file=sys.stderr,
            )
        else:
            delete(path)
        raise
    store.close()
    delete(path)


def _require_resumable(store: ResultStore, options: argparse.Namespace, bundle: Bundle) -> None:
    """Refuses a run that would discard the results of another one.

    Raises:
        OverreadError: If `--resume` was not given, or the results are from another bundle.
    """
    unfinished = f"{options.out.name} is incomplete: {len(store):,} results of an interrupted run"
    if not options.resume:
        raise OverreadError(
            f"{unfinished} are saved. Continue with --resume, or discard them with --restart."
        )
    if others := store.bundles() - {bundle.sha256}:
        raise OverreadError(
            f"{unfinished} with another bundle are saved (SHA-256 {min(others)[:8]}…; "
            f"{bundle.name!r} has {bundle.sha256[:8]}…). Continue with that bundle, discard them "
            "with --restart, or choose another name with --out."
        )
