"""Streamlit's own command, ended by an early Ctrl-C without a traceback."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """Runs Streamlit with the arguments of this process.

    Returns:
        Exit status: 130 after a Ctrl-C while it starts; 0 after one that ends the running server,
        which is the usual way to end it.
    """
    try:
        if sys.platform != "win32":  # `overread app` starts this process with it blocked
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        from streamlit.web import cli

        # Not by calling it, because click would print `Aborted!` at a Ctrl-C and end with 1.
        with cli.main.make_context("streamlit", sys.argv[1:]) as context:
            cli.main.invoke(context)
    except KeyboardInterrupt:
        print("overread: stopped.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
