"""Streamlit's own command, ended by an early Ctrl-C without a traceback."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable
from functools import partial


def main() -> int:
    """Runs Streamlit with the arguments of this process.

    Returns:
        Exit status: 130 after a Ctrl-C while it starts; 0 after one that ends the running server,
        which is the usual way to end it.
    """
    try:
        if sys.platform != "win32":  # `overread app` starts this process with it blocked
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        from streamlit.runtime.scriptrunner import script_runner
        from streamlit.web import cli
        from streamlit.web.server.starlette import starlette_server

        script_runner._clean_problem_modules = _leave_keras_alone
        starlette_server._bind_socket = partial(_without_delay, starlette_server._bind_socket)
        # Not by calling it, because click would print `Aborted!` at a Ctrl-C and end with 1.
        with cli.main.make_context("streamlit", sys.argv[1:]) as context:
            cli.main.invoke(context)
    except KeyboardInterrupt:
        print("overread: stopped.", file=sys.stderr)
        return 0 if _has_served() else 130
    return 0


def _has_served() -> bool:
    """Whether the server ran, which ends by raising the Ctrl-C again that it was ended with."""
    runtime = sys.modules.get("streamlit.runtime")
    return runtime is not None and bool(runtime.exists())


def _leave_keras_alone() -> None:
    """Takes the place of what Streamlit does after each run of a page: clear Keras's state.

    That is the state of all threads, of which one may be opening a network; and Keras then collects
    garbage, see `app/ui/cache/garbage.py`. Nothing here is left in that state.
    """


def _without_delay(
    bind: Callable[[str, int, int], socket.socket], address: str, port: int, backlog: int
) -> socket.socket:
    """Binds as Streamlit does, to a socket whose connections send at once what they have.

    asyncio sees to that only for sockets that state their protocol, which Streamlit's does not: an
    answer in two parts, as of films, would wait 40 ms for the browser to acknowledge the first.

    Args:
        bind: Streamlit's own function.
        address: Where to listen.
        port: The port.
        backlog: How many connections may wait.
    """
    bound = bind(address, port, backlog)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


if __name__ == "__main__":
    sys.exit(main())
