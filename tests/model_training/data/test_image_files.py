from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest

from app.core.sources.left_out import LeftOut
from model_training.data.datasets import read_dataset
from model_training.data.image_files import ImageIndex, images_below, name_below
from tests.pictures import dicom


@pytest.fixture
def index(tmp_path):
    for name in ("set/Image1.jpg", "set/Image2.jpg", "other/Image2.png", "other/IM.0001", "a.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return ImageIndex(tmp_path)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("set/Image1.jpg", ["set/Image1.jpg"]),
        ("image1.jpg", ["set/Image1.jpg"]),
        ("Image1", ["set/Image1.jpg"]),
        ("IMAGE1.JPG", ["set/Image1.jpg"]),
        ("set/image1", ["set/Image1.jpg"]),
        ("set\\Image1.jpg", ["set/Image1.jpg"]),
        ("./set/Image1.jpg", ["set/Image1.jpg"]),
        ("/elsewhere/data/set/Image1.jpg", ["set/Image1.jpg"]),
        ("image2", ["other/Image2.png", "set/Image2.jpg"]),
        ("image2.png", ["other/Image2.png"]),
        ("other/image2", ["other/Image2.png"]),
        ("im.0001", ["other/IM.0001"]),
        ("Image1.png", []),
        ("Image3", []),
        ("third/Image1.jpg", []),
        ("", []),
        ("..", []),
        ("x" * 5000, []),
        ("a\0b", []),
    ],
)
def test_a_name_finds_its_image_and_no_other(index, name, found):
    assert [name_below(path, index.folder) for path in index.find(name)] == found


def test_an_absolute_path_is_taken_as_it_is(index, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "film.png"
    elsewhere.write_bytes(b"")

    assert index.find(str(elsewhere)) == [elsewhere]
    assert name_below(elsewhere, index.folder) == elsewhere.as_posix()


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


@pytest.mark.parametrize(("written", "on_disk"), [("NFC", "NFD"), ("NFD", "NFC"), ("NFC", "NFC")])
@pytest.mark.parametrize(
    "name", ["b\u00f6sartig/\u00e9tude 1.png", "BO\u0308SARTIG/e\u0301tude 1", "e\u0301tude 1"]
)
def test_accents_may_be_encoded_in_two_ways(tmp_path, name, written, on_disk):
    path = tmp_path / normalize(on_disk, "b\u00f6sartig") / normalize(on_disk, "\u00e9tude 1.png")
    path.parent.mkdir()
    path.write_bytes(b"")

    assert ImageIndex(tmp_path).find(normalize(written, name)) == [path]


def test_two_files_that_differ_only_in_the_encoding_of_an_accent_are_told_apart(tmp_path):
    names = [normalize(form, "\u00e4.png") for form in ("NFC", "NFD")]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("this file system makes one name of both")

    index = ImageIndex(tmp_path)
    assert [index.find(name) for name in names] == [[tmp_path / name] for name in names]
    assert len(index.find(normalize("NFC", "\u00e4"))) == 2


def test_names_of_addresses_are_read(tmp_path):
    for name in ("scan 1.png", "50%25.png", "50%.png"):
        (tmp_path / name).write_bytes(b"")
    index = ImageIndex(tmp_path)

    assert index.find("scan%201.png") == [tmp_path / "scan 1.png"]
    assert index.find("https://example.org/data/scan%201.png") == [tmp_path / "scan 1.png"]
    assert index.find("50%25.png") == [tmp_path / "50%25.png"]
    assert index.find("50%.png") == [tmp_path / "50%.png"]
