"""Which names in a folder or an archive mean an image."""

import pytest

from app.core.sources.file_names import image_ending, is_image_name


@pytest.mark.parametrize("name", [
    "a.jpg", "A.JPEG", "b.Png", "c.tif", "c.tiff", "d.dcm", "d.dicom", "e.bmp", "f.webp", "g.gif",
    "h.jfif", "IM000001", "1.2.840.113619.2.55", "film 1 (ü).png", "-rf.png", "=cmd.png", "a.b.jpg",
    "folder/IM0001", "I1.IMA", "x.dic", "x.dc3", "x.heic", "x.jp2", "x.jls",
    "two\nlines.png", "scan.0001", "1.nii", "1.NII.gz", "x.npy", "x.jph", "x.hif",
])  # fmt: skip
def test_image_names(name):
    assert is_image_name(name)


@pytest.mark.parametrize("name", [
    ".hidden.png", "folder/.hidden.png", "notes.txt", "results.csv", "DICOMDIR", "README", "a.zip",
    "Thumbs.db", "jpg", "folder.png/notes.txt", "", "1.tar.gz", "nii.gz", "._film.jpg", ".nii.gz",
])  # fmt: skip
def test_other_names(name):
    assert not is_image_name(name)


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("brain.NII.GZ", ".nii.gz"), ("a/b.c/x.nii", ".nii"), ("x.y.png", ".png"), ("x.gz", ""),
        ("x.tar.gz", ""), ("x", ""), ("x.png.txt", ""),
    ],
)  # fmt: skip
def test_the_ending_of_an_image(name, ending):
    assert image_ending(name) == ending
