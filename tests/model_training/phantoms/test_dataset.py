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

from model_training.data.datasets import read_dataset
from model_training.phantoms.dataset import PlannedFilm, draw, generate, plan_films
from model_training.phantoms.films import take_film
from model_training.phantoms.patients import invent_patient

pytestmark = pytest.mark.slow

# With so many films, a difference of 5 grey levels between the classes gives an AUC of 0.8.
COUNT, SIZE = 120, 64


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory):
    out = tmp_path_factory.mktemp("phantoms") / "p"
    assert len(generate(out, count=COUNT, seed=5, size=SIZE)) == COUNT
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
        generate(tmp_path / name, count=8, seed=seed, size=64)

    assert tree_digest(tmp_path / "one") == tree_digest(tmp_path / "two")
    assert tree_digest(tmp_path / "one") != tree_digest(tmp_path / "three")


def test_the_manifest_is_what_lies_on_disk(phantoms, manifest):
    films = {
        path.relative_to(phantoms).as_posix()
        for split in ("train", "val", "test")
        for path in (phantoms / split).rglob("*.png")
    }

    assert set(manifest["path"]) == films
    assert len(films) == COUNT
    for row in manifest.itertuples():
        assert row.path.startswith(f"{row.split}/{row.label}/{row.patient_id}_")
        assert (1 <= row.consolidations <= 3) == (row.label == "PNEUMONIA")


def test_a_sick_film_has_a_mask_of_all_consolidations_and_one_of_each(phantoms, manifest):
    expected = set()
    for row in manifest[manifest["label"] == "PNEUMONIA"].itertuples():
        numbered = [f"{row.mask[:-4]}_{number + 1}.png" for number in range(row.consolidations)]
        expected |= {row.mask, *numbered}
        union = np.asarray(Image.open(phantoms / row.mask))
        parts = [np.asarray(Image.open(phantoms / name)) for name in numbered]
        assert set(np.unique(union)) == {0, 255}
        np.testing.assert_array_equal(np.max(parts, axis=0), union)

    written = {path.relative_to(phantoms).as_posix() for path in (phantoms / "masks").iterdir()}
    assert written == expected
    assert manifest.loc[manifest["label"] == "NORMAL", "mask"].isna().all()


def test_the_proportion_of_consolidated_lung_is_that_of_the_masks(manifest):
    row = manifest[manifest["label"] == "PNEUMONIA"].iloc[0]
    patient, number = int(row.patient_id[-4:]) - 1, int(row.path[-5]) - 1
    film, _ = draw(PlannedFilm(patient, number, row.split), seed=5, size=SIZE)
    marked = np.any(film.consolidations, axis=0)

    assert row.consolidated_lung == pytest.approx(marked.sum() / film.lungs.sum(), abs=1e-4)


def test_classes_are_balanced_in_every_split(manifest):
    counts = manifest.groupby(["split", "label"]).size()

    assert counts.loc["train"].tolist() == [42, 42]
    assert counts.loc["val"].tolist() == [9, 9]
    assert counts.loc["test"].tolist() == [9, 9]


def test_patients_stay_in_one_split_and_some_have_several_films(manifest):
    patients = manifest.groupby("patient_id")

    assert (patients["split"].nunique() == 1).all()
    assert (patients["label"].nunique() == 1).all()
    assert 0.1 < (patients.size() > 1).mean() < 0.4


def test_the_trainer_reads_them_and_takes_no_mask_for_a_class(phantoms):
    dataset = read_dataset(phantoms)

    assert dataset.classes == ("NORMAL", "PNEUMONIA")
    assert len(dataset.cases) == COUNT
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


def test_trivial_statistics_do_not_separate_the_classes(phantoms, manifest):
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
    [({"count": 5}, "at least 6"), ({"size": 16}, "64 to 4096"), ({"size": 100_000}, "64 to 4096")],
)
def test_wrong_arguments_are_sentences(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        generate(tmp_path / "p", **({"count": 20, "seed": 1, "size": 64} | changes))

    assert not (tmp_path / "p").exists()


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")

    with pytest.raises(ValueError, match="empty or new folder"):
        generate(tmp_path, count=20, seed=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("count", [6, 37, 400])
def test_the_plan_has_exactly_the_films_asked_for(count):
    planned = plan_films(count, seed=0)

    assert len(set(planned)) == count
    assert {(film.split, film.label) for film in planned} == {
        (split, label) for split in ("train", "val", "test") for label in ("NORMAL", "PNEUMONIA")
    }


def test_a_film_does_not_depend_on_how_many_there_are(tmp_path):
    few = generate(tmp_path / "few", count=8, seed=3, size=64)
    many = generate(tmp_path / "many", count=16, seed=3, size=64)
    places = {record.path.rsplit("/", 1)[1]: record.path for record in many}

    for record in few:
        name = record.path.rsplit("/", 1)[1]
        assert (tmp_path / "few" / record.path).read_bytes() == (
            tmp_path / "many" / places[name]
        ).read_bytes()
