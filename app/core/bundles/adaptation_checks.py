"""`checks.json`: how an adaptation did on other films, kept beside it and not in its digest."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from app.core.bundles.adaptation import LocalData, LocalFigure
from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import is_file, not_readable
from app.core.bundles.section import Section
from app.core.errors import BundleError

CHECKS = "checks.json"

ZoneName = Literal["ruled out", "ruled in", "clear"]
# `by chance`: more errors than promised, but so few films that chance may explain them.
ZoneVerdict = Literal["kept", "by chance", "not kept", "no zone", "no films"]


class CheckedZone(Section):
    """A zone on other films.

    Attributes:
        name: Of the zone.
        promised: The highest proportion of errors that was promised; None without a zone.
        errors: Ruled out, positives in it among all positives; else films in it that are wrong.
        inside: Films in it among all films.
        verdict: Whether the promise is kept on these films.
    """

    name: ZoneName
    promised: float | None
    errors: LocalFigure
    inside: LocalFigure
    verdict: ZoneVerdict


class StoredCheck(Section):
    """What an adaptation did on a list of labelled films.

    Attributes:
        date: Day on which it was checked, ISO 8601.
        adaptation_sha256: Digest of the `adaptation.json` that was checked.
        data: The films that were used, and those left out.
        refused: How many of them the gate refuses as unfamiliar or cropped; they lie in no zone.
        zones: Each zone.
        version: Version of Overread that checked it.
    """

    date: str
    adaptation_sha256: str
    data: LocalData
    refused: int = Field(ge=0)
    zones: tuple[CheckedZone, ...]
    version: str


class Checks(Section):
    """The content of `checks.json`.

    Attributes:
        format: Number of this format.
        checks: The checks, the last one at the end.
    """

    format: Literal[1] = 1
    checks: tuple[StoredCheck, ...] = ()


def read_checks(bundle: Bundle) -> tuple[StoredCheck, ...]:
    """The checks of an adaptation, the last one at the end; none of a bundle that is not adapted.

    Those of another adaptation, whose file was left in the folder, are passed over.

    Args:
        bundle: The adapted model.

    Raises:
        BundleError: If the file cannot be read.
    """
    if bundle.adapted_in is None:
        return ()
    found = parse_checks(bundle.adapted_in)
    return tuple(one for one in found if one.adaptation_sha256 == bundle.sha256)


def parse_checks(folder: Path) -> tuple[StoredCheck, ...]:
    """All checks in a folder; none without a file.

    Args:
        folder: Of the adaptation.

    Raises:
        BundleError: If the file cannot be read.
    """
    if not is_file(folder / CHECKS):
        return ()
    try:
        return Checks.model_validate_json((folder / CHECKS).read_bytes()).checks
    except OSError as error:
        raise not_readable(folder.name, CHECKS, error) from None
    except ValidationError as error:
        raise BundleError(
            f"{CHECKS} of {folder.name!r} cannot be read ({error.error_count()} entries are not as "
            "expected). Take the file away, and check the adaptation again."
        ) from None
