"""Keeps the outcome of a check with the adaptation, dated, with the fingerprint of its films."""

from __future__ import annotations

from datetime import date
from importlib.metadata import version

import numpy as np

from app.core.adaptation.checking import Check, ZoneCheck
from app.core.adaptation.local_figures import proportion_figure
from app.core.atomic_write import write_whole
from app.core.bundles.adaptation import ADAPTATION, LocalData
from app.core.bundles.adaptation_checks import (
    CHECKS,
    CheckedZone,
    Checks,
    StoredCheck,
    read_checks,
)
from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import is_file
from app.core.errors import OverreadError, system_reason
from app.core.only_writer import only_writer

# Writing takes milliseconds; whoever is checked at the same time waits for its turn.
_WAIT_SECONDS = 30.0


def as_stored(check: Check, bundle: Bundle) -> StoredCheck:
    """The outcome of a check as it is kept, with today's date.

    Args:
        check: The outcome.
        bundle: The adapted model.
    """
    films, task = check.films, bundle.manifest.task
    counts = np.bincount(films.labels, minlength=len(task.classes)).tolist()
    return StoredCheck(
        date=date.today().isoformat(),
        adaptation_sha256=bundle.sha256,
        data=LocalData(
            counts=dict(zip(task.classes, counts, strict=True)),
            units=len(set(films.units.names)),
            unit=films.units.kind,
            left_out=films.left_out,
            fingerprint=films.fingerprint,
        ),
        refused=check.refused,
        zones=tuple(map(_zone, check.zones)),
        version=version("overread"),
    )


def store_check(stored: StoredCheck, bundle: Bundle) -> None:
    """Writes a check into the folder of its adaptation, in place of one on the same films.

    Args:
        stored: The outcome.
        bundle: The adapted model.

    Raises:
        OverreadError: If the model is not adapted, or was removed, or the folder cannot be
            written.
        BundleError: If the checks that are there already cannot be read.
    """
    folder = bundle.adapted_in
    if folder is None:
        raise OverreadError(f"{bundle.name!r} is not adapted to a place.")
    if not is_file(folder / ADAPTATION):
        raise OverreadError(
            f"The check could not be stored: the adaptation {folder.name!r} was removed meanwhile. "
            "Bring it back, and check again."
        )
    try:
        with only_writer(folder / CHECKS, wait_seconds=_WAIT_SECONDS):
            kept = read_checks(bundle)
            others = (one for one in kept if one.data.fingerprint != stored.data.fingerprint)
            content = Checks(checks=(*others, stored)).model_dump_json(indent=2) + "\n"
            write_whole(folder / CHECKS, content.encode())
    except TimeoutError:
        raise OverreadError(
            f"The check could not be stored: another process holds {CHECKS} of {folder.name!r}. "
            "Check again when it has ended."
        ) from None
    except OSError as error:
        raise OverreadError(
            f"The check could not be stored in {folder.name!r} ({system_reason(error)}). Have the "
            "folder of models made writable for Overread, and check again."
        ) from None


def _zone(zone: ZoneCheck) -> CheckedZone:
    return CheckedZone(
        name=zone.name,
        promised=zone.promise.promised if zone.promise.found else None,
        errors=proportion_figure(zone.errors),
        inside=proportion_figure(zone.inside),
        verdict=zone.verdict,
    )
