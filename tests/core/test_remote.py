"""Films at addresses: from a real S3 server, a real web server, and fsspec's own memory."""

from __future__ import annotations

import errno
import importlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from app.cli import main
from app.core import remote, sources
from app.core.errors import ImageError, SourceError
from app.core.remote import RemoteFile
from app.core.sources import from_paths
from tests.pictures import encode, zipped

fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: pip install -e '.[dev]'")

CANARY = "CANARY"
KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "secret"}
# A file server that, by the name, refuses a file or does not say how large it is.
WEB_SERVER = """
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

class Handler(SimpleHTTPRequestHandler):
    def send_head(self):
        if "denied" in self.path:
            return self.send_error(403)
        return super().send_head()

    def send_header(self, name, value):
        if not ("unsized" in self.path and name == "Content-Length"):
            super().send_header(name, value)

    def log_message(self, *_): ...

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


class Server:
    """A server in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        """Returns when it answers."""
        self.process = subprocess.Popen(
            [sys.executable, *self.command()], cwd=self.folder, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError):
                try:
                    urllib.request.urlopen(self.url, timeout=1).close()
                except urllib.error.HTTPError as answer:
                    answer.close()
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError("the server did not start")

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def restart(self):
        self.stop()
        self.start()

    def stop(self):
        with suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        self.process.wait()


class WebServer(Server):
    """Python's own, over the files of a folder."""

    def command(self):
        return ["-c", WEB_SERVER, str(self.port)]

    def made(self, name):
        """A new folder."""
        (self.folder / name).mkdir()
        return WebFolder(self, name)


class BucketServer(Server):
    """moto's S3."""

    def command(self):
        return ["-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]

    def made(self, name):
        """A new bucket."""
        client("create_bucket", Bucket=name)
        return Bucket(self, name)


class WebFolder:
    def __init__(self, server, name):
        self.server, self.name = server, name
        self.address = f"{server.url}/{name}/"

    def put(self, name, data):
        path = self.server.folder / self.name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def remove(self, name):
        (self.server.folder / self.name / name).unlink()


class Bucket:
    def __init__(self, server, name):
        self.server, self.name = server, name
        self.address = f"s3://{name}/films"

    def put(self, name, data, **more):
        client("put_object", Bucket=self.name, Key=f"films/{name}", Body=data, **more)

    def remove(self, name):
        client("delete_object", Bucket=self.name, Key=f"films/{name}")


def client(method, **arguments):
    files, _ = remote._file_system("s3://bucket")
    return files.call_s3(method, **arguments)


@pytest.fixture(scope="module")
def web_server(tmp_path_factory):
    pytest.importorskip("aiohttp")
    server = WebServer(tmp_path_factory.mktemp("web"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
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
    for protocol in ("s3", "s3a", "http"):
        monkeypatch.delitem(fsspec.config.conf, protocol, raising=False)
    remote._is_s3_retry_configured.cache_clear()
    yield
    remote._is_s3_retry_configured.cache_clear()


def forget_clients():
    for kind in fsspec.registry.values():
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
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


def filled(place, files):
    for name, data in files.items():
        place.put(name, data)
    return place


def names(found, address):
    return [source.name.removeprefix(address).removeprefix("/") for source in found]


def reason(source):
    with pytest.raises(ImageError) as caught:
        source.read()
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


def codes(found):
    """Code of each source, or its bytes where it can be read."""
    return [one_code(source) for source in found]


def one_code(source):
    try:
        return source.read()
    except ImageError as error:
        return error.code


# What is an address, and what of it may be written down.


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
    with pytest.raises(SourceError) as caught:
        list(from_paths([f"{address}gone"]))
    assert CANARY not in str(caught.value)
    assert CANARY not in "".join(capfd.readouterr())


def test_a_path_and_a_text_without_a_protocol_are_paths(tmp_path):
    (tmp_path / "a.png").write_bytes(b"abc")
    file = str(tmp_path / "a.png")

    assert codes(from_paths([file, Path(file), f"file://{file}"])) == [b"abc"] * 3
    assert [source.path for source in from_paths([f"file://{file}"])] == [Path(file)]


# Listing.


def test_a_folder_is_listed_as_on_disk(place, tmp_path):
    files = ["b.png", "a.png", "a/z.png", "a-b.png", "a/b/c.dcm", "notes.txt", "IM0001",
             ".hidden.png", ".git/e.png", "__MACOSX/f.png", "a/.DS_Store", "more.zip"]  # fmt: skip
    filled(place, {name: name.encode() for name in files})
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())

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
    with pytest.raises(SourceError, match=r"no image.*none'.*nothing at this address"):
        list(from_paths([f"{base}/none"]))


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
    with pytest.raises(SourceError, match="address"):
        list(from_paths([address]))


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


# Reading.


def test_a_file_that_is_too_large_is_not_fetched(place, monkeypatch):
    filled(place, {"a.png": b"abc", "b.png": b"x" * 11})
    monkeypatch.setattr(sources, "MAX_FILE_BYTES", 10)
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
    assert all(CANARY not in reason(source).reason for source in found[:3])


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


# What is missing or out of reach.


@pytest.mark.parametrize("address", ["ftpp://host/a.png", "S3://bucket/a.png", "smb+x://a"])
def test_an_unknown_protocol(address):
    with pytest.raises(SourceError, match="no known protocol") as caught:
        list(from_paths([address]))
    assert "s3://" in str(caught.value)


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
        with pytest.raises(SourceError, match="server was not reached"):
            list(from_paths([place.address]))
        assert time.monotonic() - started < 10
    finally:
        place.server.start()


def test_a_host_that_has_no_address():
    pytest.importorskip("aiohttp")
    with pytest.raises(SourceError, match="server was not reached"):
        list(from_paths(["http://no-such-host.invalid/a.png"]))


def test_a_server_that_stalls_costs_only_its_time(place, monkeypatch):
    filled(place, {"a.png": b"abc", "b.png": b"b"})
    first, second = from_paths([place.address])
    assert first.read() == b"abc"
    monkeypatch.setattr(remote, "LONGEST_CALL_SECONDS", 0.5)
    place.server.signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert reason(second).code == "timed_out"
        with pytest.raises(SourceError, match="did not answer in time"):
            list(from_paths([place.address]))
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
    assert CANARY not in told.reason


# The real command.


@pytest.fixture
def films(film):
    return {
        "a.png": encode(film, "PNG"),
        "b.jpg": b"not an image",
        "big.png": encode(np.tile(255 - film, (20, 20)), "PNG") + bytes(200_000),
        "c.png": encode(255 - film, "PNG"),
        ".hidden.png": encode(film, "PNG"),
        "deep/d.png": encode(film[::-1], "PNG"),
        "gone.png": encode(film[:, ::-1], "PNG"),
    }


def scored(bundle, address, out):
    """The table without the address, by name."""
    assert main(["score", str(bundle.path), str(address), "--out", str(out)]) == 0
    table = pd.read_csv(out)
    table["path"] = table["path"].str.removeprefix(str(address)).str.removeprefix("/")
    return table.set_index("path")


def before_reading(monkeypatch, name, action):
    """Does something when the file of that name is about to be fetched."""
    read = RemoteFile.read

    def acting(file):
        if file.path.endswith(name):
            action()
        return read(file)

    monkeypatch.setattr(RemoteFile, "read", acting)


def test_a_bucket_is_scored_as_the_same_files_on_disk(
    place, films, bundle, tmp_path, monkeypatch, capfd
):
    monkeypatch.setattr(sources, "MAX_FILE_BYTES", 200_000)
    filled(place, films)
    for name, data in films.items():
        (tmp_path / "disk" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "disk" / name).write_bytes(data)
    before_reading(monkeypatch, "gone.png", lambda: place.remove("gone.png"))

    table = scored(bundle, place.address, tmp_path / "remote.csv")

    on_disk = scored(bundle, tmp_path / "disk", tmp_path / "disk.csv")
    assert list(table.index) == ["a.png", "b.jpg", "big.png", "c.png", "deep/d.png", "gone.png"]
    assert list(table["status"]) == ["ok", "unreadable", "refused", "ok", "ok", "unreadable"]
    assert table["reason"]["gone.png"].startswith("not_found: ")
    pd.testing.assert_frame_equal(
        table.drop("gone.png"), on_disk.drop("gone.png"), rtol=0, atol=1e-6
    )
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGSTOP, "timed_out"), (signal.SIGKILL, "no_connection")]
)
def test_a_server_that_fails_in_the_middle_costs_only_what_it_still_had(
    number, code, place, films, bundle, tmp_path, monkeypatch, capfd
):
    films = {
        f"{count}.png": data for count, data in enumerate([films["a.png"], films["c.png"]] * 3)
    }
    filled(place, films)
    read = RemoteFile.read
    done = []

    def fail():
        if number == signal.SIGSTOP:
            monkeypatch.setattr(remote, "LONGEST_CALL_SECONDS", 1)
        place.server.signal(number)

    first = threading.Barrier(3, action=fail)

    def failing(file):
        if file.path[-5:] < "3.png":
            data = read(file)
            done.append(file)
            first.wait(30)
            return data
        while len(done) < 3 or first.n_waiting:
            time.sleep(0.01)
        if number == signal.SIGKILL:
            place.server.process.wait()
        return read(file)

    monkeypatch.setattr(RemoteFile, "read", failing)
    try:
        table = scored(bundle, place.address, tmp_path / "r.csv")
    finally:
        place.server.signal(signal.SIGCONT) if number == signal.SIGSTOP else place.server.restart()
    assert list(table["status"]) == ["ok"] * 3 + ["unreadable"] * 3
    assert all(text.startswith(f"{code}: ") for text in table["reason"][3:])
    assert "Traceback" not in capfd.readouterr().err
