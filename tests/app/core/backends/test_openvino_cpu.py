"""Several networks in one process, and a signal after them."""

import subprocess
import sys

import pytest

from app.core.backends.conversion import MODEL_FILE, converted


@pytest.mark.slow
def test_a_signal_after_several_networks_were_released(bundle, tmp_path):
    """With a signal handler, as Ctrl-C has, and a signal stack of this process, as a crash log."""
    folder = converted(bundle, tmp_path)
    code = (
        "import faulthandler, gc, os, signal, sys\n"
        "from app.core.backends.openvino_cpu import compile_for_cpu\n"
        "faulthandler.enable()\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('told'))\n"
        "first = compile_for_cpu(sys.argv[1], streams=1)\n"
        "second = compile_for_cpu(sys.argv[1], streams=1)\n"
        "del first; gc.collect()\n"
        "del second; gc.collect()\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder / MODEL_FILE)], capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (0, "told\n")
