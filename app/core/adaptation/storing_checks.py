"""Keeps the outcome of a check with the adaptation, dated, with the fingerprint of its films."""

from __future__ import annotations

from datetime import date
from importlib.metadata import version
from math import isfinite

import numpy as np

from app.core.adaptation.checking import Check, ZoneCheck
from app.core.atomic_write import write_whole
from app.core.bundles.adaptation import LocalData, LocalFigure
from app.core.bundles.adaptation_checks import (
    CHECKS,
    CheckedZone,
    Checks,
    StoredCheck,
    read_checks,
)
from app.core.bundles.bundle import Bundle
from app.core.errors import OverreadError, system_reason
from app.core.statistics.metrics import Proportion


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
        OverreadError: If the model is not adapted, or the folder cannot be written.
        BundleError: If the checks that are there already cannot be read.
    """
    if bundle.adapted_in is None:
        raise OverreadError(f"{bundle.name!r} is not adapted to a place.")
    others = (one for one in read_checks(bundle) if one.data.fingerprint != stored.data.fingerprint)
    content = Checks(checks=(*others, stored)).model_dump_json(indent=2) + "\n"
    try:
        write_whole(bundle.adapted_in / CHECKS, content.encode())
    except OSError as error:
        raise OverreadError(
            f"The check could not be stored in {bundle.adapted_in.name!r} "
            f"({system_reason(error)}). Have the folder of models made writable for Overread, and "
            "check again."
        ) from None


def _zone(zone: ZoneCheck) -> CheckedZone:
    return CheckedZone(
        name=zone.name,
        promised=zone.promise.promised if zone.promise.found else None,
        errors=_figure(zone.errors),
        inside=_figure(zone.inside),
        verdict=zone.verdict,
    )


def _figure(found: Proportion) -> LocalFigure:
    low, high = found.interval()
    is_defined = isfinite(found.value)
    return LocalFigure(
        value=found.value if is_defined else None,
        low=low if is_defined else None,
        high=high if is_defined else None,
        successes=found.successes,
        total=found.total,
    )
