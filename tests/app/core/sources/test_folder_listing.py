"""Folders as sources: what is listed, in which order, and links that lead elsewhere."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from app.core.sources import sources
from app.core.sources.left_out import LeftOut
from app.core.sources.sources import from_paths
from tests.app.core.sources.contents import codes, denied, names, reason
from tests.pictures import dicom, zipped


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "films"
    place.mkdir()
    return place


def test_folder_gives_its_images_in_name_order(folder):
    for name in ("b.png", "a.png", "sub/c.png", "sub/deep/er/d.dcm", "notes.txt", "IM0001",
                 ".hidden.png", ".git/e.png", "__MACOSX/f.png", "sub/.DS_Store"):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"\x01" + name.encode())  # no text
    found = list(from_paths([folder]))
    assert names(found, folder) == ["IM0001", "a.png", "b.png", "sub/c.png", "sub/deep/er/d.dcm"]
    assert [source.read()[1:].decode() for source in found] == names(found, folder)
    assert names(sources.below_root(folder, folder / "sub"), folder) == [
        "sub/c.png",
        "sub/deep/er/d.dcm",
    ]


def test_order_is_that_of_sorted_paths(folder):
    for name in ("a/z.png", "a-b.png", "a.png", "B.png", "a/b/c.png", "ä.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    found = [source.path for source in from_paths([folder])]
    assert found == sorted(found)


def test_order_of_the_inputs_is_kept(folder):
    for name in ("b.png", "a.png"):
        (folder / name).write_bytes(name.encode())
    found = from_paths([folder / "b.png", folder, folder / "a.png"])
    assert codes(found) == [b"b.png", b"a.png", b"b.png", b"a.png"]


def test_folder_with_the_name_of_an_image(folder):
    (folder / "x.jpg").mkdir()
    (folder / "x.jpg" / "a.png").write_bytes(b"abc")
    assert names(from_paths([folder]), folder) == ["x.jpg/a.png"]


@pytest.fixture
def linked(folder, tmp_path):
    """Links of every kind, some of which leave the folder."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "other.png").write_bytes(b"other")
    (outside / "dicom").write_bytes(dicom(np.zeros((40, 40), np.uint8)))
    (folder / "a.png").write_bytes(b"abc")
    (folder / "sub").mkdir()
    (folder / "sub" / "s.png").write_bytes(b"s")
    (folder / "b_inside.png").symlink_to("a.png")
    (folder / "c_out.png").symlink_to("../outside/other.png")
    (folder / "d_folder").symlink_to("../outside")
    (folder / "e_up").symlink_to("..")
    (folder / "f_loop.png").symlink_to("f_loop.png")
    (folder / "g_broken.png").symlink_to("nothing.png")
    (folder / "h_broken").symlink_to("nothing")
    (folder / "i_sub").symlink_to("sub")
    (folder / "j_self").symlink_to(".")
    (folder / "k_notes.txt").symlink_to("../outside/other.png")
    return folder


def test_links_are_followed_and_circles_found(linked):
    left_out = LeftOut()
    found = list(from_paths([linked], left_out))

    assert dict(zip(names(found, linked), codes(found), strict=True)) == {
        "a.png": b"abc",
        "b_inside.png": b"abc",
        "c_out.png": b"other",
        "d_folder/dicom": (linked / "../outside/dicom").read_bytes(),
        "d_folder/other.png": b"other",
        # What lies beside the folder is read; the folder itself, and a circular link, is not.
        "e_up/films": "link_cycle",
        "e_up/outside/dicom": (linked / "../outside/dicom").read_bytes(),
        "e_up/outside/other.png": b"other",
        "f_loop.png": "link_cycle",
        "g_broken.png": "broken_link",
        "h_broken": "broken_link",
        "i_sub/s.png": b"s",
        "j_self": "link_cycle",
        "sub/s.png": b"s",
    }
    assert str(left_out) == "1 file is not an image: 1 .txt."


def test_a_server_root_is_never_left_by_a_link(linked):
    left_out = LeftOut()
    found = sources.below_root(linked, linked, left_out)

    assert dict(zip([one.name for one in found], codes(found), strict=True)) == {
        "a.png": b"abc",
        "b_inside.png": b"abc",
        "c_out.png": "link_outside",
        "d_folder": "link_outside",
        "e_up": "link_outside",
        "f_loop.png": "link_cycle",
        "g_broken.png": "broken_link",
        "h_broken": "broken_link",
        "i_sub/s.png": b"s",
        "j_self": "link_cycle",
        "k_notes.txt": "link_outside",
        "sub/s.png": b"s",
    }
    assert not left_out


def test_a_tree_of_links_as_git_annex_makes_it(tmp_path):
    """Names that link to objects by digest, in a hidden folder that is not listed itself."""
    objects = tmp_path / "data" / ".git" / "annex" / "objects"
    objects.mkdir(parents=True)
    (objects / "SHA256-s3--abc").write_bytes(b"abc")
    (tmp_path / "data" / "film.png").symlink_to(".git/annex/objects/SHA256-s3--abc")
    (tmp_path / "data" / "not fetched.png").symlink_to(".git/annex/objects/SHA256-s3--def")
    left_out = LeftOut()

    found = list(from_paths([tmp_path / "data"], left_out))

    assert codes(found) == [b"abc", "broken_link"]
    assert "git-annex" in str(reason(found[1]))
    assert reason(found[1]).status == "unreadable"
    assert str(left_out) == "1 hidden folder was not opened."


def test_folder_reached_by_a_link_is_read(folder, tmp_path):
    (folder / "a.png").write_bytes(b"abc")
    (folder / "b.png").symlink_to("a.png")
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert codes(from_paths([link])) == [b"abc", b"abc"]


def test_folder_that_may_not_be_entered_keeps_a_row(folder, monkeypatch):
    (folder / "a.png").write_bytes(b"abc")
    (folder / "closed").mkdir()
    list_folder = os.scandir

    def scandir(path):
        return denied(path) if Path(path).name == "closed" else list_folder(path)

    monkeypatch.setattr(sources.os, "scandir", scandir)
    found = list(from_paths([folder]))
    assert names(found, folder) == ["a.png", "closed"]
    assert codes(found) == [b"abc", "not_readable"]


def test_archive_in_a_folder_keeps_a_row(folder):
    (folder / "a.png").write_bytes(b"abc")
    (folder / "b.ZIP").write_bytes(zipped({"c.png": b"c"}))
    assert codes(from_paths([folder])) == [b"abc", "nested_archive"]


def test_what_cannot_be_opened_costs_only_its_row(folder, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "notes.txt").touch()
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"no archive")
    (folder / "a.png").write_bytes(b"abc")
    found = list(from_paths([tmp_path / "missing", empty, bad, folder]))
    assert codes(found) == ["not_found", "no_images", "damaged_archive", b"abc"]
    assert [source.name for source in found[:3]] == [
        str(path) for path in (tmp_path / "missing", empty, bad)
    ]
    assert [reason(source).status for source in found[:3]] == [
        "unreadable",
        "refused",
        "unreadable",
    ]


def test_an_input_of_nothing_else_has_its_row_too(tmp_path):
    assert codes(from_paths([tmp_path / "missing"])) == ["not_found"]
    assert codes(from_paths([tmp_path])) == ["no_images"]
    assert list(from_paths([])) == []


def test_a_deep_folder_is_no_recursion(folder):
    place = folder
    for _ in range(300):
        place = place / "d"
    place.mkdir(parents=True)
    (place / "a.png").write_bytes(b"abc")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        assert codes(from_paths([folder])) == [b"abc"]
    finally:
        sys.setrecursionlimit(limit)
