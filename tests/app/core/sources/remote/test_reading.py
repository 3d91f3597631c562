"""Films fetched one by one, by threads and by other processes."""

from __future__ import annotations

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import Mock

from app.core.sources import remote
from app.core.sources.remote import RemoteFile
from app.core.sources.sources import from_paths
from tests.app.core.sources.remote.contents import codes, filled, reason
from tests.pictures import zipped

CANARY = "CANARY"


def test_a_file_that_is_too_large_is_not_fetched(place, monkeypatch):
    filled(place, {"a.png": b"abc", "b.png": b"x" * 11})
    monkeypatch.setattr("app.core.sources.source.MAX_FILE_BYTES", 10)
    found = list(from_paths([place.address]))
    fetched = Mock(wraps=RemoteFile.read)
    monkeypatch.setattr(RemoteFile, "read", lambda file: fetched(file))

    assert codes(found) == [b"abc", "file_too_large"]
    assert fetched.call_count == 1
    assert reason(found[1]).status == "refused"


def test_an_empty_file(place):
    filled(place, {"a.png": b""})

    assert codes(from_paths([place.address])) == [b""]


def test_a_file_that_vanishes_or_changes_its_size(place):
    filled(place, {f"{CANARY}-{name}.png": b"abc" for name in "abcd"})
    base = place.address.rstrip("/")
    found = [source for name in "abcd" for source in from_paths([f"{base}/{CANARY}-{name}.png"])]
    place.remove(f"{CANARY}-a.png")
    place.put(f"{CANARY}-b.png", b"abcd" * 1000)
    place.put(f"{CANARY}-c.png", b"ab")

    assert codes(found) == ["not_found", "changed", "changed", b"abc"]
    assert {reason(source).status for source in found[:3]} == {"unreadable"}
    assert all(CANARY not in str(reason(source)) for source in found[:3])


def test_threads_share_one_client(place):
    files = {f"{number:03d}.png": bytes([number]) * 5000 for number in range(40)}
    found = list(from_paths([filled(place, files).address]))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda source: source.read(), found)) == list(files.values())
        used = list(pool.map(lambda _: id(remote._file_system(place.address)[0]), found))
    assert len(set(used)) == 1


def test_sources_are_read_in_another_process(place, tmp_path):
    place.put("a.png", b"abc")
    archive = tmp_path / "films.zip"
    archive.write_bytes(zipped({"b.png": b"b", "c.png": b"c"}))
    (tmp_path / "d.png").write_bytes(b"d")
    found = list(from_paths([place.address, archive, tmp_path / "d.png"]))
    code = """
import pickle, sys, zipfile
from unittest.mock import Mock
found = [pickle.loads(bytes.fromhex(line)) for line in sys.stdin]
zipfile.ZipFile = Mock(wraps=zipfile.ZipFile)
print([source.read() for source in found], zipfile.ZipFile.call_count, found[0].name)
"""
    sent = "\n".join(pickle.dumps(source).hex() for source in found)

    done = subprocess.run(
        [sys.executable, "-c", code], input=sent, capture_output=True, text=True, check=True
    )

    assert done.stdout == f"[b'abc', b'b', b'c', b'd'] 1 {found[0].name}\n"
    assert done.stderr == ""
    assert len({found[0], found[0], pickle.loads(pickle.dumps(found[0]))}) == 1


def test_an_archive_written_anew_is_told_from_the_one_that_was_sent(tmp_path):
    archive = tmp_path / "films.zip"
    archive.write_bytes(zipped({"b.png": b"b"}))
    first = pickle.dumps(list(from_paths([archive])))
    assert codes(pickle.loads(first)) == [b"b"]
    archive.write_bytes(zipped({"other.png": b"another"}))
    second = pickle.dumps(list(from_paths([archive])))

    assert codes(pickle.loads(second)) == [b"another"]
    archive.unlink()
    assert codes(pickle.loads(pickle.dumps(list(map(pickle.loads, [second]))))[0]) == [b"another"]
