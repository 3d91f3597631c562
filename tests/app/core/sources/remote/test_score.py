"""`overread score` on addresses, also where the server fails."""

from __future__ import annotations

import signal
import threading
import time

import numpy as np
import pandas as pd
import pytest

from app.cli import main
from app.core.sources import remote
from app.core.sources.remote import RemoteFile
from tests.app.core.sources.remote.contents import filled
from tests.pictures import encode


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
    monkeypatch.setattr("app.core.sources.source.MAX_FILE_BYTES", 200_000)
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
