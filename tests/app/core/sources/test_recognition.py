"""What lies in a folder or an archive: an image by content, a row that says why not, or a count."""

import io
import struct
import zipfile

import numpy as np
import pytest

from app.core.sources.left_out import LeftOut, kind_by_name
from app.core.sources.sources import from_paths
from tests.app.core.sources.contents import codes, names, reason
from tests.pictures import dicom, encode, nifti, raw_netpbm, zipped

FILM = np.arange(40 * 40, dtype=np.uint8).reshape(40, 40)
DICOM = dicom(FILM)
DIRECTORY = DICOM.replace(b"1.2.840.10008.5.1.4.1.1.1\0", b"1.2.840.10008.1.3.10\0".ljust(26))
DOCUMENT = bytes(zipped({"[Content_Types].xml": b"<Types/>"}))

# Name, content, and what becomes of it: its bytes, the code of its row, or how it is counted.
FILES = [
    ("I1.IMA", DICOM, DICOM),
    ("IMAGE", DICOM, DICOM),
    ("a.img", DICOM, DICOM),
    ("b.dcm.bak", DICOM, DICOM),
    ("c.dc3", DICOM, DICOM),
    ("d.dic", DICOM, DICOM),
    ("e.png.old", encode(FILM, "PNG"), encode(FILM, "PNG")),
    ("f", encode(FILM, "JPEG"), encode(FILM, "JPEG")),
    ("g.txt", encode(FILM, "TIFF"), encode(FILM, "TIFF")),
    ("h.jp2", encode(FILM, "JPEG2000"), encode(FILM, "JPEG2000")),
    ("i.png", b"no image, but it says it is one", b"no image, but it says it is one"),
    ("j.nii", nifti(), nifti()),
    ("j.hdr", nifti().replace(b"n+1", b"ni1"), "volume"),
    ("k.npy", b"\x93NUMPY\x01\0", b"\x93NUMPY\x01\0"),
    ("l.mha", b"ObjectType = Image\nNDims = 3\n", "volume"),
    ("m.psd", b"8BPS\0\1", "unsupported_format"),
    ("n.zip", bytes(zipped({"a.png": b""})), "nested_archive"),
    ("o.cbz", bytes(zipped({"a.png": b""})), "nested_archive"),
    ("p.rar", b"Rar!\x1a\x07\0", "archive"),
    ("p.ico", b"\0\0\1\0\1\0 \0\0\0\1\0\10\0\x68\0\0\0\x16\0\0\0", "unsupported_format"),
    ("p.pam", b"P7\nWIDTH 64\n", "unsupported_format"),
    ("p1", raw_netpbm(FILM, 255), raw_netpbm(FILM, 255)),
    ("p2 notes.txt", b"P2 notes of 3 films", [".txt"]),
    ("q.docx", DOCUMENT, [".docx"]),
    ("r.XLSX", DOCUMENT, [".xlsx"]),
    ("s.txt", b"notes", [".txt"]),
    ("t.json", b"{}", [".json"]),
    ("u.TXT", b"", [".txt"]),
    ("README", b"notes", ["without ending"]),
    ("notes2", "3 Bilder, alle ü".encode(), ["without ending"]),
    ("notes3", "3 Bilder, alle ü".encode()[:-1], ["without ending"]),  # as if cut in a letter
    ("1.2.840.10008", b"a text\r\n", [".10008"]),
    ("IM000001", b"\x10\x02no text, damaged", b"\x10\x02no text, damaged"),
    ("IM000002", b"", b""),
    ("DICOMDIR", DIRECTORY, ["DICOMDIR"]),
    ("Thumbs.db", b"\xd0\xcf", ["Thumbs.db"]),
    (".DS_Store", b"\0", [".DS_Store"]),
    ("._I1.IMA", b"\0", ["metadata of macOS"]),
    (".film.png", encode(FILM, "PNG"), ["hidden"]),
]  # fmt: skip


def counted(files):
    left_out = LeftOut()
    for _, _, what in files:
        if isinstance(what, list):
            left_out.add("", what[0])
    return str(left_out)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "films"
    place.mkdir()
    for name, data, _ in FILES:
        (place / name).write_bytes(data)
    return place


def test_a_folder_is_read_by_content(folder):
    left_out = LeftOut()
    found = list(from_paths([folder], left_out))

    assert dict(zip(names(found, folder), codes(found), strict=True)) == {
        name: what for name, _, what in FILES if not isinstance(what, list)
    }
    assert str(left_out) == counted(FILES) == (
        "15 files are not images: 3 .txt, 3 without ending, 1 .10008, 1 .DS_Store, 1 .docx, "
        "1 .json, 1 .xlsx, 1 DICOMDIR, 1 Thumbs.db, 1 hidden, 1 metadata of macOS."
    )  # fmt: skip
    assert len(found) + 15 == len(FILES)


def test_an_archive_is_read_like_a_folder(folder, tmp_path):
    archive = tmp_path / "films.zip"
    archive.write_bytes(zipped({name: data for name, data, _ in FILES}))
    left_out = LeftOut()
    found = list(from_paths([archive], left_out))

    assert dict(zip([one.name.rpartition("/")[2] for one in found], codes(found), strict=True)) == {
        name: what for name, _, what in FILES if not isinstance(what, list)
    }
    assert str(left_out) == counted(FILES)


@pytest.mark.parametrize(("name", "data", "what"), FILES, ids=[name for name, _, _ in FILES])
def test_a_file_that_is_chosen_itself_has_a_row(name, data, what, tmp_path):
    (tmp_path / name).write_bytes(data)
    left_out = LeftOut()
    found = list(from_paths([tmp_path / name], left_out))

    if what == "nested_archive":  # opened, as it was chosen itself
        assert [one.name for one in found] == [f"{tmp_path / name}/a.png"]
    else:
        assert codes(found) == [data if isinstance(what, list) else what]
    assert not left_out


def test_a_reason_names_the_kind_and_the_way_out(tmp_path):
    (tmp_path / "l.mha").write_bytes(b"ObjectType = Image\nNDims = 3\n")
    (found,) = from_paths([tmp_path])
    assert "MetaImage volume" in str(reason(found))
    assert "Export the slice" in str(reason(found))
    assert reason(found).status == "refused"


def test_a_folder_without_an_image_still_counts(tmp_path):
    (tmp_path / "a.txt").touch()
    (tmp_path / ".git").mkdir()
    left_out = LeftOut()
    assert codes(from_paths([tmp_path], left_out)) == ["no_images"]
    assert str(left_out) == "1 file is not an image: 1 .txt; 1 hidden folder was not opened."


def test_a_film_by_name_is_listed_without_being_opened(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(b"abc")
    monkeypatch.setattr("app.core.sources.folder_listing.head_of", None)
    assert codes(from_paths([tmp_path])) == [b"abc"]


def test_what_cannot_be_looked_into_has_a_row(tmp_path, monkeypatch):
    (tmp_path / "IMAGE").write_bytes(DICOM)

    def denied(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("app.core.sources.folder_listing.head_of", denied)
    assert codes(from_paths([tmp_path])) == [DICOM]


def test_an_archive_called_otherwise_and_an_image_called_an_archive(tmp_path):
    (tmp_path / "export.bak").write_bytes(zipped({"a.png": b"abc"}))
    (tmp_path / "film.zip").write_bytes(DICOM)
    (tmp_path / "torn.zip").write_bytes(b"no archive")
    found = from_paths([tmp_path / name for name in ("export.bak", "film.zip", "torn.zip")])
    assert codes(found) == [b"abc", DICOM, "damaged_archive"]


@pytest.mark.parametrize(("raw", "flags", "name"), [
    ("Größe.png".encode(), 0, "Größe.png"),
    ("Größe.png".encode(), 0x800, "Größe.png"),
    ("Größe.png".encode("cp437"), 0, "Größe.png"),
    ("日本.png".encode(), 0, "日本.png"),
])  # fmt: skip
def test_names_in_utf_8_and_in_cp437(raw, flags, name, tmp_path):
    """Some programs write UTF-8 and do not say so; Windows writes CP437."""
    plain = b"x" * len(raw)
    archive = bytearray(zipped({plain.decode(): b"abc"}).replace(plain, raw))
    for start, offset in ((archive.index(b"PK\x03\x04"), 6), (archive.index(b"PK\x01\x02"), 8)):
        struct.pack_into("<H", archive, start + offset, flags)
    path = tmp_path / "a.zip"
    path.write_bytes(archive)
    (found,) = from_paths([path])
    assert found.name == f"{path}/{name}"
    assert found.read() == b"abc"


def test_two_members_of_one_name_are_two_rows(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.png", b"first")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.png", b"second")
    path = tmp_path / "a.zip"
    path.write_bytes(file.getvalue())
    assert codes(from_paths([path])) == [b"first", b"second"]


def test_a_line_names_the_most_frequent_kinds():
    left_out = LeftOut()
    for number in range(20):
        for _ in range(number + 1):
            left_out.add(f"x.e{number:02d}")
    assert str(left_out).startswith("210 files are not images: 20 .e19, 19 .e18, ")
    assert str(left_out).endswith(", 9 .e08, 36 of 8 other kinds.")


@pytest.mark.parametrize(("name", "kind"), [
    ("a.txt", ".txt"), ("A.TXT", ".txt"), ("week/a.tar.gz", ".gz"), ("Makefile", "without ending"),
    ("a.", "without ending"), ("Mustermann. Erika geb. 1950", "without ending"),
    ("week/thumbs.DB", "thumbs.DB"), ("__MACOSX/a.txt", "metadata of macOS"), (".a", "hidden"),
    (".git/config", "hidden"), ("desktop.ini", "desktop.ini"),
    ("@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg", "hidden"), ("$RECYCLE.BIN/a.png", "hidden"),
])  # fmt: skip
def test_kinds_by_name(name, kind):
    assert kind_by_name(name) == kind
