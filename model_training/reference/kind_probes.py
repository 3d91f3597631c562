"""Fits what tells the kinds that a model is not for, and looks at images of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.core.gate.reference import Reference
from model_training.reference.known_cases import KnownCase
from model_training.reference.other_kinds import OtherKind
from model_training.reference.probes import fit_kinds
from model_training.reference.variation import NUM_VARIANTS
from model_training.reference.views import Looked, Looker


def with_kinds(
    reference: Reference,
    kinds: Sequence[OtherKind],
    looker: Looker,
    *,
    training: Looked,
    validation: Looked,
    seed: int = 0,
) -> Reference:
    """The reference with probes of the kinds that the model is not for, if there are any.

    Args:
        reference: As it is without.
        kinds: The kinds; only those of their images that are to be shown are looked at.
        looker: How images are read and seen.
        training: What was seen of training films, with variants.
        validation: The same of validation films.
        seed: Of what varies in the variants.
    """
    if not kinds:
        return reference
    shown = {
        kind.name: look_at(looker, kind.shown, num_variants=NUM_VARIANTS, seed=seed)[0]
        for kind in kinds
    }
    probes = fit_kinds(
        reference.standardised(training.anywhere),
        {name: reference.standardised(seen.anywhere) for name, seen in shown.items()},
        validation=reference.standardised(validation.anywhere),
        distances={
            name: reference.distances(reference.standardised(seen.features))[1]
            for name, seen in shown.items()
        },
    )
    return replace(reference, kinds=probes)


def look_at(
    looker: Looker, cases: Sequence[KnownCase], *, num_variants: int = 0, seed: int = 0
) -> tuple[Looked, list[KnownCase]]:
    """What is seen of images of a kind, and of which of them.

    Args:
        looker: How they are read and seen.
        cases: The images.
        num_variants: Variants of each, see `variation`.
        seed: Of what varies in them.
    """
    looked = looker.look(
        [one.case for one in cases], faults=(), num_faulty=0, seed=seed, num_variants=num_variants
    )
    return looked, [cases[at] for at in looked.positions]
