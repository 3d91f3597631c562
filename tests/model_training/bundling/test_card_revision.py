"""An older card as it would be written today."""

import pytest

from model_training.bundling.card import figures_or_none, write_card, written_figures
from model_training.bundling.card_revision import rewritten, sections

pytestmark = pytest.mark.slow


@pytest.fixture
def card(bundle):
    return write_card(
        bundle.manifest, bundle.predictions(), ["A note."], remarks="Much.", not_tested=["Children"]
    )


def test_a_card_of_today_stays_as_it_is(bundle, card):
    assert rewritten(card, bundle.manifest, written_figures(card)) == card


def test_an_older_card_keeps_what_only_its_training_knew(bundle, card):
    found = sections(card)
    older = [
        "# Old",
        "## Intended use\n\nA second reading.",
        found["## Data"],
        found["## Training"],
        "## What it refuses\n\nHands.",
        found["## What was tried"],
    ]
    figures = figures_or_none(bundle.manifest, bundle.predictions())

    new = rewritten("\n\n".join(older) + "\n", bundle.manifest, figures)

    assert list(sections(new)) == list(found)
    assert list(found)[:2] == ["## Not tested on", "## On other sources"]
    kept = ["## Data", "## Training", "## Limits", "## Intended use", "## What was tried"]
    assert all(sections(new)[name] == found[name] for name in kept)
    assert sections(new)["## What it refuses"] == "## What it refuses\n\nHands."
    assert written_figures(new) == figures
    assert "- Children" not in new


def test_what_it_was_not_tested_on_can_be_said_anew(bundle, card):
    new = rewritten(card, bundle.manifest, written_figures(card), not_tested=["Horses"])

    assert new == card.replace("- Children\n", "- Horses\n")
