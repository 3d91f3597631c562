"""Tries a reference on foreign pictures, on which nothing of it was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.core.backends.running import AnyNetwork
from app.core.bundles.network_input import Input
from app.core.images.reading import ReadOptions
from model_training.data.datasets import Case
from model_training.reference.build import Built
from model_training.reference.known_cases import KnownCase
from model_training.reference.refusals import RefusalCounter
from model_training.reference.views import Looker, featuriser


def try_foreign(
    built: Built,
    network: AnyNetwork,
    kinds: Mapping[str, Sequence[Case]],
    *,
    network_input: Input,
    reading: ReadOptions,
) -> Built:
    """The same with the share of foreign pictures that reference and rules refuse.

    Those that are refused while they are read, such as for colour, are not counted.

    Args:
        built: The reference, of which nothing is changed.
        network: The network.
        kinds: Kind of picture -> the files.
        network_input: Size, channels and fit of its input.
        reading: How files are read that leave it open.
    """
    looker = Looker(network_input, reading, featuriser(network, built.section.layers))
    counter = RefusalCounter(built.reference, looker)
    foreign = {}
    for kind, cases in kinds.items():
        looked = looker.look(cases, faults=(), num_faulty=0, seed=0)
        readable = [cases[at] for at in looked.positions]
        known = [KnownCase(case, "", f"picture {n}") for n, case in enumerate(readable)]
        foreign[kind] = counter.right(looked, known)
    return replace(built, foreign=foreign)
