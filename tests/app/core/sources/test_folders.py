"""What may be reached and listed below a root."""

import pytest

from app.core.errors import SourceError
from app.core.sources import folders, sources
from tests.app.core.sources.contents import codes


@pytest.fixture
def root(tmp_path):
    place = tmp_path / "root"
    (place / "week").mkdir(parents=True)
    (place / "week" / "a.png").write_bytes(b"abc")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.png").write_bytes(b"secret")
    (tmp_path / "root-2").mkdir()
    (place / "out").symlink_to(tmp_path / "secret")
    (place / "back").symlink_to("week")
    (place / "loop").symlink_to("loop")
    return place


@pytest.mark.parametrize(
    "relative", ["", ".", "week", "week/", "week/../week", "back", "week/a.png"]
)
def test_inside_the_root(root, relative):
    assert folders.inside_root(root, relative).is_relative_to(root.resolve())


@pytest.mark.parametrize("relative", [
    "..", "../secret", "week/../../secret", "out", "out/s.png", "/etc", "/", "../root-2",
])  # fmt: skip
def test_outside_the_root(root, relative):
    with pytest.raises(SourceError, match="outside"):
        folders.inside_root(root, relative)


@pytest.mark.parametrize("relative", ["none", "week\0", "loop", "loop/a", "x" * 5000, "x/" * 3000])
def test_nothing_there_below_the_root(root, relative):
    with pytest.raises(SourceError, match="does not exist"):
        folders.inside_root(root, relative)


def test_root_that_is_itself_a_link(root, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(root)
    folder = folders.inside_root(link, "week")
    (found,) = sources.below_root(link, folder)
    assert (found.name, found.read()) == ("week/a.png", b"abc")


def test_links_below_the_root_may_lead_anywhere_inside_it(root):
    (root / "other").mkdir()
    (root / "other" / "b.png").symlink_to("../week/a.png")
    (root / "other" / "c.png").symlink_to("../../secret/s.png")
    found = sources.below_root(root, root / "other")
    assert [source.name for source in found] == ["other/b.png", "other/c.png"]
    assert codes(found) == [b"abc", "link_outside"]


def test_nothing_of_outside_is_ever_read(root):
    contents = codes(sources.below_root(root, root))
    assert b"secret" not in contents
    assert b"abc" in contents


def test_subfolders(root):
    (root / ".hidden").mkdir()
    (root / "file.png").touch()
    assert folders.subfolders(root, "") == ["back", "week"]
    assert folders.subfolders(root, "week") == []


def test_subfolders_of_what_is_no_folder(root):
    with pytest.raises(SourceError, match="cannot be listed"):
        folders.subfolders(root, "week/a.png")
    with pytest.raises(SourceError, match="outside"):
        folders.subfolders(root, "..")
