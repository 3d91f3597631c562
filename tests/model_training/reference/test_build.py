"""A reference built from films that a network was trained on, without a training split too."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from app.core.bundles.network_input import Input
from app.core.images.reading import AS_STORED
from app.core.networks.network import Network
from model_training.augmentation.sets import Augmentation
from model_training.data.datasets import Case
from model_training.networks.catalogue import PRESETS
from model_training.reference.build import (
    Amounts,
    TooFewFilmsError,
    build_reference,
)
from model_training.reference.bundle_films import augmentation_of
from model_training.reference.faults import learned_as_right
from model_training.reference.known_cases import KnownCase, known_cases
from tests.bundles import make_bundle

FEW = Amounts(training=70, validation=60, test=20, faulty=10, checked=10, sample=70)


@pytest.fixture(scope="module")
def network():
    chosen = PRESETS["basic-cnn"]
    model = chosen.build(input_shape=(32, 32, 1), output_bias=np.zeros(1, np.float32))
    return Network(model, chosen.heatmap_layer)


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """160 films of 80 patients, all of validation but 20 films of test; one file is damaged."""
    folder = tmp_path_factory.mktemp("films")
    found = []
    for number in range(180):
        rng = np.random.default_rng(number)
        ramp = np.linspace(60, 160, 40)[:, np.newaxis] + rng.normal(0, 5, (40, 40))
        path = folder / f"{number}.png"
        cv2.imwrite(str(path), np.clip(ramp, 0, 255).astype(np.uint8))
        split = "val" if number < 160 else "test"
        found.append(Case(path, path.name, 0, f"p{number // 2}", "", split))
    found[0].path.write_bytes(b"damaged")
    digests = [f"{number:064x}" for number in range(180)]
    return known_cases(found, digests, np.arange(180) // 2)


def build(network, cases, **options):
    return build_reference(
        network,
        cases,
        network_input=Input(height=32, width=32, channels=1, fit="stretch"),
        reading=AS_STORED,
        amounts=FEW,
        **options,
    )


def test_without_a_training_split_half_of_the_patients_of_validation_stand_for_it(network, cases):
    built = build(network, cases)

    assert built.section.of <= 60
    assert built.own["val"].total == built.section.of
    assert built.own["test"].total == 20
    assert built.own["test"].num_patients == 10
    assert len(built.image_ids) == 70
    assert len(set(built.image_ids)) == 70
    assert built.reference.sample.shape == (70, len(built.reference.variances))
    assert built.statistics.shape[0] == 70
    assert built.reference.ranges.num_films in (69, 70)
    assert built.pictures == {}
    assert {fault.total for fault in built.faulty.values()} == {10}
    for fault, named in built.named.items():
        assert named.successes <= built.faulty[fault].successes


def test_what_the_training_showed_as_right_is_no_fault(network, cases):
    built = build(network, cases, no_faults=learned_as_right(Augmentation(rotation=120)))

    assert not {"turned_90", "turned_270"} & {*built.faulty, *built.section.faults}
    assert {"turned_180", "inverted"} <= {*built.faulty}


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        (0, set()),
        (89, set()),
        (90, {"turned_90", "turned_270"}),
        (180, {"turned_90", "turned_180", "turned_270"}),
    ],
)
def test_a_film_turned_by_as_much_as_in_training_is_right(rotation, expected):
    assert learned_as_right(Augmentation(rotation=rotation)) == expected
    assert learned_as_right(Augmentation(rotation=rotation, flip=0.1)) == expected | {"mirrored"}


@pytest.mark.parametrize(
    ("training", "rotation"),
    [
        ({"augmentation": "classic", "augment": "rotation=180, zoom=0.1"}, 180),
        ({"augmentation": "medical", "augment": ""}, 10),
        ({"augmentation": "of another trainer"}, 0),
        ({}, 0),
    ],
)
def test_a_bundle_says_how_its_training_changed_films(tmp_path, training, rotation):
    bundle = make_bundle(tmp_path)
    bundle = replace(bundle, manifest=bundle.manifest.model_copy(update={"training": training}))

    assert augmentation_of(bundle).rotation == rotation


def test_the_same_seed_gives_the_same_reference(network, cases):
    first, second = (build(network, cases, seed=3) for _ in range(2))

    assert first.image_ids == second.image_ids
    assert first.section == second.section
    assert first.reference.limits == pytest.approx(second.reference.limits, rel=1e-4)


def test_too_few_films_are_refused_before_any_is_read(network, cases):
    gone = [
        KnownCase(replace(one.case, path=one.case.path / "gone"), one.image_id, one.group)
        for one in cases[:100]
    ]

    with pytest.raises(TooFewFilmsError, match="there are 50 and 50"):
        build(network, gone)


@pytest.mark.parametrize(("ground", "frame"), [(0, "padded"), (120, "framed")])
def test_a_black_frame_is_a_fault_of_its_own_where_films_are_black_around(
    network, tmp_path, ground, frame
):
    found = []
    for number in range(140):
        rng = np.random.default_rng(number)
        picture = np.full((40, 40), ground, np.uint8)
        picture[4:36, 4:36] = rng.normal(150, 5, (32, 32)).clip(0, 255).astype(np.uint8)
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), picture)
        found.append(Case(path, path.name, 0, "", "", "train" if number < 70 else "val"))
    cases = known_cases(found, [f"{number:064x}" for number in range(140)], np.arange(140))

    named = build(network, cases).section.faults

    assert {"framed", "padded"} & set(named) == {frame}
