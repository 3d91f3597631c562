"""Lists and reads files at fsspec addresses, such as `s3://bucket/folder`.

Exceptions of the file system libraries differ and may quote the address, so they are replaced
with messages of this package. Calls have a time limit where the file system supports one, as
the asynchronous ones (S3, Google, Azure, HTTP) do; others have their own limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Any

from app.core.errors import ImageError
from app.core.images.decoding import MAX_FILE_BYTES
from app.core.images.file_kinds import HEAD_BYTES
from app.core.sources import problems
from app.core.sources.problems import Problem

# Longer than a run waits for a read (see `read_ahead`): it only ends abandoned reads.
LONGEST_CALL_SECONDS = 120.0

_S3 = ("s3", "s3a")
# Defaults for S3, unless the environment, the profile or fsspec's configuration sets others.
_S3_CONNECTIONS = 64
_S3_ATTEMPTS = 3
# s3fs retries on top of these attempts; one more covers a body that was cut off.
_S3FS_REPEATS = 2

_START = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(://|::.*://)")
_PACKAGES = {"fsspec": "'overread[cloud]'", "s3fs": "'overread[cloud]'", "smbclient": "smbprotocol"}
# User and password up to the @. A password may contain slashes, but a port is not a password.
_USER = re.compile(r"[^/]*@|[^/:]*:(?!\d+(?:/|$))[^@]*@")
# Azure addresses have the container before the @.
_CONTAINER = re.compile(r"(?:abfss?|az|adl)://[^/:@]*@[^/@]*(?:/|$)")


def is_address(text: str) -> bool:
    """Whether a text is an fsspec address rather than a path."""
    return _START.match(text) is not None


def public_name(address: str) -> str:
    """An address without user, password and query, safe to display and store."""
    return "::".join(map(_without_credentials, address.split("::")))


def _without_credentials(link: str) -> str:
    protocol, separator, rest = link.partition("://")
    if (user := _USER.match(rest)) and not _CONTAINER.match(link):
        rest = rest[user.end() :]
    return (protocol + separator + rest).partition("?")[0]


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at an address. It holds no connection, so it can be passed to another process.

    Attributes:
        address: The address as entered, possibly with a password; determines the file system.
        path: The path of the file within its file system.
        listed_size: Size in bytes from the listing; None if the listing lacks it.
    """

    address: str = field(repr=False)
    path: str = field(repr=False)
    listed_size: int | None

    @property
    def size(self) -> int:
        """Size in bytes, from the listing or else from the server.

        Raises:
            UnreadableImageError: If the server does not state it.
        """
        if self.listed_size is not None:
            return self.listed_size
        with _reading_errors():
            files, _ = _file_system(self.address)
            size: int | None = files.size(self.path, **_time_limit(files))
        if size is None:
            raise problems.UNKNOWN_SIZE.error()
        return size

    def read(self) -> bytes:
        """The content of the file, in one request.

        Raises:
            UnreadableImageError: If it is missing, has changed, cannot be accessed or does not
                arrive.
        """
        if self.listed_size == 0:
            return b""  # a range request for an empty file would fail
        expected = self.listed_size
        # Reading one byte more than listed reveals a file that has grown.
        end = (MAX_FILE_BYTES if expected is None else expected) + 1
        with _reading_errors():
            files, _ = _file_system(self.address)
            data: bytes = files.cat_file(self.path, start=0, end=end, **_time_limit(files))
        if len(data) >= end or expected not in (None, len(data)):
            raise problems.CHANGED.error()
        return data

    def read_head(self) -> bytes:
        """The first bytes of the file, in one request.

        Raises:
            UnreadableImageError: If they cannot be read.
        """
        if self.listed_size == 0:
            return b""
        with _reading_errors():
            files, _ = _file_system(self.address)
            head: bytes = files.cat_file(self.path, start=0, end=HEAD_BYTES, **_time_limit(files))
        return head[:HEAD_BYTES]


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder at an address.

    Attributes:
        name: The last part of its path.
        file: The file to read; for a folder, the folder itself.
        is_folder: Whether `entries` can list it.
    """

    name: str
    file: RemoteFile
    is_folder: bool


def look_up(address: str) -> Entry:
    """The file or folder at an address.

    Raises:
        UnreadableImageError: If the address cannot be reached or there is nothing.
    """
    with _reading_errors():
        files, path = _file_system(address)
        details = files.info(path, **_time_limit(files))
    # Web servers do not distinguish folders from files; a trailing slash does.
    is_folder = details["type"] == "directory" or path.endswith("/")
    file = RemoteFile(address, path, details.get("size"))
    return Entry(path.rpartition("/")[2], file, is_folder)


def entries(folder: RemoteFile) -> Iterator[Entry]:
    """The direct content of a folder, in name order.

    S3 folders are fetched in pages of up to 1,000 names in the server's order. This is sorted as
    well, but a folder between files with similar names may come slightly later.

    Raises:
        UnreadableImageError: If the folder cannot be listed.
    """
    with _reading_errors():
        files, _ = _file_system(folder.address)
        pages = _s3_pages if _protocol(folder.address) in _S3 else _one_page
        for page in pages(files, folder):
            yield from sorted(page, key=attrgetter("name"))


def _s3_pages(files: Any, folder: RemoteFile) -> Iterator[list[Entry]]:
    # s3fs itself would load the whole listing, which may have millions of entries.
    bucket, key, _ = files.split_path(folder.path)
    prefix = f"{key}/" if key else ""

    def entry(key: str, size: int | None, *, is_folder: bool) -> Entry:
        file = RemoteFile(folder.address, f"{bucket}/{key}", size)
        return Entry(key[len(prefix) :], file, is_folder)

    request = {"Bucket": bucket, "Prefix": prefix, "Delimiter": "/"}
    while True:
        page = files.call_s3("list_objects_v2", **request, **_time_limit(files))
        yield [
            *(
                entry(one["Prefix"][:-1], None, is_folder=True)
                for one in page.get("CommonPrefixes", ())
            ),
            *(
                entry(one["Key"], one["Size"], is_folder=False)
                for one in page.get("Contents", ())
                if one["Key"] != prefix  # the placeholder of an empty folder
            ),
        ]
        if not page.get("IsTruncated"):
            return
        request["ContinuationToken"] = page["NextContinuationToken"]


def _one_page(files: Any, folder: RemoteFile) -> Iterator[list[Entry]]:
    prefix = f"{folder.path.rstrip('/')}/"
    try:
        found = files.ls(folder.path, detail=True, **_time_limit(files))
    finally:
        # Cached listings would grow with the bucket and become outdated.
        files.invalidate_cache(folder.path)
    page = []
    for details in found:
        path, is_folder = details["name"], details["type"] == "directory"
        name = path.removeprefix(prefix).strip("/")
        # A web server's index page may link anywhere, including itself and its parent.
        if "/" not in name and name not in ("", ".", ".."):
            file = RemoteFile(folder.address, path, details.get("size"))
            page.append(Entry(name, file, is_folder))
    yield page


def _protocol(address: str) -> str:
    return address.partition(":")[0]


def _file_system(address: str) -> tuple[Any, str]:
    """The file system of an address and the path there.

    fsspec keeps the file systems: an asynchronous one for all threads, others one a thread.
    """
    try:
        import fsspec
    except ImportError:
        raise problems.missing_package(_PACKAGES["fsspec"]).error() from None
    protocol = _protocol(address)
    if protocol not in {*fsspec.available_protocols(), *fsspec.registry}:
        raise problems.UNKNOWN_PROTOCOL.error()
    try:
        fsspec.get_filesystem_class(protocol)
        options = _s3_options() if protocol in _S3 else {}
        files, path = fsspec.url_to_fs(address, **options)
    except ImportError as error:
        missing = str(getattr(error.__cause__ or error, "name", None) or protocol).partition(".")[0]
        raise problems.missing_package(_PACKAGES.get(missing, missing)).error() from None
    if protocol in _S3:
        files.retries = _S3FS_REPEATS
    return files, path


def _s3_options() -> dict[str, Any]:
    """Defaults for S3, overridden by the user's own configuration."""
    from fsspec.config import conf

    configured = {key: value for name in _S3 for key, value in conf.get(name, {}).items()}
    client: dict[str, Any] = {"max_pool_connections": _S3_CONNECTIONS}
    if not _is_s3_retry_configured():
        client["retries"] = {"total_max_attempts": _S3_ATTEMPTS}
    return {"config_kwargs": client | configured.get("config_kwargs", {})}


@cache
def _is_s3_retry_configured() -> bool:
    from botocore.session import Session

    return Session().get_config_variable("max_attempts") is not None


def _time_limit(files: Any) -> dict[str, float]:
    return {"timeout": LONGEST_CALL_SECONDS} if files.async_impl else {}


@contextmanager
def _reading_errors() -> Iterator[None]:
    """Converts any exception of a file system to the reason shown in the row."""
    try:
        yield
    except ImageError:
        raise
    except Exception as error:
        raise _problem(error).error() from None


def _problem(error: Exception) -> Problem:
    # Some libraries always raise FileNotFoundError, with the true reason as its cause.
    for raised in (error.__cause__, error):
        if raised is not None and (problem := _known_problem(raised)):
            return problem
    if isinstance(error, FileNotFoundError):
        return problems.NOTHING_AT_ADDRESS
    return problems.not_served(error)


def _known_problem(error: BaseException) -> Problem | None:
    # Each library has its own exceptions, whose names are more telling than their base classes.
    names = " ".join(kind.__name__ for kind in type(error).__mro__).lower()
    if "permission" in names or getattr(error, "status", None) in (401, 403):
        return problems.NOT_ALLOWED
    if "credential" in names or "token" in names or "auth" in names:
        return problems.NOT_ALLOWED
    if "timeout" in names:
        return problems.TIMED_OUT
    if "connect" in names or "gaierror" in names:
        return problems.NO_CONNECTION
    return None
