"""A file that could not be written whole is not there, and an older one still is."""

from pathlib import Path

import pytest

from app.core.atomic_write import write_whole


def test_a_file_is_written_or_replaced_and_its_folder_made(tmp_path):
    path = tmp_path / "new" / "page.html"

    write_whole(path, b"first")
    write_whole(path, b"second")

    assert path.read_bytes() == b"second"
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_the_older_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_bytes(b"older")
    write = Path.write_bytes

    def full(self, content):
        write(self, content[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)

    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"newer")

    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]
