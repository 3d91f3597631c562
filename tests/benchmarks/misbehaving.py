"""Cases that misbehave, each in another way; little is imported, as the sandbox starts often."""

import os
import signal
import time


def misbehave(index: int) -> str:
    """Case 1 to 6 misbehaves; others return a word at once."""
    match index:
        case 0:
            return "fine"
        case 1:
            raise RecursionError("deep")
        case 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        case 3:
            b"x" * (60 * 1024**2)
        case 4:
            _compute(0.8)
        case 5:
            time.sleep(60)
        case 6:
            film = b"x" * (60 * 1024**2)
            _compute(0.8)
            del film
    return "done"


def _compute(seconds: float) -> None:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
