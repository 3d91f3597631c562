"""One table of several data folders."""

import csv

import numpy as np
import pytest
from PIL import Image

from app.core.bundles.bundle_files import file_sha256
from app.core.errors import DatasetError
from model_training.data.datasets import read_dataset
from tools.combined_table import combined_table, main

NAMES = {"0": "HEALTHY", "1": "SICK", "none": "HEALTHY", "tumour": "SICK"}


def save(path, seed, side=64):
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8), np.uint8)
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(path)


def write(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def folders(tmp_path):
    """A table of files without patients, two of them alike, and class folders with patients."""
    for number in range(4):
        path = tmp_path / "one" / "slices" / f"{number}.png"
        save(path, seed=(0, 1, 2, 1)[number], side=(64, 64, 64, 96)[number])
    write(tmp_path / "one" / "labels.csv", [
        ["Image", "Class"], *([f"slices/{number}.png", number % 2] for number in range(4)),
    ])  # fmt: skip
    for number in range(4):
        save(tmp_path / "two" / ("none", "tumour")[number % 2] / f"{number}.png", seed=10 + number)
    write(tmp_path / "two" / "manifest.csv", [
        ["path", "patient_id"],
        *([f"{('none', 'tumour')[number % 2]}/{number}.png", f"P{number // 2}"]
          for number in range(4)),
    ])  # fmt: skip
    return [tmp_path / "one", tmp_path / "two"]


def test_the_trainer_reads_the_table_with_one_name_for_each_class(folders, tmp_path):
    out = tmp_path / "combined.csv"

    names = [f"{old}={new}" for old, new in NAMES.items()]
    assert main([*map(str, folders), "--class-names", *names, "--out", str(out)]) == 0

    dataset = read_dataset(tmp_path, table=out)
    assert dataset.classes == ("HEALTHY", "SICK")
    assert {(case.name, case.label, case.patient_id, case.subgroup) for case in dataset.cases} == {
        *((f"one/slices/{number}.png", number % 2, "", "one") for number in range(4)),
        *((f"two/{('none', 'tumour')[number % 2]}/{number}.png", number % 2,
           f"two/P{number // 2}", "two") for number in range(4)),
    }  # fmt: skip


def test_once_keeps_the_first_of_those_alike_and_all_of_known_patients(folders):
    table = combined_table(folders, NAMES, once=True)

    assert table.path.tolist()[:3] == ["one/slices/0.png", "one/slices/1.png", "one/slices/2.png"]
    assert len(table) == 3 + 4


def test_folders_that_do_not_lie_together_are_refused(folders):
    with pytest.raises(DatasetError, match="do not lie in one folder"):
        combined_table([folders[0], folders[1] / "none"], NAMES, once=False)


def test_a_folder_that_cannot_be_read_is_said(tmp_path, capsys):
    (tmp_path / "empty").mkdir()

    status = main([str(tmp_path / "empty"), "--out", str(tmp_path / "t.csv")])

    assert status == 1
    assert "class" in capsys.readouterr().err
    assert not (tmp_path / "t.csv").exists()


def test_a_known_split_is_kept_and_another_drawn_by_patient(folders, tmp_path):
    rows = [["path", "patient_id"]]
    for number in range(80):
        for name in ("none", "tumour"):
            save(
                tmp_path / "three" / name / f"{number}.png",
                seed=1000 + 2 * number + (name == "none"),
            )
            rows.append([f"{name}/{number}.png", f"P{number}"])
    write(tmp_path / "three" / "manifest.csv", rows)
    parts = ("train", "test", "val", "train")
    known = {file_sha256(folders[0] / "slices" / f"{n}.png"): parts[n] for n in range(4)}

    table = combined_table([folders[0], tmp_path / "three"], NAMES, once=False, known=known)

    assert table[table.subgroup == "one"].split.tolist() == list(parts)
    drawn = table[table.subgroup == "three"]
    assert drawn.groupby("patient_id").split.nunique().eq(1).all()
    assert drawn.split.value_counts().to_dict() == {"train": 104, "test": 32, "val": 24}


def test_a_folder_that_is_known_in_part_is_refused(folders):
    known = {file_sha256(folders[0] / "slices" / "0.png"): "train"}

    with pytest.raises(DatasetError, match="3 of 4 images is not known"):
        combined_table(folders, NAMES, once=False, known=known)
