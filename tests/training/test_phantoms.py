"""Phantoms: repeatable, honest, laid out for the trainer, and no give-away in their statistics."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from model_training.datasets import read_dataset
from model_training.phantom_films import take_film
from model_training.phantom_patients import invent_patient
from model_training.phantoms import generate, plan_patients

SIZE = 96


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory):
    """Three hundred small films."""
    out = tmp_path_factory.mktemp("phantoms") / "p"
    assert generate(out, count=300, seed=5, size=SIZE) == 300
    return out


@pytest.fixture(scope="module")
def manifest(phantoms):
    return pd.read_csv(phantoms / "manifest.csv")


def tree_digest(folder):
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def test_same_seed_same_bytes(tmp_path):
    for name, seed in (("one", 3), ("two", 3), ("three", 4)):
        generate(tmp_path / name, count=20, seed=seed, size=64)

    assert tree_digest(tmp_path / "one") == tree_digest(tmp_path / "two")
    assert tree_digest(tmp_path / "one") != tree_digest(tmp_path / "three")


def test_the_manifest_is_what_lies_on_disk(phantoms, manifest):
    films = {
        path.relative_to(phantoms).as_posix()
        for split in ("train", "val", "test")
        for path in (phantoms / split).rglob("*.png")
    }

    assert set(manifest["path"]) == films
    assert len(films) == 300
    for row in manifest.itertuples():
        assert row.path.startswith(f"{row.split}/{row.label}/{row.patient_id}_")
        masks = list((phantoms / "masks").glob(f"{row.path.rsplit('/', 1)[1][:-4]}_*.png"))
        assert len(masks) == row.consolidations
        assert (1 <= row.consolidations <= 3) == (row.label == "PNEUMONIA")


def test_classes_are_balanced_in_every_split(manifest):
    counts = manifest.groupby(["split", "label"]).size()

    assert counts.loc["train"].sum() == 210
    assert counts.loc["val"].tolist() == [23, 22]
    assert counts.loc["test"].tolist() == [23, 22]


def test_patients_stay_in_one_split_and_some_have_several_films(manifest):
    patients = manifest.groupby("patient_id")

    assert (patients["split"].nunique() == 1).all()
    assert (patients["label"].nunique() == 1).all()
    assert 0.1 < (patients.size() > 1).mean() < 0.4


def test_the_trainer_reads_them_and_takes_no_mask_for_a_class(phantoms):
    dataset = read_dataset(phantoms)

    assert dataset.classes == ("NORMAL", "PNEUMONIA")
    assert len(dataset.cases) == 300
    assert {case.patient_id for case in dataset.cases} == set(
        pd.read_csv(phantoms / "manifest.csv")["patient_id"]
    )


def test_every_file_says_that_it_is_a_phantom(phantoms):
    for path in list(phantoms.rglob("*.png"))[::10]:
        with Image.open(path) as picture:
            assert "PHANTOM" in picture.text["Description"]
            assert picture.size == (SIZE, SIZE)
            assert picture.mode == "L"


def test_masks_lie_inside_the_lungs_and_mark_brighter_lung():
    brighter = []
    for seed in range(12):
        generator = np.random.default_rng(seed)
        film = take_film(invent_patient(generator, sick=True), generator, size=128)
        marked = np.any(film.consolidations, axis=0)
        assert not (marked & ~film.lungs).any()
        assert all(mask.any() for mask in film.consolidations)
        brighter.append(film.pixels[marked].mean() - film.pixels[film.lungs & ~marked].mean())

    assert np.mean(np.array(brighter) > 0) > 0.8


def test_trivial_statistics_do_not_tell_the_classes_apart(phantoms, manifest):
    films = [np.asarray(Image.open(phantoms / path)) for path in manifest["path"]]
    features = [
        [film.mean(), film.std(), *np.histogram(film, 32, (0, 256))[0] / film.size]
        for film in films
    ]
    truth = (manifest["label"] == "PNEUMONIA").astype(int)
    score = cross_val_predict(
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)),
        features, truth, groups=manifest["patient_id"], cv=GroupKFold(5),
        method="decision_function",
    )  # fmt: skip

    assert roc_auc_score(truth, score) < 0.65


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"count": 5}, "at least 20"), ({"size": 16}, "at least 64")],
)
def test_wrong_arguments_are_sentences(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        generate(tmp_path / "p", **({"count": 20, "seed": 1, "size": 64} | changes))

    assert not (tmp_path / "p").exists()


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")

    with pytest.raises(ValueError, match="new or empty"):
        generate(tmp_path, count=20, seed=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("count", [20, 37, 400])
def test_the_plan_has_exactly_the_films_asked_for(count):
    assert sum(patient.num_films for patient in plan_patients(count, seed=0)) == count
