"""`overread-train reference` from an older bundle to one that refuses foreign pictures."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_files import PREDICTIONS, REFERENCE_SAMPLE, SPLIT, file_sha256
from app.core.bundles.predictions_table import GROUP_ID
from app.core.errors import RefusedImageError
from app.core.gate.familiarity import check_familiar
from app.core.gate.image_statistics import NAMES
from app.core.gate.known_films import load_held_out
from app.core.gate.reference import load_reference
from app.core.networks.feature_pooling import feature_function
from app.core.networks.network import load_network
from app.core.scoring.gatekeeper import reference_note
from model_training.bundling.revision import write_copy
from model_training.cli import main
from tests.bundles import make_bundle

# Every film of three splits is scored, as it is and with every fault.
pytestmark = pytest.mark.slow

NUMBERS = {"train": 90, "val": 80, "test": 30}


def film(number):
    """Bright above, dark below, with a bright side and a spot that wanders a little."""
    rng = np.random.default_rng(number)
    rows, columns = np.mgrid[:48, :48] / 47
    shown = 150 - 80 * rows + 40 * columns + rng.normal(0, 4, (48, 48))
    top, left = rng.integers(6, 12, 2)
    shown[top : top + 10, left : left + 6] += 30
    return np.clip(shown * rng.uniform(0.9, 1.1), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Films of three splits, and a picture that the bundle does not know."""
    folder = tmp_path_factory.mktemp("films")
    number = 0
    for split, count in NUMBERS.items():
        for _ in range(count):
            cv2.imwrite(str(folder / f"{split}_{number}.png"), film(number))
            number += 1
    cv2.imwrite(str(folder / "unknown.png"), film(9_999))
    return folder


@pytest.fixture(scope="module")
def older(data, tmp_path_factory):
    """A bundle without a reference whose tables list the films."""
    small = make_bundle(tmp_path_factory.mktemp("models"))
    rows = [
        {
            "path": path.name,
            "label": "NORMAL",
            "patient_id": f"p{path.stem.split('_')[1]}",
            "subgroup": "",
            "split": path.stem.split("_")[0],
            "image_id": file_sha256(path),
        }
        for path in sorted(data.glob("*_*.png"))
    ]
    split = pd.DataFrame(rows)
    held_out = split[split["split"] != "train"].assign(
        y_true=0, logit=-1.0, probability=0.25, **{GROUP_ID: range(110)}
    )
    return write_copy(
        small,
        tmp_path_factory.mktemp("older") / "older",
        {
            SPLIT: split.to_csv(index=False),
            PREDICTIONS: held_out.drop(columns="label").to_csv(index=False),
        },
    )


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """Pictures of two kinds that the bundle is not for."""
    folder = tmp_path_factory.mktemp("foreign")
    for number in range(4):
        noise = np.random.default_rng(number).integers(0, 256, (48, 48)).astype(np.uint8)
        stripes = (np.indices((48, 48))[number % 2] // 6 % 2 * 255).astype(np.uint8)
        for kind, picture in (("noise", noise), ("striped_cloth", stripes)):
            (folder / kind).mkdir(exist_ok=True)
            cv2.imwrite(str(folder / kind / f"{number}.png"), picture)
    return folder


def ringed(number):
    """A film with a fine ring in place of the spot: familiar, and not for the model."""
    shown = film(number)
    across, down, radius = (int(one) for one in np.random.default_rng(number).integers(8, 40, 3))
    cv2.circle(shown, (across, down), 4 + radius // 4, int(shown[down, across]) + 40, 2)
    return shown


@pytest.fixture(scope="module")
def rings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rings")
    for number in range(2_000, 2_080):
        cv2.imwrite(str(folder / f"{number}.png"), ringed(number))
    return folder


@pytest.fixture(scope="module")
def newer(older, data, foreign, rings, tmp_path_factory):
    out = tmp_path_factory.mktemp("newer") / "newer"
    unlike = ("--unlike", f"a film with a ring={rings}", "--unlike-source", "Drawn for a test.")
    stated = ("--body-parts", "thorax", "--views", "PA", "AP", "--ages", "1", "5")
    call = ["reference", str(older.path), str(data), "--out", str(out), "--pictures", *stated]
    assert main([*call, "--foreign", str(foreign), *unlike]) == 0
    return load_bundle(out)


@pytest.fixture(scope="module")
def observe(newer):
    """What the new version sees of a film, uint8 `(48, 48)`."""
    network, reference = load_network(newer), load_reference(newer)
    function = feature_function(network.model, newer.manifest.reference.layers)

    def observe(pixels):
        features = function(pixels[np.newaxis, ..., np.newaxis].astype(np.float32))
        return reference.observe(np.asarray(features)[0])

    return observe


def test_the_new_version_has_a_reference_and_the_old_one_is_left_as_it_was(older, newer):
    assert older.manifest.reference is None
    assert load_reference(load_bundle(older.path)) is None
    assert newer.manifest.format == 3
    section = newer.manifest.reference
    assert section.of == NUMBERS["val"]
    assert section.refused <= 3
    assert {"inverted", "turned_90", "turned_180", "turned_270"} <= set(section.faults)
    assert newer.manifest.files["model.keras"] == older.manifest.files["model.keras"]


def test_what_the_model_is_for_is_stated_in_the_new_version_only(older, newer):
    size = newer.manifest.input

    assert (size.body_parts, size.views, size.ages) == (("CHEST",), ("PA", "AP"), (1.0, 5.0))
    assert "body part CHEST; view PA, AP; age 1 to 5 years" in newer.card()
    assert load_bundle(older.path).manifest.input.body_parts == ()


def test_the_sample_names_no_patient_and_fits_the_coordinates(newer):
    reference = load_reference(newer)
    table = pd.read_csv(newer.path / REFERENCE_SAMPLE)

    assert len(table) == len(reference.sample) == NUMBERS["val"] + NUMBERS["test"]
    assert set(table["split"]) == {"val", "test"}
    assert {"image_id", "y_true", "probability", "group", "distance", *NAMES} <= set(table)
    assert not {"path", "patient_id"} & set(table)
    assert table["group"].nunique() == len(table)


def test_the_coordinates_are_those_of_the_films(newer, observe, data):
    table = pd.read_csv(newer.path / REFERENCE_SAMPLE)
    by_digest = {file_sha256(path): path for path in data.glob("*_*.png")}

    for row in (0, 50, 100):
        pixels = cv2.imread(str(by_digest[table["image_id"][row]]), cv2.IMREAD_GRAYSCALE)
        seen = observe(pixels)
        expected = load_reference(newer).sample[row].astype(float)
        assert seen.coordinates.astype(float) == pytest.approx(expected, abs=0.02)
        assert seen.distance == pytest.approx(table["distance"][row], rel=0.01)


def test_small_pictures_are_shipped_only_if_allowed(newer, older, data):
    pictures = [name for name in newer.manifest.files if name.startswith("pictures/")]

    assert len(pictures) == NUMBERS["val"] + NUMBERS["test"]
    assert set(newer.predictions()["image_id"]) == {Path(name).stem for name in pictures}
    shown = cv2.imread(str(newer.path / pictures[0]), cv2.IMREAD_GRAYSCALE)
    assert shown.shape == (48, 48)


def test_when_similar_films_contradict_is_in_manifest_and_card(newer):
    (measured,) = newer.manifest.reference.contradictions

    # All films are normal and predicted to be: nothing is wrong, so nothing may contradict.
    assert measured.model_dump() == {
        "finding": "", "votes": None, "on_wrong": 0, "wrong": 0,
        "on_right": 0, "right": NUMBERS["test"],
    }  # fmt: skip
    assert newer.card().count("## When similar films contradict it") == 1
    assert f"(88.6 to 100.0 %; {NUMBERS['test']} of {NUMBERS['test']})" in newer.card()
    held_out = load_held_out(newer)
    assert held_out is not None
    assert held_out.known.votes_needed is None
    assert len(held_out.pictures) == NUMBERS["val"] + NUMBERS["test"]


def test_a_new_film_of_the_kind_is_familiar(observe):
    passed = 0
    for number in range(500, 520):
        try:
            check_familiar(observe(film(number)))
            passed += 1
        except RefusedImageError:
            continue
    assert passed >= 18


@pytest.mark.parametrize(
    "picture",
    [
        np.random.default_rng(0).integers(0, 256, (48, 48)).astype(np.uint8),
        np.full((48, 48), 255, np.uint8),
        (np.indices((48, 48)).sum(axis=0) // 6 % 2 * 255).astype(np.uint8),
    ],
    ids=["noise", "white", "stripes"],
)
def test_a_foreign_picture_is_unfamiliar(observe, picture):
    seen = observe(picture)

    assert seen.distance > 1
    with pytest.raises(RefusedImageError):
        check_familiar(seen)


def test_what_it_is_known_not_to_be_for_is_refused_as_such(newer, observe):
    (kind,) = newer.manifest.reference.other_kinds
    told = [observe(ringed(number)).kind for number in range(3_000, 3_020)]

    assert (kind.name, kind.of) == ("a film with a ring", 40)
    assert kind.refused >= 36
    assert told.count("a film with a ring") >= 18
    assert reference_note(newer).endswith(f"{kind.refused} of 40) are refused.")
    assert "The images come from: Drawn for a test." in newer.card()
    assert "| other kinds, a film with a ring" in newer.card()


@pytest.mark.parametrize(
    ("fault", "quarters"), [("turned_90", 1), ("turned_180", 2), ("turned_270", 3)]
)
def test_a_turned_film_is_named_and_offered_its_remedy(observe, fault, quarters):
    named = 0
    for number in range(600, 610):
        wrong = observe(np.ascontiguousarray(np.rot90(film(number), quarters)))
        try:
            check_familiar(wrong, remedied=observe(film(number)))
        except RefusedImageError as error:
            named += error.code == fault
    assert named >= 8


def test_the_card_says_what_is_refused(newer):
    card = newer.card()

    assert card.count("## What it refuses") == 1
    assert "The bundle has no reference" not in card
    assert f"of {NUMBERS['val']}" in card
    assert "test films, upside down" in card
    assert "foreign pictures, noise" in card
    assert "foreign pictures, striped cloth" in card
    assert card.count("4 of 4") == 2
    assert card.index("## What it refuses") < card.index("## Limits")


def test_films_are_found_by_content_and_counted(older, data, tmp_path, capsys):
    for path in sorted(data.glob("train_*.png"))[:5]:
        shutil.copy(path, tmp_path / f"renamed_{path.stem}.png")

    assert main(["reference", str(older.path), str(tmp_path)]) == 1

    said = capsys.readouterr().err
    assert "train 5 of 90, val 0 of 80, test 0 of 30" in said
    assert "at least 60 films of training and 50 of validation; there are 5 and 0" in said
    assert not older.path.with_name("older-reference").exists()


def test_an_existing_folder_is_not_replaced(older, data, newer, capsys):
    status = main(["reference", str(older.path), str(data), "--out", str(newer.path)])

    assert status == 2
    assert "exists. Name a new folder" in capsys.readouterr().err


def test_a_folder_without_images_is_refused(older, tmp_path, capsys):
    assert main(["reference", str(older.path), str(tmp_path)]) == 1
    assert "There is no image in the folder" in capsys.readouterr().err


def test_a_second_reference_replaces_the_first(newer, data, tmp_path):
    again = tmp_path / "again"

    assert main(["reference", str(newer.path), str(data), "--out", str(again)]) == 0

    bundle = load_bundle(again)
    assert bundle.card().count("## What it refuses") == 1
    assert not any(name.startswith("pictures/") for name in bundle.manifest.files)
    assert load_reference(bundle).mean == pytest.approx(load_reference(newer).mean, rel=1e-4)
