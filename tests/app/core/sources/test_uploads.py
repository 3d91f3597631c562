import sys
from io import BytesIO

import numpy as np
import pytest

from app.core.errors import SourceError
from app.core.sources import uploads
from app.core.sources.left_out import LeftOut
from app.core.sources.uploads import keep_uploads, kept_sources, size_of
from tests.pictures import dicom, nifti, restated, zipped


class Upload(BytesIO):
    def __init__(self, name, data):
        super().__init__(data)
        self.name = name


@pytest.fixture
def keep(tmp_path):
    """Keeps uploads and lists them as after a restart."""

    def keep(uploads):
        keep_uploads(uploads, tmp_path / "kept", LeftOut())
        return kept_sources(tmp_path / "kept", LeftOut())

    return keep


def contents(sources):
    return [(source.name, source.read()) for source in sources]


def test_uploads_are_read_back_in_their_order(keep):
    spooled = keep([Upload("b.png", b"b"), Upload("a ü.png", b"a"), Upload("notes.txt", b"text")])
    assert contents(spooled) == [("b.png", b"b"), ("a ü.png", b"a"), ("notes.txt", b"text")]


def test_an_upload_that_was_read_before_is_read_from_its_start(keep):
    upload = Upload("a.png", b"abc")
    upload.read()
    assert contents(keep([upload])) == [("a.png", b"abc")]


def test_two_uploads_of_one_name_stay_two_with_names_of_their_own(keep):
    keep([Upload("a.png", b"1"), Upload("a.png (2)", b"3")])
    spooled = keep([Upload("a.png", b"2")])
    assert contents(spooled) == [("a.png", b"1"), ("a.png (2)", b"3"), ("a.png (3)", b"2")]


@pytest.mark.parametrize("name", [
    "../../etc/passwd.png", "/etc/passwd.png", "a\0b.png", "-rf", "=cmd|' /C calc'!A0.png",
    "x" * 5000, "two\nlines.png", "..",
])  # fmt: skip
def test_a_name_decides_nothing_about_the_place(keep, tmp_path, name):
    if "/" in name:  # as of a directory
        name = f"x{name}"
    assert contents(keep([Upload(name, b"abc")])) == [(name, b"abc")]
    kept = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert kept == ["kept", "kept/000000", "kept/names.json"]


def test_archives_give_their_members(keep):
    archive = Upload("films.ZIP", bytes(zipped({"b.png": b"b", "a/a.png": b"a", "notes.txt": b""})))
    spooled = keep([archive, Upload("c.png", b"c")])
    assert contents(spooled) == [
        ("films.ZIP/a/a.png", b"a"),
        ("films.ZIP/b.png", b"b"),
        ("c.png", b"c"),
    ]


def test_a_bad_archive_costs_nothing_else(keep):
    huge = zipped({f"{number}.png": b"" for number in range(9)})
    for number in range(9):
        huge = restated(huge, field="size", value=2**32 - 2, index=number)
    spooled = keep([
        Upload("bad.zip", b"no archive"), Upload("huge.zip", bytes(huge)), Upload("a.png", b"a"),
        Upload("none.zip", bytes(zipped({"notes.txt": b""}))), Upload("empty.zip", b""),
    ])  # fmt: skip
    assert [source.read() for source in spooled if source.problem is None] == [b"a", b""]
    found = [(source.name, source.problem.code) for source in spooled if source.problem]
    assert found == [
        ("bad.zip", "damaged_archive"), ("huge.zip", "archive_too_large"),
        ("none.zip", "no_images"),
    ]  # fmt: skip


def test_of_an_uploaded_directory_only_images_count(keep, tmp_path):
    film = dicom(np.zeros((40, 40), np.uint8))
    files = {
        "week/a.png": b"a", "week/.DS_Store": b"", "week/sub/IM0001": b"\x01",
        "week/notes.txt": b"n",
        "week/.git/b.png": b"b", "__MACOSX/week/._a.png": b"m", "week/IMAGE": film,
        "week/scan.nii": nifti(), "week/more.zip": bytes(zipped({"c.png": b"c", "d.csv": b"d"})),
    }  # fmt: skip
    spooled = keep([Upload(name, data) for name, data in files.items()])

    assert [
        (source.name, source.problem.code if source.problem else source.read())
        for source in spooled
    ] == [
        ("week/a.png", b"a"), ("week/sub/IM0001", b"\x01"), ("week/IMAGE", film),
        ("week/scan.nii", nifti()), ("week/more.zip/c.png", b"c"),
    ]  # fmt: skip
    left_out = LeftOut()
    keep_uploads([Upload(name, data) for name, data in files.items()], tmp_path / "b", left_out)
    kept_sources(tmp_path / "b", left_out)
    assert str(left_out) == (
        "5 files are not images: 1 .DS_Store, 1 .csv, 1 .txt, 1 hidden, 1 metadata of macOS."
    )


@pytest.mark.skipif(sys.platform == "win32", reason="rights are of another kind there")
def test_nobody_else_may_read_what_is_kept(keep, tmp_path):
    keep([Upload("a.png", b"abc")])
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0


def test_where_the_folder_is_gone_nothing_is_found(tmp_path):
    assert kept_sources(tmp_path / "gone", LeftOut()) == []


def test_the_size_of_an_upload_that_was_read():
    upload = Upload("a.png", b"abc")
    upload.read(2)
    assert size_of(upload) == 3


def test_a_full_disk_is_a_message(keep, monkeypatch):
    def no_space(*_):
        raise OSError(28, "No space left on device", "/tmp/CANARY")

    monkeypatch.setattr(uploads.shutil, "copyfileobj", no_space)
    with pytest.raises(SourceError, match="No space left on device") as caught:
        keep([Upload("a.png", b"abc")])
    assert "CANARY" not in str(caught.value)


def test_nothing_uploaded(keep):
    spooled = keep([])
    assert spooled == []
