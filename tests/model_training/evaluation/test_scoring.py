import shutil
from dataclasses import replace

import numpy as np
import pytest

from app.core.errors import DatasetError
from app.core.scoring.engine import Engine
from app.core.sources.sources import from_paths
from model_training.data.datasets import read_dataset
from model_training.evaluation.evaluation_report import text
from model_training.evaluation.scoring import only_split, score
from tests.model_training.films import draw, write, write_classes
from tests.pictures import dicom


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six films a class, and one file of a named patient that is no image."""
    root = tmp_path_factory.mktemp("other") / "films"
    write_classes(root, ("NORMAL", "PNEUMONIA"), patients=3)
    (root / "NORMAL" / "Mustermann_Erika.png").write_bytes(b"not an image")
    return root


@pytest.fixture(scope="module")
def scored(bundle, folder):
    return score(bundle, read_dataset(folder, subgroup_pattern="_(bacteria)_"))


def test_images_score_as_in_the_app(scored, bundle, folder):
    cases = scored.held_out()

    results = {result.image_id: result for result in Engine(bundle).score(from_paths([folder]))}
    assert cases.num_images == 12
    for image_id, shares in zip(cases.image_ids, cases.probabilities, strict=True):
        np.testing.assert_allclose(
            shares, results[image_id].prediction.class_probabilities, atol=1e-6
        )


def test_what_cannot_be_scored_keeps_its_row_and_is_counted(scored):
    table = scored.table()

    assert scored.refused.total() == 1
    assert len(table) == 13
    refused = table[table["status"] != "ok"]
    assert refused["path"].tolist() == ["NORMAL/Mustermann_Erika.png"]
    assert refused["probability"].isna().all()
    assert (table["truth"] == [path.split("/")[0] for path in table["path"]]).all()
    assert (table.loc[table["status"] == "ok", "subgroup"] == "bacteria").all()


def test_refused_images_are_counted_apart_from_unreadable_ones(bundle, folder, tmp_path):
    """Figures can look good when one class is refused: the report says how many of each."""
    size = bundle.manifest.input.model_copy(update={"body_parts": ("CHEST",)})
    chest = replace(bundle, manifest=bundle.manifest.model_copy(update={"input": size}))
    shutil.copytree(folder, tmp_path / "films")
    for name in ("NORMAL", "PNEUMONIA"):
        path = tmp_path / "films" / name / "hand.dcm"
        path.write_bytes(dicom(draw(0, 1), BodyPartExamined="HAND"))

    scored = score(chest, read_dataset(tmp_path / "films"))

    said = " ".join(text(scored).split())
    assert len(scored.without_score("refused")) == 2
    assert "13.3 %" in said  # of 15
    assert "2 of 15" in said
    assert "2 of another body part" in said
    assert "1 of 8 NORMAL, 1 of 7 PNEUMONIA" in said
    assert "1 of 15 images could not be scored: 1 not an image" in said


def test_labels_follow_the_bundle_s_order_of_classes(scored):
    turned = replace(
        scored,
        classes=("PNEUMONIA", "NORMAL"),
        cases=[replace(case, label=1 - case.label) for case in scored.cases],
    )

    cases = turned.held_out()

    expected = ["PNEUMONIA" in path for path in cases.paths]
    assert cases.y_true.tolist() == [int(positive) for positive in expected]


def test_a_class_the_bundle_does_not_know_is_named(bundle, tmp_path):
    write_classes(tmp_path, ("NORMAL", "FRACTURE"), patients=1)

    with pytest.raises(DatasetError, match=r"\['FRACTURE'\], which 'small' does not know"):
        score(bundle, read_dataset(tmp_path))


def test_nothing_that_could_be_scored(scored):
    spoilt = [row for row, case in enumerate(scored.cases) if "Mustermann" in case.name]
    nothing = replace(
        scored,
        cases=[scored.cases[row] for row in spoilt],
        results=[scored.results[row] for row in spoilt],
    )

    with pytest.raises(DatasetError, match="None of the 1 images") as error:
        nothing.held_out()

    assert "Mustermann" not in str(error.value)


def test_heatmaps_are_not_kept(scored):
    assert len(scored.image_ids) == 12
    assert all(result.evidence is None for result in scored.results)


def in_splits(tmp_path, *splits):
    for number, split in enumerate(splits):
        write_classes(tmp_path, ("A", "B"), patients=2, split=split, first=10 * number)
    return read_dataset(tmp_path, positive="B")


def test_the_test_split_is_taken_where_there_is_one(tmp_path):
    dataset = in_splits(tmp_path, "train", "test")

    found = only_split(dataset, None)

    assert {case.split for case in found.cases} == {"test"}
    assert found.notes[-1] == "Only the test split is scored: 8 of 16 images."
    assert only_split(dataset, "all") is dataset
    assert {case.split for case in only_split(dataset, "train").cases} == {"train"}


def test_one_split_keeps_what_is_known_of_the_data(tmp_path):
    dataset = replace(
        in_splits(tmp_path, "train", "test"), task="any-of", patients_from="file names"
    )

    found = only_split(dataset, "test")

    assert (found.task, found.patients_from) == ("any-of", "file names")


def test_data_without_splits_are_used_completely(tmp_path):
    dataset = in_splits(tmp_path, "")

    assert only_split(dataset, None) is dataset
    with pytest.raises(DatasetError, match="no val split"):
        only_split(dataset, "val")


def test_near_duplicates_of_unknown_patients_are_one_unit_as_in_the_card(bundle, tmp_path):
    for label, name in enumerate(("NORMAL", "PNEUMONIA")):
        for number in range(3):
            film = draw(label, number)
            write(tmp_path / name / f"{number}.png", film)
            write(tmp_path / name / f"{number}-again.png", np.clip(film + 1, 0, 255))

    cases = score(bundle, read_dataset(tmp_path)).held_out()

    units = dict(zip(cases.paths.tolist(), cases.patients.tolist(), strict=True))
    assert cases.num_images == 12
    assert len(set(units.values())) == 6
    assert units["NORMAL/0.png"] == units["NORMAL/0-again.png"] != units["NORMAL/1.png"]
    assert cases.unit == "group"
