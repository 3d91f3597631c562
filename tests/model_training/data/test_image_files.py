from pathlib import Path

import pytest

from model_training.data.image_files import ImageIndex, name_below


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
