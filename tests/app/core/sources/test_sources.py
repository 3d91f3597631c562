"""Files as sources, and what costs only its own row."""

import os
import socket
import threading
from pathlib import Path

import pytest

from app.core.images.decoding import MAX_FILE_BYTES
from app.core.sources import sources
from app.core.sources.left_out import LeftOut
from app.core.sources.source import Source
from app.core.sources.sources import from_paths
from tests.app.core.sources.contents import codes, denied, reason


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "films"
    place.mkdir()
    return place


def test_a_file_named_itself_is_read_whatever_it_is_called(tmp_path):
    file = tmp_path / "-notes ü\n.txt"
    file.write_bytes(b"abc")
    (found,) = from_paths([file])
    assert (found.name, found.read(), found.problem) == (str(file), b"abc", None)


def test_same_file_twice_is_two_sources(tmp_path):
    file = tmp_path / "a.png"
    file.write_bytes(b"abc")
    assert codes(from_paths([file, file])) == [b"abc", b"abc"]


def test_a_file_that_vanishes(tmp_path):
    file = tmp_path / "CANARY.png"
    file.write_bytes(b"abc")
    (found,) = from_paths([file])
    file.unlink()
    error = reason(found)
    assert (error.code, error.status) == ("not_readable", "unreadable")
    assert "No such file" in str(error)
    assert "CANARY" not in str(error)
    assert error.__suppress_context__


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    file = tmp_path / "CANARY.png"
    file.write_bytes(b"abc")
    (found,) = from_paths([file])
    monkeypatch.setattr(sources.os, "open", denied)  # root may read everything
    error = reason(found)
    assert "Permission denied" in str(error)
    assert "CANARY" not in str(error)


def test_a_file_that_is_still_written(tmp_path, monkeypatch):
    file = tmp_path / "a.png"
    file.write_bytes(b"abc")
    whole = os.stat(file)
    file.write_bytes(b"abcdef")
    monkeypatch.setattr(sources.os, "fstat", lambda _: whole)
    assert reason(Source("a", file)).code == "still_written"


def test_a_file_with_too_many_bytes(tmp_path):
    file = tmp_path / "a.png"
    with file.open("wb") as sparse:
        sparse.truncate(MAX_FILE_BYTES + 1)
    error = reason(Source("a", file))
    assert (error.code, error.status) == ("file_too_large", "refused")


def test_a_folder_read_as_a_file(tmp_path):
    assert reason(Source("a", tmp_path)).code in ("not_a_file", "not_readable")


@pytest.mark.parametrize("path", ["a\0b.png", "x" * 5000, "a" * 300 + ".png"])
def test_a_path_that_no_system_takes(path):
    assert reason(Source("a", Path(path))).code == "not_readable"
    assert codes(from_paths([Path(path)])) == ["not_readable"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "a.png")
    os.mkfifo(folder / "b.zip")
    found = []
    thread = threading.Thread(
        target=lambda: found.extend(
            codes(from_paths([folder, folder / "a.png", folder / "b.zip"]))
        ),
        daemon=True,
    )
    thread.start()
    thread.join(5)
    # In a folder only the name of an image promises one; what is chosen itself has a row.
    assert found == ["not_a_file", "not_a_file", "not_a_file"]


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no sockets in folders here")
def test_a_socket_is_not_a_file(folder, monkeypatch):
    monkeypatch.chdir(folder)  # its path would be too long
    left_out = LeftOut()
    for name in ("a.png", "b"):
        with socket.socket(socket.AF_UNIX) as opened:
            opened.bind(name)
    assert codes(from_paths([folder], left_out)) == ["not_a_file"]
    assert str(left_out) == "1 file is not an image: 1 pipe, socket or device."


def test_a_device_is_not_read():
    assert reason(Source("zero", Path("/dev/zero"))).code == "not_a_file"


def test_a_name_that_is_not_utf_8_can_be_written_down(folder):
    raw = os.fsencode(folder) + b"/f\xfclm.png"
    try:
        Path(os.fsdecode(raw)).write_bytes(b"abc")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    (found,) = from_paths([folder])
    assert found.name == f"{folder}/f\\xfclm.png"
    assert found.read() == b"abc"
    (found,) = sources.below_root(folder, folder)
    assert found.name == "f\\xfclm.png"
