"""What the gate sees of a film before it is scored."""

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from app.core.errors import BundleError, RefusedImageError
from app.core.gate.admission import require_admitted
from app.core.gate.image_statistics import NAMES, image_statistics
from app.core.gate.observation import Observation
from app.core.gate.statistic_ranges import StatisticRanges
from app.core.images.film import Film
from app.core.images.reading import Subject
from app.core.scoring.gatekeeper import NO_REFERENCE, Gatekeeper, reference_note
from tests.references import familiar_film, with_reference


def seen(distance):
    return Observation(distance, np.zeros(2, np.float16))


@pytest.fixture(scope="module")
def guarded(bundle, tmp_path_factory):
    """A gate that knows the range of each statistic of films like `familiar_film`."""
    films = [image_statistics(Film(familiar_film(seed))) for seed in range(60)]
    folder = tmp_path_factory.mktemp("ranges") / bundle.name
    return Gatekeeper(with_reference(bundle, folder, ranges=StatisticRanges.from_films(films)))


def test_a_familiar_film_is_measured_and_passes(guarded):
    found = guarded.look_at(Film(familiar_film(1000)))

    assert found.refusal is None
    assert found.statistics.shape == (len(NAMES),)


@pytest.mark.parametrize(("reads", "code"), [(True, "mirrored"), (False, None)])
def test_a_marker_is_read_where_training_films_had_one(bundle, tmp_path, reads, code):
    gate = Gatekeeper(with_reference(bundle, tmp_path / bundle.name, reads_markers=reads))
    film = np.full((256, 256), 60, np.uint8)
    cv2.putText(film, "R", (20, 50), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 240, 2, cv2.LINE_AA)

    refusal = gate.look_at(Film(np.ascontiguousarray(film[:, ::-1]))).refusal

    assert (refusal and refusal.code) == code


def test_nothing_is_judged_without_the_features_that_a_reference_compares(guarded):
    found = guarded.look_at(Film(familiar_film(1000)))

    with pytest.raises(BundleError, match="without the features"):
        guarded.observe_all(None, [found])


def test_a_rule_refuses_before_the_network_is_asked(guarded):
    framed = np.pad(familiar_film(1000, side=224), 30, constant_values=255)

    found = guarded.look_at(Film(framed))

    assert found.refusal.code == "border"
    assert found.refusal.remedy == "remove_border"
    with pytest.raises(type(found.refusal), match="border"):
        require_admitted(None, found, remedied=lambda _: None)


@pytest.mark.parametrize(
    ("as_it_is", "without", "code", "remedy"),
    [
        (3.0, 0.5, "border", "remove_border"),  # a film within a border
        (3.0, 2.9, "unfamiliar", None),  # a foreign picture within one
        (0.8, 1.5, "border", None),  # the border is right, but what is in it is not known
    ],
)
def test_a_remedy_of_a_rule_is_offered_if_the_film_is_familiar_then(
    guarded, as_it_is, without, code, remedy
):
    impression = guarded.look_at(Film(np.pad(familiar_film(1, side=224), 30, constant_values=255)))
    asked = []

    def remedied(name):
        asked.append(name)
        return seen(without)

    with pytest.raises(RefusedImageError) as refused:
        require_admitted(seen(as_it_is), impression, remedied=remedied)

    assert asked == ["remove_border"]
    assert (refused.value.code, refused.value.remedy) == (code, remedy)


@pytest.mark.parametrize(("distance", "code"), [(0.5, "noisy"), (3.0, "unfamiliar")])
def test_what_spoils_a_film_is_said_if_nothing_else_is_wrong(guarded, distance, code):
    film = familiar_film(1, side=224)
    grains = np.random.default_rng(0).random(film.shape)
    peppered = np.where(grains < 0.1, 20, np.where(grains > 0.9, 230, film)).astype(np.uint8)

    impression = guarded.look_at(Film(peppered))

    assert impression.refusal is None
    with pytest.raises(RefusedImageError) as refused:
        require_admitted(seen(distance), impression, remedied=lambda _: None)
    assert refused.value.code == code


@pytest.mark.parametrize(("part", "code"), [("EXTREMITY", "wrong_body_part"), ("CHEST", None)])
def test_a_bundle_without_a_reference_compares_what_the_file_states(bundle, part, code):
    size = bundle.manifest.input.model_copy(update={"body_parts": ("CHEST",)})
    gate = Gatekeeper(replace(bundle, manifest=bundle.manifest.model_copy(update={"input": size})))

    refusal = gate.look_at(Film(familiar_film(1000), subject=Subject(part))).refusal

    assert (None if refusal is None else refusal.code) == code


def test_the_note_of_an_adapted_model_says_how_much_wider_its_limit_is(bundle, tmp_path):
    referenced = with_reference(bundle, tmp_path / bundle.name)
    adaptation = SimpleNamespace(reach=1.25, place="Ward 3", cropped=("cropped_top",))
    adapted = replace(referenced, adaptation=adaptation)

    assert reference_note(bundle) == NO_REFERENCE
    assert "times as far" not in reference_note(referenced)
    assert "Adapted to Ward 3, the limit is 1.25 times as far" in reference_note(adapted)
    assert "cropped films look like was learned from films of Ward 3" in reference_note(adapted)
