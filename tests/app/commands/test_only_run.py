"""A table has one run at a time."""

import subprocess
import sys

import pytest

from app.commands.only_run import only_run
from app.core.errors import OverreadError


def test_a_second_run_is_refused_until_the_first_has_ended(tmp_path):
    table = tmp_path / "new" / "r.csv"
    with only_run(table):
        with pytest.raises(OverreadError, match=r"^r.csv is being written by another run"):
            only_run(table).__enter__()
        with only_run(table.with_name("other.csv")):
            pass
    with only_run(table):
        pass
    assert list(table.parent.iterdir()) == []


def test_a_run_that_was_killed_holds_nothing(tmp_path):
    table = tmp_path / "r.csv"
    killed = (
        "import os, pathlib, sys\n"
        "from app.commands.only_run import only_run\n"
        "held = only_run(pathlib.Path(sys.argv[1]))\n"
        "held.__enter__()\n"
        "os._exit(1)\n"
    )
    subprocess.run([sys.executable, "-c", killed, str(table)], check=False)
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv.lock"]

    with only_run(table):
        pass
    assert list(tmp_path.iterdir()) == []
