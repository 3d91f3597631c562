import os
from pathlib import Path

import numpy as np
import pytest

from app.core.sources.left_out import LeftOut
from model_training.data.datasets import read_dataset
from model_training.data.image_files import images_below, name_below
from tests.pictures import dicom


def test_a_name_that_is_not_utf_8_stays_printable():
    assert name_below(Path("/data/M\udcfcller.png"), Path("/data")) == "M\\udcfcller.png"


def test_images_are_found_by_content_and_through_links_and_the_rest_is_counted(tmp_path):
    folder = tmp_path / "NORMAL"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "e.png").touch()
    film = dicom(np.zeros((40, 40), np.uint8))
    for name in ("b.png", "IMAGE", "sub/a.ima"):
        (folder / name).write_bytes(film)
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "broken.png").symlink_to("nothing.png")
    (folder / "scan.nrrd").write_bytes(b"NRRD0004\ntype: short\n")
    (folder / "notes.txt").touch()
    left_out = LeftOut()

    found = images_below(folder, left_out)

    assert [path.relative_to(folder).as_posix() for path in found] == [
        "IMAGE", "b.png", "linked/e.png", "sub/a.ima",
    ]  # fmt: skip
    assert found == sorted(found)
    assert str(left_out) == "3 files are not images: 1 .txt, 1 broken link, 1 volume."


def test_a_data_set_says_what_lies_beside_its_images(tmp_path):
    for name in ("NORMAL", "TUMOUR"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").touch()
        (tmp_path / name / "a.json").touch()

    notes = read_dataset(tmp_path).notes

    assert "2 files are not images: 2 .json." in notes


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_counted_and_not_waited_for(tmp_path):
    """Reading it for its digest would wait for ever."""
    (tmp_path / "a.png").write_bytes(b"abc")
    os.mkfifo(tmp_path / "b.png")
    (tmp_path / "c.png").symlink_to("b.png")
    left_out = LeftOut()

    assert images_below(tmp_path, left_out) == [tmp_path / "a.png"]
    assert str(left_out) == "2 files are not images: 2 not a file."
