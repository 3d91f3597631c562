"""Older cards as they would be written today, with what only their training knew."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.core.bundles.manifest import Manifest
from model_training.bundling import reference_files
from model_training.bundling.card import DATA, TRIED, Parts, card_of_parts
from model_training.bundling.other_sources import NOT_TESTED_ON, ON_OTHER_SOURCES, opening

# Lines under Data that follow from the manifest.
_OF_MANIFEST = ("Source: ", "Licence: ", "Fingerprint (")


def rewritten(
    card: str,
    manifest: Manifest,
    figures: str,
    *,
    refusals: Sequence[str] = (),
    not_tested: Sequence[str] = (),
) -> str:
    """An older card as it would be written today.

    Notes about the data, figures on other sources, what is refused and what was tried are not in
    the manifest, and stay as they are.

    Args:
        card: The card.
        manifest: The manifest of the bundle.
        figures: Its figures on the test split, as returned by `card.figures_or_none`.
        refusals: The sections about its reference, see `reference_files.sections`; empty to leave
            them.
        not_tested: What it was not tested on, one line each; replaces what the card says of that.
            Empty to leave it.
    """
    found = sections(card)
    untested, elsewhere = opening(not_tested)
    if not not_tested:
        untested = found.get(NOT_TESTED_ON, untested)
    headings = (reference_files.HEADING, reference_files.SIMILAR_HEADING)
    written = [found[heading] for heading in headings if heading in found]
    return card_of_parts(
        manifest,
        Parts(
            opening=(untested, found.get(ON_OTHER_SOURCES, elsewhere)),
            notes=_notes(found.get(DATA, "")),
            figures=figures,
            refusals=refusals or written or [reference_files.section(None)],
            remarks=found.get(TRIED, "").removeprefix(TRIED),
        ),
    )


def sections(card: str) -> dict[str, str]:
    """The sections of a card with their headings, by heading.

    Args:
        card: The card.
    """
    return {
        part.partition("\n")[0]: part.strip()
        for part in re.split(r"^(?=## )", card, flags=re.MULTILINE)
        if part.startswith("## ")
    }


def _notes(section: str) -> list[str]:
    lines = [line.removeprefix("- ") for line in section.splitlines() if line.startswith("- ")]
    return [line for line in lines if not line.startswith(_OF_MANIFEST)]
