"""Counts what lies beside the images, so that nothing vanishes without a word."""

from __future__ import annotations

from collections import Counter

from app.core.sources.file_names import is_hidden


class LeftOut:
    """Files that are not images, by kind, and hidden ones, of one listing.

    Example:
        >>> left_out = LeftOut()
        >>> for name in ("a.txt", "b.TXT", "c.json", ".DS_Store"):
        ...     left_out.add(name)
        >>> str(left_out)
        '4 files are not images: 2 .txt, 1 .DS_Store, 1 .json.'
    """

    def __init__(self) -> None:
        self._files: Counter[str] = Counter()
        self._hidden_folders = 0
        self._heatmaps_folders = 0

    def add(self, name: str, kind: str = "") -> None:
        """Counts a file.

        Args:
            name: Its name, or its path with `/`.
            kind: What it is, if its content tells; otherwise its name does.
        """
        self._files[kind or kind_by_name(name)] += 1

    def add_hidden_folder(self) -> None:
        """Counts a hidden folder, whose content is not listed."""
        self._hidden_folders += 1

    def add_heatmaps_folder(self) -> None:
        """Counts a folder into which heatmaps are being written, whose content is not listed."""
        self._heatmaps_folders += 1

    def __bool__(self) -> bool:
        return bool(self._files or self._hidden_folders or self._heatmaps_folders)

    def __str__(self) -> str:
        words = []
        if self._files:
            total = self._files.total()
            ordered = sorted(self._files.items(), key=lambda item: (-item[1], item[0]))
            named, others = ordered[:_MOST_KINDS], ordered[_MOST_KINDS:]
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in named)
            if others:
                kinds += f", {sum(count for _, count in others):,} of {len(others):,} other kinds"
            files = "1 file is not an image" if total == 1 else f"{total:,} files are not images"
            words.append(f"{files}: {kinds}")
        if self._hidden_folders:
            words.append(_not_opened(self._hidden_folders, "hidden {}"))
        if self._heatmaps_folders:
            words.append(_not_opened(self._heatmaps_folders, "{} of heatmaps"))
        return "; ".join(words) + "." if words else ""


def _not_opened(count: int, which: str) -> str:
    folders, were = ("folder", "was") if count == 1 else ("folders", "were")
    return f"{count:,} {which.format(folders)} {were} not opened"


def kind_by_name(name: str) -> str:
    """The kind of a file by its name alone, such as `.txt`, `Thumbs.db` or `without ending`."""
    parts = name.split("/")
    last = parts[-1]
    if last.startswith("._") or "__MACOSX" in parts:
        return "metadata of macOS"
    if last.lower() in _KNOWN:
        return last
    if is_hidden(name):
        return "hidden"
    stem, dot, ending = last.rpartition(".")
    if not stem or not dot or not ending or len(ending) > _LONGEST_ENDING or " " in ending:
        return "without ending"
    return f".{ending.lower()}"


# Kinds that are named in the line; a folder of a system may have dozens.
_MOST_KINDS = 12
_KNOWN = frozenset({"thumbs.db", ".ds_store", "desktop.ini", "dicomdir"})
# A longer one is part of a name, and a name may identify a patient.
_LONGEST_ENDING = 10
