"""What is an address, and what of it may be written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.sources import remote
from app.core.sources.sources import from_paths
from tests.app.core.sources.remote.contents import codes, filled, sentence

CANARY = "CANARY"


@pytest.mark.parametrize("text", ["s3://b/a.png", "gs://b", "simplecache::s3://b/a", "x-y+1.z://"])
def test_addresses(text):
    assert remote.is_address(text)


@pytest.mark.parametrize(
    "text", ["a.png", "/a/b", "scan::1.png", "C:\\films", "a b://c", "://x", "s3:/b/a.png", ""]
)
def test_paths(text):
    assert not remote.is_address(text)


@pytest.mark.parametrize(("address", "shown"), [
    ("s3://bucket/a b/ü.png", "s3://bucket/a b/ü.png"),
    ("s3://bucket/user@home/a.png", "s3://bucket/user@home/a.png"),
    ("s3://AKIA:CANARY@bucket/a.png", "s3://bucket/a.png"),
    ("s3://AKIA:CAN/ARY+CANARY@bucket/a.png", "s3://bucket/a.png"),
    ("ftp://user:CANARY@host:21/a.png", "ftp://host:21/a.png"),
    ("ftp://user@corp:CANARY@host/a@b.png", "ftp://host/a@b.png"),
    ("ftp://user:p?CANARY@host/a.png", "ftp://host/a.png"),
    ("https://CANARY@host/a.png", "https://host/a.png"),
    ("https://host:8443/a@b.png", "https://host:8443/a@b.png"),
    ("https://host/a.png?X-Amz-Signature=CANARY", "https://host/a.png"),
    ("https://u:CANARY@[::1]:8080/a.png?x=CANARY", "https://[::1]:8080/a.png"),
    ("simplecache::ftp://u:CANARY@host/a?CANARY", "simplecache::ftp://host/a"),
    ("abfs://films@account.dfs.core.windows.net/a.png",
     "abfs://films@account.dfs.core.windows.net/a.png"),
    ("abfs://films:CANARY@account.dfs.core.windows.net/a.png",
     "abfs://account.dfs.core.windows.net/a.png"),
])  # fmt: skip
def test_what_is_shown_of_an_address(address, shown):
    assert remote.public_name(address) == shown


def test_a_password_is_shown_nowhere(folder, monkeypatch, capfd):
    place = filled(folder, {"a.png": b"abc"})
    address = place.address.replace("://", f"://user:{CANARY}@")

    found = [*from_paths([address, f"{address}a.png?signature={CANARY}", f"{address}gone/"])]

    assert codes(found) == [b"abc", b"abc", "not_found"]
    assert [source.name for source in found] == [
        f"{place.address}a.png", f"{place.address}a.png", f"{place.address}gone/",
    ]  # fmt: skip
    assert CANARY not in repr(found)
    assert CANARY not in sentence(from_paths([f"{address}gone"]))
    assert CANARY not in "".join(capfd.readouterr())


def test_a_path_and_a_text_without_a_protocol_are_paths(tmp_path):
    (tmp_path / "a.png").write_bytes(b"abc")
    file = str(tmp_path / "a.png")

    assert codes(from_paths([file, Path(file), f"file://{file}"])) == [b"abc"] * 3
    assert [source.path for source in from_paths([f"file://{file}"])] == [Path(file)]
