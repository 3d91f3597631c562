"""The cluster that a run starts for itself, and what is said where there is none."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.core.errors import OverreadError
from app.core.scoring.ray_cluster import driver
from tests.app.core.scoring.ray_cluster.worker_processes import NOT_NICE
from tests.pictures import encode

pytest.importorskip("ray", reason="ray is not installed: pip install 'overread[cluster]'")

pytestmark = pytest.mark.ray


def test_a_run_of_its_own_leaves_nothing_behind(bundle, film, tmp_path):
    """In a process of its own, with a long temporary path, stopped by Ctrl-C in the middle."""
    long = tmp_path / ("long" * 20)
    home = tmp_path / "home"
    films = tmp_path / "films"
    for folder in (long, home, films):
        folder.mkdir()
    (films / "film0.png").write_bytes(encode(film, "PNG"))
    code = (
        "import sys; from pathlib import Path; from itertools import cycle\n"
        "from app.core.scoring.ray_cluster import connection\n"
        "from app.core.scoring.ray_cluster import driver\n"
        "from app.core.bundles.bundle import load_bundle\n"
        "from app.core.sources.sources import from_paths\n"
        "connection.num_cores = lambda: 1\n"
        "connection._SHORT_TEMPORARY_PATH = sys.argv[3]\n"
        "films = cycle(list(from_paths([sys.argv[2]])))\n"
        "connection.load_ray()\n"
        "from ray.util import get_node_ip_address\n"
        "for result in driver.score(load_bundle(Path(sys.argv[1])), films):\n"
        "    print(get_node_ip_address(), result.status, flush=True)\n"
    )
    short = tempfile.mkdtemp(prefix="t-", dir="/tmp")
    environment = os.environ | {
        "TMPDIR": str(long), "HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[5]),
    }  # fmt: skip
    for name in [name for name in environment if name.startswith("RAY_")]:
        del environment[name]
    environment |= NOT_NICE
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(bundle.path), str(films), short],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
        # Also where the tests run in the background, which turns Ctrl-C off.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        assert run.stdout.readline() == "127.0.0.1 ok\n"
        os.killpg(run.pid, signal.SIGINT)
        _, told = run.communicate(timeout=60)
    finally:
        run.kill()

    assert run.returncode != 0
    assert "KeyboardInterrupt" in told
    assert "film0" not in told
    assert not list(long.iterdir())
    assert not (home / ".ray").exists()
    os.rmdir(short)  # which it can only be if it is empty


def test_without_ray_a_sentence_says_what_to_install(bundle, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)

    with pytest.raises(OverreadError, match=r"pip install 'overread\[cluster\]'"):
        list(driver.score(bundle, []))


def test_a_cluster_that_does_not_answer_is_reported_at_once(bundle, monkeypatch):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{listener.getsockname()[1]}")

    with pytest.raises(OverreadError, match="No Ray cluster responds"):
        list(driver.score(bundle, []))
