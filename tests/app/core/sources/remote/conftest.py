"""Places on real servers, and nothing of this machine's own credentials."""

from __future__ import annotations

import os

import pytest

from app.core.sources import remote
from tests.app.core.sources.remote.servers import BucketServer, WebServer

KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "secret"}


def _fsspec():
    return pytest.importorskip("fsspec", reason="fsspec is not installed: pip install -e '.[dev]'")


@pytest.fixture(scope="session")
def web_server(tmp_path_factory):
    pytest.importorskip("aiohttp")
    server = WebServer(tmp_path_factory.mktemp("web"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def bucket_server(tmp_path_factory):
    pytest.importorskip("s3fs", reason="s3fs is not installed: pip install -e '.[cloud]'")
    pytest.importorskip("moto", reason="there is no S3 server: pip install 'moto[s3]'")
    server = BucketServer(tmp_path_factory.mktemp("s3"))
    server.start()
    yield server
    server.stop()
    forget_clients()


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """The tests' own credentials, and one attempt."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    for name, value in {**KEYS, "AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1",
                        "AWS_EC2_METADATA_DISABLED": "true"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    fsspec = _fsspec()
    for protocol in ("s3", "s3a", "http"):
        monkeypatch.delitem(fsspec.config.conf, protocol, raising=False)
    remote._is_s3_retry_configured.cache_clear()
    yield
    remote._is_s3_retry_configured.cache_clear()


def forget_clients():
    for kind in _fsspec().registry.values():
        kind.clear_instance_cache()


numbers = iter(range(1000))


@pytest.fixture(params=["web", "bucket"])
def place(request, monkeypatch):
    """A folder on the server of each kind: `address`, `put`, `remove`, `server`."""
    server = request.getfixturevalue(f"{request.param}_server")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    return server.made(f"place-{next(numbers)}")


@pytest.fixture
def bucket(bucket_server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket_server.url)
    return bucket_server.made(f"bucket-{next(numbers)}")


@pytest.fixture
def folder(web_server):
    return web_server.made(f"folder-{next(numbers)}")


@pytest.fixture
def memory():
    """fsspec's file system in memory, which is neither asynchronous nor a server."""
    fsspec = _fsspec()
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]
