"""Builds the reference of a network from its training films and tries it on held-out ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from app.core.backends.running import AnyNetwork
from app.core.bundles import reference_section
from app.core.bundles.network_input import Input
from app.core.bundles.reference_section import FeatureLayer
from app.core.errors import DatasetError
from app.core.gate.image_statistics import NAMES
from app.core.gate.reference import Reference
from app.core.gate.statistic_ranges import FEWEST_FILMS, StatisticRanges
from app.core.images.reading import ReadOptions
from app.core.performance.proportions import ClusteredProportion
from model_training.reference.components import choose_limit, find_components
from model_training.reference.contradictions import Measured, Placed
from model_training.reference.faults import FAULTS, NAMED
from model_training.reference.kind_probes import look_at, with_kinds
from model_training.reference.known_cases import KnownCase
from model_training.reference.layers import layers_by_depth, num_channels
from model_training.reference.other_kinds import OtherKind
from model_training.reference.probes import Elsewhere, fit_probes
from model_training.reference.refusals import RefusalCounter
from model_training.reference.variation import NUM_VARIANTS
from model_training.reference.views import Looked, Looker, featuriser

# With fewer films a limit that refuses one in fifty is a matter of chance.
FEWEST_TRAINING = 60
FEWEST_VALIDATION = 50
# The share of training films in which a side marker can be read, for markers to be looked for: none
# can in slices or cells, and looking takes a fifth of the gate's time.
_LEAST_MARKED = 0.01

# Mean grey level around films, 0 to 1, up to which it counts as black.
_BLACK = 0.05


class TooFewFilmsError(DatasetError):
    """There are too few films for a limit that means anything."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many films are looked at, at most.

    Attributes:
        training: Films that the reference is made of.
        validation: Films that the limit is chosen on.
        test: Films that the refusals are counted on.
        faulty: Of the training films, those that are made faulty, in every way.
        checked: The same of validation films, and of test films.
        sample: Held-out films that are kept in the bundle.
        share: Proportion of validation films that the limit rests on, see `choose_limit`.
    """

    training: int = 500
    validation: int = 1_000
    test: int = 400
    faulty: int = 200
    checked: int = 120
    sample: int = 700
    share: float = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """A reference, what is to be written about it, and the sample of held-out films.

    Attributes:
        section: The entry of the manifest.
        reference: The numbers.
        image_ids: SHA-256 of the films of the sample, in the order of its coordinates.
        distances: float64 `(num_in_sample,)`, their distances, refused above 1.
        statistics: float32 `(num_in_sample, num_statistics)`, their image statistics.
        own: Validation and test -> share of right films that are refused, clustered by patient.
        faulty: Fault -> share of test films made faulty that are refused; no film twice.
        named: Fault -> share of the same that are refused for this very fault.
        places: Validation and test -> where the network sees the films that were looked at.
        contradictions: When similar films contradict the model, see `with_contradictions`; empty
            until that is measured.
        pictures: Small pictures by SHA-256, see `with_pictures`; empty until they are made.
        foreign: Kind -> share of foreign pictures that are refused; empty if none were looked at.
        kinds: Kind that the reference was shown -> shares of its other images that are refused, and
            refused as of another kind.
        kinds_from: Where those images come from; empty if that was not said.
    """

    section: reference_section.Reference
    reference: Reference
    image_ids: tuple[str, ...]
    distances: NDArray[np.float64]
    statistics: NDArray[np.float32]
    own: dict[str, ClusteredProportion]
    faulty: dict[str, ClusteredProportion]
    named: dict[str, ClusteredProportion]
    places: dict[str, Placed]
    contradictions: tuple[Measured, ...] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    foreign: Mapping[str, ClusteredProportion] = field(default_factory=dict)
    kinds: Mapping[str, tuple[ClusteredProportion, ClusteredProportion]] = field(
        default_factory=dict
    )
    kinds_from: str = ""


def build_reference(
    network: AnyNetwork,
    cases: Sequence[KnownCase],
    *,
    network_input: Input,
    reading: ReadOptions,
    seed: int = 0,
    amounts: Amounts | None = None,
    no_faults: Collection[str] = (),
    kinds: Sequence[OtherKind] = (),
) -> Built:
    """Builds a reference.

    Films of training give the components, films of validation the limit; no film of test takes
    part in either. Without a training split, as in an ensemble whose members were each trained
    without a part of it, half of the patients of validation stand for training.

    Args:
        network: The trained network.
        cases: Its films with their splits.
        network_input: Size, channels and fit of its input.
        reading: How the films were read.
        seed: Of the choice of films and of what varies in the faults.
        amounts: How many films to look at.
        no_faults: Of the faults of `FAULTS`, those that a right film may show, see
            `learned_as_right`.
        kinds: Kinds of image that the model is not for, which the reference learns to tell.

    Raises:
        TooFewFilmsError: If there are too few films of training or of validation.
    """
    amounts = amounts or Amounts()
    split = _chosen(cases, amounts, seed)
    by_depth = layers_by_depth(network)
    layers = tuple(layer for some in by_depth for layer in some)
    looker = Looker(network_input, reading, featuriser(network, layers))
    named = tuple(name for name in NAMED if name not in no_faults)
    tried = tuple(name for name in FAULTS if name not in no_faults)
    looked = {
        name: looker.look(
            [one.case for one in split[name]],
            faults=faults,
            num_faulty=number,
            seed=seed,
            num_variants=variants,
        )
        for name, faults, number, variants in (
            ("train", named, amounts.faulty, NUM_VARIANTS),
            ("val", named, amounts.checked, NUM_VARIANTS),
            ("test", tried, amounts.checked, 0),
        )
    }
    split = {name: [split[name][at] for at in looked[name].positions] for name in split}
    _require_enough(split)
    reference = _fitted(looked, named, _sizes(network, by_depth), amounts)
    reference = with_kinds(
        reference, kinds, looker, training=looked["train"], validation=looked["val"], seed=seed
    )
    counter = RefusalCounter(reference, looker)
    own = {name: counter.right(looked[name], split[name]) for name in ("val", "test")}
    refused = {fault: counter.wrong(fault, looked["test"], split["test"]) for fault in tried}
    of_kinds = {kind.name: counter.of_kind(*look_at(looker, kind.held_out)) for kind in kinds}
    held_out = _held_out(looked, split, amounts.sample)
    seen = [reference.observe(looked[name].features[at]) for name, at in held_out]
    statistics = [looked[name].statistics[at] for name, at in held_out]
    return Built(
        reference_section.Reference(
            layers=layers,
            limit_share=amounts.share,
            refused=own["val"].successes,
            of=own["val"].total,
            faults=reference.probes.names,
            other_kinds=tuple(
                reference_section.OtherKind(name=name, refused=refused.successes, of=refused.total)
                for name, (refused, _) in of_kinds.items()
            ),
            reads_markers=reference.reads_markers,
        ),
        replace(reference, sample=np.stack([one.coordinates for one in seen])),
        tuple(split[name][at].image_id for name, at in held_out),
        np.array([one.distance for one in seen]),
        np.array(statistics, np.float32),
        own,
        {fault: any_reason for fault, (any_reason, _) in refused.items()},
        {fault: this_fault for fault, (_, this_fault) in refused.items()},
        {name: _places(reference, looked[name], split[name]) for name in ("val", "test")},
        kinds=of_kinds,
    )


def _places(reference: Reference, looked: Looked, cases: Sequence[KnownCase]) -> Placed:
    seen = [reference.observe(features).coordinates for features in looked.features]
    empty = np.zeros((0, len(reference.variances)), np.float16)
    return Placed(tuple(one.image_id for one in cases), np.stack(seen) if seen else empty)


def _require_enough(split: Mapping[str, Sequence[KnownCase]]) -> None:
    found = {name: len(split[name]) for name in ("train", "val")}
    if found["train"] < FEWEST_TRAINING or found["val"] < FEWEST_VALIDATION:
        raise TooFewFilmsError(
            f"A reference needs at least {FEWEST_TRAINING} films of training and "
            f"{FEWEST_VALIDATION} of validation; there are {found['train']} and {found['val']}."
        )


def _chosen(cases: Sequence[KnownCase], amounts: Amounts, seed: int) -> dict[str, list[KnownCase]]:
    """Films of each split in random order, those of a group together."""
    rng = np.random.default_rng(seed)
    in_order: dict[str, list[list[KnownCase]]] = {}
    for name in _MOST:
        groups: dict[str, list[KnownCase]] = {}
        for one in cases:
            if one.case.split == name:
                groups.setdefault(one.group, []).append(one)
        listed = [groups[group] for group in sorted(groups)]
        in_order[name] = [listed[at] for at in rng.permutation(len(listed))]
    if not in_order["train"]:
        half = len(in_order["val"]) // 2
        in_order["train"], in_order["val"] = in_order["val"][:half], in_order["val"][half:]
    chosen = {name: [one for group in groups for one in group] for name, groups in in_order.items()}
    _require_enough(chosen)
    return {name: some[: getattr(amounts, _MOST[name])] for name, some in chosen.items()}


# Split -> which of the amounts limits it.
_MOST = {"train": "training", "val": "validation", "test": "test"}


def _sizes(network: AnyNetwork, by_depth: Sequence[Sequence[FeatureLayer]]) -> list[int]:
    """Number of features at each depth of a network."""
    return [
        sum(one.grid**2 * num_channels(network, one) * (2 if one.spread else 1) for one in some)
        for some in by_depth
    ]


def _fitted(
    looked: Mapping[str, Looked], named: Sequence[str], sizes: Sequence[int], amounts: Amounts
) -> Reference:
    training, validation = looked["train"], looked["val"]
    # Where a black frame cannot be cut off, it is another fault; rules see all others there.
    other_frame = "framed" if _is_black_around(training) else "padded"
    named = [name for name in named if name != other_frame]
    reference = find_components(training.features, sizes)
    reference = choose_limit(reference, validation.features, share=amounts.share)
    right = reference.standardised(validation.features)
    wrong = {name: reference.standardised(validation.faulty[name]) for name in named}
    probes = fit_probes(
        reference.standardised(training.features),
        {name: reference.standardised(training.faulty[name]) for name in named},
        validation=right,
        elsewhere=Elsewhere(
            reference.standardised(training.elsewhere),
            {
                name: reference.standardised(seen)
                for name, seen in training.faulty_elsewhere.items()
            },
            reference.standardised(validation.elsewhere),
        ),
        faulty_validation=wrong,
        distances={name: reference.distances(wrong[name])[1] for name in named},
        still_refusable=amounts.share - float(np.mean(reference.distances(right)[1] > 1)),
    )
    ranges = (
        StatisticRanges.from_films(training.statistics)
        if len(training.statistics) >= FEWEST_FILMS
        else None
    )
    reads_markers = bool(training.has_marker.mean() >= _LEAST_MARKED)
    return replace(reference, probes=probes, ranges=ranges, reads_markers=reads_markers)


def _is_black_around(films: Looked) -> bool:
    """Whether most films are black around what they show, so that a black frame has no edge."""
    surround = films.statistics[:, NAMES.index("surround")]
    return bool(np.median(surround) <= _BLACK)


def _held_out(
    looked: Mapping[str, Looked], split: Mapping[str, Sequence[KnownCase]], number: int
) -> list[tuple[str, int]]:
    """Split and position of held-out films: of validation, then of test, each file once."""
    found: dict[str, tuple[str, int]] = {}
    for name in ("val", "test"):
        for at in range(len(looked[name].positions)):
            found.setdefault(split[name][at].image_id, (name, at))
    return list(found.values())[:number]
