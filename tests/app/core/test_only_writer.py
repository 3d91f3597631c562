"""One process or thread at a time writes a file."""

import subprocess
import sys

import pytest

from app.core.only_writer import lock_path, only_writer


def test_another_process_waits_until_a_file_is_free(tmp_path):
    file = tmp_path / "checks.json"
    add = (
        "import pathlib, sys, time\n"
        "from app.core.only_writer import only_writer\n"
        "file = pathlib.Path(sys.argv[1])\n"
        "for _ in range(20):\n"
        "    with only_writer(file, wait_seconds=60):\n"
        "        found = int(file.read_text()) if file.exists() else 0\n"
        "        time.sleep(0.001)\n"
        "        file.write_text(str(found + 1))\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", add, str(file)]) for _ in range(2)]

    assert [one.wait() for one in both] == [0, 0]
    assert file.read_text() == "40"
    assert list(tmp_path.iterdir()) == [file]


def test_one_that_does_not_wait_is_told(tmp_path):
    with only_writer(tmp_path / "r.csv"):
        assert lock_path(tmp_path / "r.csv").name == "r.csv.lock"
        with pytest.raises(TimeoutError):
            only_writer(tmp_path / "r.csv").__enter__()
