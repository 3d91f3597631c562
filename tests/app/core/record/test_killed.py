"""No verdict that was confirmed is lost when its writer is killed, at whatever moment."""

import os
import re
import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the writers are forks of one process")
def test_twenty_writers_killed_lose_nothing(url):
    """`python -m benchmarks.killed` kills 200."""
    command = [sys.executable, "-m", "benchmarks.killed", "--kills", "20", "--url", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stdout + done.stderr
    (confirmed,) = re.findall(
        r"^20 kills: ([\d,]+) verdicts confirmed, 0 of them lost; the chain is sound$", done.stdout
    )
    assert int(confirmed.replace(",", "")) >= 20
