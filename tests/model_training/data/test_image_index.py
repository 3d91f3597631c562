"""Which image, or which folder of images, a name in a table is that of."""

from unicodedata import normalize

import pytest

from model_training.data.image_files import name_below
from model_training.data.image_index import ImageIndex
from tests.model_training.data.folder_layouts import layout


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


def shown(index, found):
    return [name_below(path, index.folder) for path in found]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("images/1.png", ["archive/images/1.png"]),  # relative to a folder further down
        ("images/1", ["archive/images/1.png"]),
        ("other/1.png", []),
        ("/images/2.png", ["archive/images/2.png"]),
        ("p1/1.png", ["a/p1/1.png", "b/p1/1.png"]),
        ("b/p1/1.png", ["b/p1/1.png"]),
    ],
)
def test_a_path_may_lack_its_first_folders(tmp_path, name, found):
    names = ("archive/images/1.png", "archive/images/2.png", "a/p1/1.png", "b/p1/1.png")
    index = ImageIndex(layout(tmp_path, *names))

    assert shown(index, index.find(name)) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("set/train/p1/study1", [["set/train/p1/study1/a.png", "set/train/p1/study1/b.png"]]),
        ("set/train/p1/study1/", [["set/train/p1/study1/a.png", "set/train/p1/study1/b.png"]]),
        ("/other/PC/set/train/p2", [["set/train/p2/study1/c.png"]]),
        ("SET\\Train\\P2\\", [["set/train/p2/study1/c.png"]]),
        ("p2", [["set/train/p2/study1/c.png"]]),
        ("p2/study1", [["set/train/p2/study1/c.png"]]),
        (
            "study1",
            [
                ["set/train/p1/study1/a.png", "set/train/p1/study1/b.png"],
                ["set/train/p2/study1/c.png"],
            ],
        ),
        ("p3", []),
        ("p3/study1", []),
        ("p2/study1/c.png", []),
        ("", []),
        ("/", []),
    ],
)
def test_a_name_finds_the_images_below_its_folder(tmp_path, name, found):
    names = ("p1/study1/a.png", "p1/study1/b.png", "p2/study1/c.png")
    index = ImageIndex(layout(tmp_path, *(f"set/train/{name}" for name in names)))

    assert [shown(index, images) for images in index.find_below(name)] == found


def test_folders_have_their_accents_encoded_in_two_ways(tmp_path):
    folder = normalize("NFD", "b\u00f6sartig")
    index = ImageIndex(layout(tmp_path, f"{folder}/1.png"))

    assert len(index.find_below(normalize("NFC", "B\u00f6sartig"))) == 1


def test_a_volume_is_found_without_its_two_endings(tmp_path):
    index = ImageIndex(layout(tmp_path, "a/scan.nii.gz", "a/field.npy"))

    assert shown(index, index.find("scan")) == ["a/scan.nii.gz"]
    assert shown(index, index.find("a/SCAN.nii.gz")) == ["a/scan.nii.gz"]
    assert shown(index, index.find("field")) == ["a/field.npy"]
    assert index.find("scan.nii") == []
