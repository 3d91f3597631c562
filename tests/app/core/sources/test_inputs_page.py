"""What docs/inputs.md says of files in folders and archives is what becomes of them."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from pathlib import Path

import pytest

from app.core.images import file_kinds
from app.core.images.file_kinds import FileKind
from app.core.sources.left_out import LeftOut
from app.core.sources.recognition import problem_of
from app.core.sources.sources import below_root, from_paths
from tests.app.core.sources.contents import codes
from tests.pictures import restated, zipped

PAGE = (Path(__file__).parents[4] / "docs" / "inputs.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## Folders, archives and links")[1].split("\n## ")[0]
ROWS = dict(re.findall(r"^\| (.+?) \| `?(.+?)`? \|$", SECTION, re.MULTILINE))
KINDS = {kind for _, _, kind in file_kinds._SIGNATURES} | {
    value for value in vars(file_kinds).values() if isinstance(value, FileKind)
}


@pytest.mark.parametrize(
    "kind", sorted(KINDS, key=lambda kind: kind.name), ids=lambda kind: kind.name
)
def test_every_kind_that_is_not_read_is_on_the_page(kind):
    if kind.role == "image":
        assert kind.name not in ROWS
    elif kind.role == "index":
        assert ROWS[kind.name] == "counted"
    else:
        problem = problem_of(kind)
        assert problem is not None
        assert ROWS[kind.name] == problem.code


def test_links(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "a.png").touch()
    (tmp_path / "root" / "out.png").symlink_to(tmp_path / "a.png")
    (tmp_path / "root" / "round").symlink_to(tmp_path / "root")
    (tmp_path / "root" / "to itself.png").symlink_to("to itself.png")
    (tmp_path / "root" / "to nothing.png").symlink_to("nothing.png")

    assert codes(from_paths([tmp_path / "root"])) == [
        b"", ROWS["a link that leads back to a folder it is in"],
        ROWS["a link that leads back to itself"], ROWS["a link to nothing"],
    ]  # fmt: skip
    served = codes(below_root(tmp_path / "root", tmp_path / "root"))
    assert served[0] == ROWS["in the app, a link out of the server folder"]


def test_hidden_folders_and_files(tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "a.png").touch()
    for name in (".DS_Store", "Thumbs.db", "notes.pdf"):
        (tmp_path / name).touch()
    left_out = LeftOut()
    assert codes(from_paths([tmp_path], left_out)) == ["no_images"]
    assert str(left_out) == (
        "3 files are not images: 1 .DS_Store, 1 .pdf, 1 Thumbs.db; 1 hidden folder was not opened."
    )


def test_members_of_archives(tmp_path):
    plain = zipped({"a.png": b"abc"})
    link = zipfile.ZipInfo("a.png")
    link.external_attr = stat.S_IFLNK << 16
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as archive:
        archive.writestr(link, b"b.png")
    bzip2 = io.BytesIO()
    with zipfile.ZipFile(bzip2, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.png", b"abc")
    nameless = restated(plain, field="name_length", value=0)
    archives = {
        "without a name": restated(nameless, field="comment_length", value=len("a.png")),
        "a symbolic link": linked.getvalue(),
        "with a password": restated(plain, field="flags", value=1),
        "of a compression other than Deflate": bzip2.getvalue(),
        "with a name that points outside, such as `../a.png`": zipped({"../a.png": b"abc"}),
        "whose checksum or size is wrong": restated(plain, field="checksum", value=1),
    }
    for words, content in archives.items():
        path = tmp_path / "a.zip"
        path.write_bytes(content)
        assert codes(from_paths([path])) == [ROWS[words]]
