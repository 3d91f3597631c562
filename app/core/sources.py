"""Where images come from: files, folders and ZIP archives, read one at a time.

A source is a name and a way to get its bytes, so that a batch of any size costs no memory
until it is read. Archives are never unpacked to disk.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.core.errors import RefusedImageError, SourceError, UnreadableImageError
from app.core.images import MAX_FILE_BYTES

IMAGE_SUFFIXES = frozenset(
    {".bmp", ".dcm", ".dicom", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)
# Above this an archive is a mistake or an attack; a folder of that size is read in place.
MAX_ARCHIVE_BYTES = 20 * 1024**3


@dataclass(frozen=True, slots=True)
class Source:
    """One input: a file, or a member of a ZIP archive.

    Attributes:
        name: As shown and written into results.
        path: The file, or the archive.
        member: Name inside the archive, None for a plain file.
    """

    name: str
    path: Path
    member: str | None = None

    def read(self) -> bytes:
        """The bytes of the image.

        Raises:
            UnreadableImageError: If the file is gone, may not be read or is damaged.
            RefusedImageError: If it is too large, or its name leads out of the archive.
        """
        try:
            return self._read_file() if self.member is None else self._read_member(self.member)
        except OSError as error:
            # The text of an OSError quotes the path, which may name a patient.
            raise UnreadableImageError(
                "not_readable",
                f"The file could not be read ({error.strerror or type(error).__name__}). "
                "Check that it is still there and may be read.",
            ) from None

    def _read_file(self) -> bytes:
        _check_bytes(self.path.stat().st_size)
        return self.path.read_bytes()

    def _read_member(self, member: str) -> bytes:
        parts = PurePosixPath(member.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts:
            raise RefusedImageError(
                "unsafe_name",
                "The name inside the archive leads out of it ('..' or an absolute path). "
                "Pack the archive again with plain names.",
            )
        try:
            with zipfile.ZipFile(self.path) as archive:
                _check_bytes(archive.getinfo(member).file_size)
                return archive.read(member)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, KeyError,
                zipfile.zlib.error) as error:  # type: ignore[attr-defined]  # fmt: skip
            raise UnreadableImageError(
                "damaged_archive",
                f"This member of the archive is damaged or encrypted ({type(error).__name__}). "
                "Pack the archive again, without a password.",
            ) from None


def is_image_name(name: str) -> bool:
    """Whether a file in a folder is meant as an image: by its ending, or DICOM without one."""
    path = PurePosixPath(name)
    if path.name.startswith("."):
        return False
    return path.suffix.lower() in IMAGE_SUFFIXES or _looks_like_extensionless_dicom(path)


def from_paths(paths: Sequence[Path]) -> Iterator[Source]:
    """The images of files, folders and ZIP archives, in the order given.

    A file named itself is always a source, whatever it is called; inside a folder or an
    archive only image names are, in name order. Hidden files are passed over, and links
    that lead out of the folder are not followed.

    Raises:
        SourceError: If a path does not exist, or an archive cannot be opened or is too large.
    """
    for path in paths:
        if path.is_dir():
            yield from _from_folder(path)
        elif not path.exists():
            raise SourceError(
                f"There is nothing at {str(path)!r}. Expected a file, a folder or a ZIP archive; "
                "check the path."
            )
        elif path.suffix.lower() == ".zip":
            yield from from_archive(path, name=str(path))
        else:
            yield Source(str(path), path)


def from_archive(path: Path, *, name: str) -> Iterator[Source]:
    """The images inside a ZIP archive, named `name/member`.

    Raises:
        SourceError: If it is no ZIP archive, or unpacks to more than `MAX_ARCHIVE_BYTES`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceError(
            f"The archive {PurePosixPath(name).name!r} is no readable ZIP file "
            f"({type(error).__name__}). Pack it again."
        ) from None
    total = sum(member.file_size for member in members)
    if total > MAX_ARCHIVE_BYTES:
        raise SourceError(
            f"The archive {PurePosixPath(name).name!r} unpacks to {total / 1024**3:,.0f} GB; at "
            f"most {MAX_ARCHIVE_BYTES // 1024**3} GB are read. Unpack it to a folder you trust "
            "and choose that."
        )
    for member in sorted(members, key=lambda info: info.filename):
        hidden = any(
            part.startswith((".", "__MACOSX")) and part != ".."
            for part in member.filename.split("/")
        )
        if not member.is_dir() and not hidden and is_image_name(member.filename):
            yield Source(f"{name}/{member.filename}", path, member.filename)


def inside_root(root: Path, relative: str) -> Path:
    """A path below `root`, whatever `..` or links `relative` holds.

    Raises:
        SourceError: If it leads outside the root or does not exist.
    """
    path = (root / relative).resolve()
    if not path.is_relative_to(root.resolve()):
        raise SourceError("That folder lies outside the configured data root. Choose one below it.")
    if not path.exists():
        raise SourceError("That folder does not exist below the data root. Choose another.")
    return path


def below_root(root: Path, folder: Path) -> list[Source]:
    """The images in a folder below the root, named by their path from the root."""
    base = root.resolve()
    return [
        Source(source.path.relative_to(base).as_posix(), source.path)
        for source in _from_folder(folder.resolve())
    ]


def subfolders(root: Path, relative: str) -> list[str]:
    """Names of the folders directly inside, without hidden ones and links out of the root."""
    return sorted(
        child.name
        for child in inside_root(root, relative).iterdir()
        if not child.name.startswith(".")
        and child.is_dir()
        and child.resolve().is_relative_to(root.resolve())
    )


def _from_folder(folder: Path) -> Iterator[Source]:
    inside = folder.resolve()
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or not is_image_name(path.name) or not path.is_file():
            continue
        if path.resolve().is_relative_to(inside):
            yield Source(str(path), path)


def _looks_like_extensionless_dicom(path: PurePosixPath) -> bool:
    # Scanners export names such as IM000001 or 1.2.840.113619.2.55.
    last = path.suffix.lstrip(".")
    return (not last or last.isdigit()) and any(character.isdigit() for character in path.name)


def _check_bytes(size: int) -> None:
    if size > MAX_FILE_BYTES:
        raise RefusedImageError(
            "file_too_large",
            f"The file has {size / 1024**2:,.0f} MB; at most {MAX_FILE_BYTES // 1024**2} MB are "
            "read. Export it at a lower resolution.",
        )
