"""What lies at an address: the same as on disk."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from app.core.sources import remote
from app.core.sources.sources import from_paths
from tests.app.core.sources.remote.contents import codes, filled, names, reason, sentence
from tests.pictures import zipped

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install -e '.[dev]'")


def test_a_folder_is_listed_as_on_disk(place, tmp_path):
    files = ["b.png", "a.png", "a/z.png", "a-b.png", "a/b/c.dcm", "notes.txt", "IM0001",
             ".hidden.png", ".git/e.png", "__MACOSX/f.png", "a/.DS_Store", "more.zip"]  # fmt: skip
    contents = {name: name.encode() for name in files}
    contents["more.zip"] = bytes(zipped({"a.png": b"abc"}))
    contents["IM0001"] = b"\x01"  # no text
    filled(place, contents)
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)

    found = list(from_paths([place.address]))

    on_disk = list(from_paths([tmp_path]))
    assert names(found, place.address) == names(on_disk, str(tmp_path))
    assert codes(found) == codes(on_disk)
    assert all(source.name.startswith(place.address) for source in found)


def test_a_file_named_itself_is_read_whatever_it_is_called(place):
    filled(place, {"notes of 1.txt": b"abc"})
    address = f"{place.address.rstrip('/')}/notes of 1.txt"

    (found,) = from_paths([address])

    assert (found.name, found.path, found.read()) == (address, None, b"abc")


def test_what_is_not_there_costs_its_row(place):
    filled(place, {"a.png": b"abc", "empty/notes.txt": b""})
    base = place.address.rstrip("/")

    found = list(from_paths([f"{base}/none", f"{base}/empty/", f"{base}/", f"{base}/b.zip"]))

    assert codes(found) == ["not_found", "no_images", b"abc", "not_found"]
    assert reason(found[0]).status == "unreadable"
    assert "nothing at this address" in sentence(from_paths([f"{base}/none"]))


def test_an_archive_at_an_address_is_refused(place):
    filled(place, {"films.zip": bytes(zipped({"a.png": b"abc"})), "z.png": b"abc"})

    found = [*from_paths([place.address.rstrip("/") + "/films.zip", place.address])]

    assert codes(found) == ["remote_archive", "nested_archive", b"abc"]
    assert "Download it" in str(reason(found[0]))


def test_a_bucket_is_fetched_page_by_page(bucket, monkeypatch):
    monkeypatch.setitem(fsspec.config.conf, "s3", {"s3_additional_kwargs": {"MaxKeys": 3}})
    filled(bucket, {f"{number:02d}.png": b"abc" for number in range(10)})
    files, _ = remote._file_system(bucket.address)
    calls = Mock(wraps=files.call_s3)
    monkeypatch.setattr(files, "call_s3", calls)

    found = from_paths([bucket.address])

    assert next(found).name == f"{bucket.address}/00.png"
    assert calls.call_count == 1
    assert names(found, bucket.address) == [f"{number:02d}.png" for number in range(1, 10)]
    assert calls.call_count == 4


def test_odd_keys_of_a_bucket(bucket):
    keys = ["", "a//b.png", "../c.png", "ü ?#%41.png", "d.png/e.png", "-f.png"]
    filled(bucket, {key: key.encode() for key in keys})

    found = list(from_paths([bucket.address]))

    assert sorted(source.read().decode() for source in found) == sorted(keys[1:])
    assert sorted(names(found, bucket.address)) == sorted(keys[1:])


def test_a_whole_bucket(bucket):
    filled(bucket, {"a.png": b"abc"})

    for address in (f"s3://{bucket.name}", f"s3://{bucket.name}/", f"s3a://{bucket.name}/films/"):
        (found,) = from_paths([address])
        assert found.name == f"{address.partition('://')[0]}://{bucket.name}/films/a.png"
        assert found.read() == b"abc"


@pytest.mark.parametrize("address", ["s3://no-such-bucket-here/a", "s3://", "s3://B_/x", "s3:///"])
def test_what_is_no_bucket(bucket, address):
    assert "address" in sentence(from_paths([address]))


def test_an_object_that_may_not_be_read(bucket):
    bucket.put("a.png", b"abc", StorageClass="GLACIER")
    bucket.put("b.png", b"abc")

    assert codes(from_paths([bucket.address])) == ["not_allowed", b"abc"]


def test_a_web_page_links_only_to_what_lies_in_its_folder(folder):
    page = b"""<a href="a.png">a</a> <a href="/">root</a> <a href="../x.png">up</a>
    <a href="http://127.0.0.1:9/b.png">away</a> <a href="./">self</a>
    <a href="sub/c.png">deep</a>"""
    filled(folder, {"a.png": b"abc", "index.html": page, "sub/c.png": b"c"})

    assert names(from_paths([folder.address]), folder.address) == ["a.png"]


def test_what_a_web_server_keeps_to_itself(folder):
    filled(folder, {"denied.png": b"abc", "unsized.png": b"abc"})

    assert codes(from_paths([folder.address])) == ["not_allowed", "unknown_size"]
    assert codes(from_paths([f"{folder.address}{name}" for name in ("denied", "unsized.png")])) == [
        "not_allowed",
        "unknown_size",
    ]


def test_a_file_system_without_a_server(memory, tmp_path):
    for name in ("b.png", "a/c.png", ".d.png"):
        memory.pipe(f"/films/{name}", name.encode())

    for address in ("memory://films", "memory://", "memory:///films/"):
        found = list(from_paths([address]))
        assert [source.read() for source in found] == [b"a/c.png", b"b.png"]
        assert all(source.name.startswith(address) for source in found)
