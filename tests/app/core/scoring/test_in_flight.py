"""A film whose decoder ends the process is found by the next run."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from app.core.images.reading import AS_STORED
from app.core.scoring.in_flight import InFlight
from tests.pictures import encode

BUNDLE = Path(__file__).parents[4] / "models" / "phantom-chest"
# A decoder with a fault, in this process and in the one that it starts.
PROGRAM = """
import os, signal, sys
from app.core.images import decoding

plain = decoding.decode

def faulty(data, *rest):
    if b"DEADLY" in data:
        os.kill(os.getpid(), signal.SIGSEGV)
    return plain(data, *rest)

decoding.decode = faulty
if __name__ == "__main__":
    from app.cli import main
    sys.exit(main())
"""


def noted(path):
    return sorted(one for one in path.read_bytes().split(b"\0") if one)


def test_films_are_noted_while_they_are_decoded(tmp_path):
    path = tmp_path / "decoding"
    with InFlight(path) as in_flight:
        with (
            in_flight.decoding("a" * 64, b"", AS_STORED),
            in_flight.decoding("b" * 64, b"", AS_STORED),
        ):
            assert noted(path) == [b"a" * 64 + b"b" * 64]
        assert noted(path) == []
        with pytest.raises(KeyError), in_flight.decoding("c" * 64, b"", AS_STORED):
            raise KeyError
        assert noted(path) == []
    assert not path.exists()


@pytest.mark.slow
def test_a_film_that_decodes_alone_is_not_refused(tmp_path, film):
    path = tmp_path / "decoding"
    path.write_bytes(bytes(64) + b"a" * 64)
    with InFlight(path) as in_flight:
        with in_flight.decoding("a" * 64, encode(film, "PNG"), AS_STORED):
            pass
        with in_flight.decoding("a" * 64, b"no image, which is harmless", AS_STORED):
            pass


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="ends a process by a signal")
def test_the_next_run_refuses_the_film_that_ended_the_last_one(film, tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(encode(film + number, "PNG"))
    (folder / "1.png").write_bytes(encode(film, "PNG") + b"DEADLY")
    program, table = tmp_path / "program.py", tmp_path / "results.csv"
    program.write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, program, "score", BUNDLE, folder, "--out", table]

    assert subprocess.run([*command, "--resume"], capture_output=True).returncode == -11
    assert not table.exists()
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    rows = pd.read_csv(table, keep_default_na=False)
    assert rows["status"].tolist() == ["ok", "unreadable", "ok"]
    assert "ends_process" in rows["reason"][1]
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith("results")) == [
        "results.csv"
    ]
