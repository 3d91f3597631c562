import gc
from io import BytesIO

import numpy as np
import pytest

from app.core.errors import SourceError
from app.core.sources import uploads
from app.core.sources.uploads import spool
from tests.pictures import dicom, nifti, restated, zipped


class Upload(BytesIO):
    def __init__(self, name, data):
        super().__init__(data)
        self.name = name


def contents(spooled):
    return [(source.name, source.read()) for source in spooled.sources]


def test_uploads_are_read_back_in_their_order():
    spooled = spool([Upload("b.png", b"b"), Upload("a ü.png", b"a"), Upload("notes.txt", b"text")])
    assert contents(spooled) == [("b.png", b"b"), ("a ü.png", b"a"), ("notes.txt", b"text")]


def test_an_upload_that_was_read_before_is_read_from_its_start():
    upload = Upload("a.png", b"abc")
    upload.read()
    assert contents(spool([upload])) == [("a.png", b"abc")]


def test_two_uploads_of_one_name_stay_two():
    spooled = spool([Upload("a.png", b"1"), Upload("a.png", b"2"), Upload("a.png", b"1")])
    assert contents(spooled) == [("a.png", b"1"), ("a.png", b"2"), ("a.png", b"1")]


@pytest.mark.parametrize("name", [
    "../../etc/passwd.png", "/etc/passwd.png", "a\0b.png", "-rf", "=cmd|' /C calc'!A0.png",
    "x" * 5000, "two\nlines.png", "..",
])  # fmt: skip
def test_a_name_decides_nothing_about_the_place(name):
    spooled = spool([Upload(name, b"abc")])
    assert contents(spooled) == [(name, b"abc")]
    assert [path.name for path in spooled.folder.iterdir()] == ["000000"]


def test_archives_give_their_members():
    archive = Upload("films.ZIP", bytes(zipped({"b.png": b"b", "a/a.png": b"a", "notes.txt": b""})))
    spooled = spool([archive, Upload("c.png", b"c")])
    assert contents(spooled) == [
        ("films.ZIP/a/a.png", b"a"),
        ("films.ZIP/b.png", b"b"),
        ("c.png", b"c"),
    ]


def test_a_bad_archive_costs_nothing_else():
    huge = zipped({f"{number}.png": b"" for number in range(9)})
    for number in range(9):
        huge = restated(huge, field="size", value=2**32 - 2, index=number)
    spooled = spool([
        Upload("bad.zip", b"no archive"), Upload("huge.zip", bytes(huge)), Upload("a.png", b"a"),
        Upload("none.zip", bytes(zipped({"notes.txt": b""}))), Upload("empty.zip", b""),
    ])  # fmt: skip
    assert [source.read() for source in spooled.sources if source.problem is None] == [b"a", b""]
    found = [(source.name, source.problem.code) for source in spooled.sources if source.problem]
    assert found == [
        ("bad.zip", "damaged_archive"), ("huge.zip", "archive_too_large"),
        ("none.zip", "no_images"),
    ]  # fmt: skip


def test_of_an_uploaded_directory_only_images_count():
    film = dicom(np.zeros((40, 40), np.uint8))
    files = {
        "week/a.png": b"a", "week/.DS_Store": b"", "week/sub/IM0001": b"\x01",
        "week/notes.txt": b"n",
        "week/.git/b.png": b"b", "__MACOSX/week/._a.png": b"m", "week/IMAGE": film,
        "week/scan.nii": nifti(), "week/more.zip": bytes(zipped({"c.png": b"c", "d.csv": b"d"})),
    }  # fmt: skip
    spooled = spool([Upload(name, data) for name, data in files.items()])

    assert [
        (source.name, source.problem.code if source.problem else source.read())
        for source in spooled.sources
    ] == [
        ("week/a.png", b"a"), ("week/sub/IM0001", b"\x01"), ("week/IMAGE", film),
        ("week/scan.nii", nifti()), ("week/more.zip/c.png", b"c"),
    ]  # fmt: skip
    assert str(spooled.left_out) == (
        "5 files are not images: 1 .DS_Store, 1 .csv, 1 .txt, 1 hidden, 1 metadata of macOS."
    )


def test_the_folder_goes_with_its_last_reference():
    spooled = spool([Upload("a.png", b"abc")])
    folder, source = spooled.folder, spooled.sources[0]
    assert source.read() == b"abc"
    assert folder.stat().st_mode & 0o077 == 0
    del spooled
    gc.collect()
    assert not folder.exists()


def test_a_full_disk_is_a_message(monkeypatch):
    def no_space(*_):
        raise OSError(28, "No space left on device", "/tmp/CANARY")

    monkeypatch.setattr(uploads.shutil, "copyfileobj", no_space)
    with pytest.raises(SourceError, match="No space left on device") as caught:
        spool([Upload("a.png", b"abc")])
    assert "CANARY" not in str(caught.value)


def test_nothing_uploaded():
    spooled = spool([])
    assert spooled.sources == []
