"""How long commands and pages take to start, each in a separate process.

    python -m benchmarks.start_up BUNDLE

The first engine of a bundle is prepared once on each machine, then opened from the cache.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks import calls
from benchmarks.table import Row, log, log_machine, print_table, seconds

ROUNDS = 5
_PAGE = (
    "import logging; logging.disable(logging.WARNING)\n"
    "from streamlit.testing.v1 import AppTest\n"
    "page = AppTest.from_file({main!r}, default_timeout=120).run()\n"
    "assert not page.exception\n"
)
_ENGINE = (
    "from pathlib import Path\n"
    "from app.core.bundles.bundle import load_bundle\n"
    "from app.core.scoring.engine import Engine\n"
    "Engine(load_bundle(Path({bundle!r})))\n"
)
_IMPORTS = "import sys\nprint(*sorted({'tensorflow', 'keras', 'openvino'} & set(sys.modules)))\n"


def main() -> int:
    """Measures and prints; exit status 1 if a page or a help text loads a network library."""
    parser = calls.parser("benchmarks.start_up", __doc__)
    calls.add_bundle(parser)
    options = parser.parse_args()
    log_machine()
    main_script = str(Path(__file__).parents[1] / "app" / "main.py")
    page = _PAGE.format(main=main_script)
    engine = _ENGINE.format(bundle=str(options.bundle.absolute()))
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"OVERREAD_HOME": home}

        def run(code: str) -> str:
            command = [sys.executable, "-c", code]
            done = subprocess.run(command, env=environment, capture_output=True, check=True)
            return done.stdout.decode().strip()

        def typical(code: str) -> float:
            return median(seconds(lambda: run(code)) for _ in range(ROUNDS))

        python = typical("pass")
        helping = typical("from app.cli import main\ntry: main(['score', '--help'])\n"
                          "except SystemExit: pass")  # fmt: skip
        opening = typical(page)
        prepared = seconds(lambda: run(engine))
        kept = typical(engine)
        tensorflow = typical("import tensorflow")
        loaded = run(page + _IMPORTS)
    for what, value in (
        ("python alone", python), ("overread score --help", helping),
        ("the first page", opening), ("first engine of a bundle", prepared),
        ("the same later", kept), ("import tensorflow", tensorflow),
    ):  # fmt: skip
        log(f"{what}: {value:.2f} s")
    log(f"network libraries loaded by the first page: {loaded or 'none'}")
    rows = [
        Row("overread score --help relative to importing TensorFlow", helping / tensorflow),
        Row("the first page relative to importing TensorFlow", opening / tensorflow),
        Row("opening a prepared engine relative to preparing it", kept / prepared),
    ]
    return print_table(rows) or int(bool(loaded))


if __name__ == "__main__":
    calls.run(main)
