"""What is missing or out of reach costs its own row."""

from __future__ import annotations

import errno
import importlib
import signal
import socket
import sys
import time
from unittest.mock import Mock

import pytest

from app.core.errors import ImageError
from app.core.sources import remote
from app.core.sources.sources import from_paths
from tests.app.core.sources.remote.contents import codes, filled, reason, sentence

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install -e '.[dev]'")

CANARY = "CANARY"


@pytest.mark.parametrize("address", ["ftpp://host/a.png", "S3://bucket/a.png", "smb+x://a"])
def test_an_unknown_protocol(address):
    told = sentence(from_paths([address]))
    assert "unknown protocol" in told
    assert "s3://" in told


@pytest.mark.parametrize(
    ("address", "module", "package"),
    [
        ("s3://bucket/a.png", "fsspec", r"'overread\[cloud\]'"),
        ("s3://bucket/a.png", "s3fs", r"'overread\[cloud\]'"),
        ("gs://bucket/a.png", "gcsfs", "gcsfs"),
        ("az://films/a.png", "adlfs", "adlfs"),
        ("sftp://host/a.png", "paramiko", "paramiko"),
        ("smb://host/a.png", "smbclient", "smbprotocol"),
    ],
)
def test_a_missing_package_is_named(address, module, package, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, module, None)
    registry = importlib.import_module("fsspec.registry")
    for name in [name for name in sys.modules if name.startswith("fsspec.implementations.s")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(registry._registry, address.partition(":")[0], raising=False)
    (tmp_path / "b.png").write_bytes(b"b")

    found = list(from_paths([address, tmp_path]))

    assert codes(found) == ["missing_package", b"b"]
    with pytest.raises(ImageError, match=f"pip install {package}$"):
        found[0].read()


def test_without_fsspec_paths_are_read_as_before(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    (tmp_path / "a.png").write_bytes(b"abc")

    assert codes(from_paths([str(tmp_path)])) == [b"abc"]


def test_a_server_that_is_not_there(place):
    filled(place, {"a.png": b"abc"})
    (found,) = from_paths([place.address])
    place.server.stop()
    try:
        started = time.monotonic()
        assert reason(found).code == "no_connection"
        assert "server could not be reached" in sentence(from_paths([place.address]))
        assert time.monotonic() - started < 10
    finally:
        place.server.start()


def test_a_host_that_has_no_address():
    pytest.importorskip("aiohttp")
    assert "server could not be reached" in sentence(
        from_paths(["http://no-such-host.invalid/a.png"])
    )


def test_a_server_that_stalls_costs_only_its_time(place, monkeypatch):
    filled(place, {"a.png": b"abc", "b.png": b"b"})
    first, second = from_paths([place.address])
    assert first.read() == b"abc"
    monkeypatch.setattr(remote, "LONGEST_CALL_SECONDS", 0.5)
    place.server.signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert reason(second).code == "timed_out"
        assert "did not answer in time" in sentence(from_paths([place.address]))
        assert time.monotonic() - started < 5
    finally:
        place.server.signal(signal.SIGCONT)
    monkeypatch.setattr(remote, "LONGEST_CALL_SECONDS", 30)
    assert second.read() == b"b"


def test_the_time_limit_of_s3_is_configured_as_its_users_do(bucket, monkeypatch):
    filled(bucket, {"a.png": b"abc"})
    monkeypatch.setitem(fsspec.config.conf, "s3", {"config_kwargs": {"read_timeout": 0.2}})
    (found,) = from_paths([bucket.address])
    assert found.read() == b"abc"
    bucket.server.signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert reason(found).code == "timed_out"
        assert time.monotonic() - started < 5
    finally:
        bucket.server.signal(signal.SIGCONT)


@pytest.mark.parametrize(
    ("configured", "attempts"), [(None, remote._S3_ATTEMPTS), ("7", None)]
)  # fmt: skip
def test_attempts_are_few_unless_the_environment_says_otherwise(configured, attempts, monkeypatch):
    pytest.importorskip("botocore")
    monkeypatch.delenv("AWS_MAX_ATTEMPTS")
    if configured:
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", configured)
    monkeypatch.setitem(fsspec.config.conf, "s3", {"config_kwargs": {"read_timeout": 3}})

    options = remote._s3_options()["config_kwargs"]

    assert options.get("retries") == (attempts and {"total_max_attempts": attempts})
    assert options["read_timeout"] == 3


class FSTimeoutError(Exception):
    pass


class EndpointConnectionError(Exception):
    pass


class NoCredentialsError(Exception):
    pass


class HttpError(Exception):
    status = 403


@pytest.mark.parametrize(("error", "code"), [
    (FileNotFoundError(CANARY), "not_found"),
    (PermissionError(CANARY), "not_allowed"),
    (NoCredentialsError(CANARY), "not_allowed"),
    (HttpError(CANARY), "not_allowed"),
    (TimeoutError(CANARY), "timed_out"),
    (FSTimeoutError(CANARY), "timed_out"),
    (ConnectionResetError(CANARY), "no_connection"),
    (EndpointConnectionError(CANARY), "no_connection"),
    (socket.gaierror(CANARY), "no_connection"),
    (OSError(errno.EBUSY, CANARY), "not_readable"),
    (KeyError(CANARY), "not_readable"),
])  # fmt: skip
def test_whatever_a_file_system_raises_is_a_code_and_a_sentence(error, code, memory, monkeypatch):
    memory.pipe("/films/a.png", b"abc")
    (found,) = from_paths(["memory://films"])
    monkeypatch.setattr(memory, "cat_file", Mock(side_effect=error))

    told = reason(found)

    assert (told.code, told.status) == (code, "unreadable")
    assert CANARY not in str(told)
