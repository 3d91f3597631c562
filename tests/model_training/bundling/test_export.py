from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.bundles.bundle import GROUP_ID, PREDICTION_COLUMNS, file_sha256, load_bundle
from app.core.errors import BundleError, DatasetError
from app.core.images.preparation import DECODERS
from app.core.networks.network import load_network
from app.core.statistics.calibration import softmax
from model_training.bundling import export
from model_training.data.datasets import Case
from tests.bundles import make_bundle
from tests.model_training.films import draw, write

CLASSES = ("NORMAL", "PNEUMONIA")
THREE = ("CLEAR", "EFFUSION", "NODULE")


def cases(labels, splits):
    return [
        Case(Path("/data") / f"{n}.png", f"{split}/{n}.png", label, f"p{n // 2}", "virus", split)
        for n, (label, split) in enumerate(zip(labels, splits, strict=True))
    ]


SPLITS = ("train", "test", "val", "test", "val", "train")
LABELS = (0, 1, 0, 0, 1, 1)
DIGESTS = [f"{n:064x}" for n in range(6)]
GROUPS = np.array([6, 5, 7, 7, 8, 6])


def test_predictions_of_two_classes():
    logits = np.array([[0, 9.0], [0, 2.5], [0, -1.25], [0, 0.5], [0, 3.0], [0, 9.0]])
    logits[[0, 5]] = np.nan

    table = export.predictions_table(
        cases(LABELS, SPLITS), DIGESTS, GROUPS, CLASSES, logits, softmax(logits / 2)
    )

    assert tuple(table.columns) == (*PREDICTION_COLUMNS, GROUP_ID)
    assert table[GROUP_ID].tolist() == [7, 8, 5, 7]
    assert table["split"].tolist() == ["val", "val", "test", "test"]
    assert table["path"].tolist() == ["val/2.png", "val/4.png", "test/1.png", "test/3.png"]
    assert table["image_id"].tolist() == [DIGESTS[n] for n in (2, 4, 1, 3)]
    assert table["patient_id"].tolist() == ["p1", "p2", "p0", "p1"]
    assert table["subgroup"].unique().tolist() == ["virus"]
    assert table["y_true"].tolist() == [0, 1, 1, 0]
    assert table["logit"].tolist() == [-1.25, 3.0, 2.5, 0.5]
    np.testing.assert_allclose(
        table["probability"], 1 / (1 + np.exp(-table["logit"] / 2)), atol=1e-8
    )


def test_predictions_of_three_classes_have_a_column_each():
    logits = np.random.default_rng(0).normal(0, 3, (6, 3))
    shares = softmax(logits)

    table = export.predictions_table(
        cases((0, 1, 2, 0, 1, 2), SPLITS), DIGESTS, GROUPS, THREE, logits, shares
    )

    assert tuple(table.columns) == (*PREDICTION_COLUMNS, GROUP_ID, *THREE)
    np.testing.assert_allclose(table[list(THREE)], shares[[2, 4, 1, 3]], atol=1e-8)
    np.testing.assert_allclose(table["probability"], shares[[2, 4, 1, 3]].max(axis=1), atol=1e-8)
    np.testing.assert_allclose(table["logit"], logits[[2, 4, 1, 3]].max(axis=1), atol=1e-8)


def record(of, *, digests=DIGESTS, classes=CLASSES):
    return export.data_record(of, digests, classes, name="n", source="s", licence="l")


def test_data_record_counts_images_and_patients():
    found = record(cases(LABELS, SPLITS))

    assert found.counts == {
        "train": {"NORMAL": 1, "PNEUMONIA": 1},
        "val": {"NORMAL": 1, "PNEUMONIA": 1},
        "test": {"NORMAL": 1, "PNEUMONIA": 1},
    }
    assert found.patients == {"train": 2, "val": 2, "test": 2}


def test_images_without_a_patient_are_counted_as_one_each():
    unknown = [replace(case, patient_id="") for case in cases(LABELS, ["train"] * 6)]

    assert record(unknown).patients["train"] == 6


def test_fingerprint_names_the_data_and_not_their_order():
    original = cases(LABELS, SPLITS)
    first = record(original).fingerprint

    for change in ({"label": 1}, {"split": "val"}, {"patient_id": "p9"}):
        assert record([replace(original[0], **change), *original[1:]]).fingerprint != first
    assert record(original, digests=["f" * 64, *DIGESTS[1:]]).fingerprint != first
    assert record(original, classes=("HEALTHY", "PNEUMONIA")).fingerprint != first
    assert record(original[::-1], digests=DIGESTS[::-1]).fingerprint == first
    # Where a file lies and what it is called is no part of what was learnt.
    assert record([replace(original[0], name="x.png"), *original[1:]]).fingerprint == first


@pytest.fixture
def samples(tmp_path):
    folder = tmp_path / "samples"
    write(folder / "a.png", draw(0, 0))
    write(folder / "inside" / "b.jpg", draw(1, 0))
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / ".hidden.png").write_bytes(b"x")
    (folder / "LICENCE.txt").write_text("CC0")
    return folder


def test_samples_are_copied_and_hashed(samples, tmp_path):
    bundle = make_bundle(tmp_path, samples=samples)

    assert bundle.samples == [bundle.path / "samples/a.png", bundle.path / "samples/inside/b.jpg"]
    for path in bundle.samples:
        original = samples / path.relative_to(bundle.path / "samples")
        assert path.read_bytes() == original.read_bytes()
        listed = bundle.manifest.files[path.relative_to(bundle.path).as_posix()]
        assert listed == file_sha256(original)


def test_every_file_is_listed_and_nothing_is_left_beside(tmp_path):
    bundle = make_bundle(tmp_path)

    inside = {path.name for path in bundle.path.iterdir()}
    assert inside == {*bundle.manifest.files, "bundle.json"}
    assert [path.name for path in tmp_path.iterdir()] == ["small"]
    assert load_bundle(bundle.path) == bundle


@pytest.mark.parametrize("content", [None, "notes.txt", ".hidden.png"])
def test_a_samples_folder_without_images_is_refused(tmp_path, content):
    folder = tmp_path / "samples"
    if content:
        folder.mkdir()
        (folder / content).write_bytes(b"x")

    with pytest.raises(DatasetError, match="samples folder 'samples'"):
        export.sample_images(folder)


class SavesAnother:
    """A network that writes something else than what it computes."""

    def __init__(self, model, other):
        self.model, self.other = model, other

    def save(self, path):
        self.other.save(path)

    def __call__(self, *arguments, **settings):
        return self.model(*arguments, **settings)


@pytest.mark.slow
def test_a_network_that_reads_back_differently_is_not_published(tmp_path):
    bundle = make_bundle(tmp_path)
    network = load_network(bundle)
    other = load_network(bundle).model
    other.layers[-1].bias.assign([1e-4])
    contents = export.Contents(
        bundle.manifest,
        replace(network, model=SavesAnother(network.model, other)),
        bundle.history(),
        bundle.predictions(),
        [],
    )
    films = np.random.default_rng(0).integers(0, 256, (4, 48, 48, 1)).astype(np.uint8)

    with pytest.raises(BundleError, match=r"scores 4 images differently.*Nothing was published"):
        export.publish(tmp_path / "new", contents, work=tmp_path / "work", check_pixels=films)

    assert not (tmp_path / "new").exists()


def test_versions_name_everything_a_score_depends_on():
    versions = export.library_versions()

    assert {"python", "overread", "keras", "tensorflow", *DECODERS} == set(versions)
    assert all(versions.values())
