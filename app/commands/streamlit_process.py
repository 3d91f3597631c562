"""Streamlit's own command, ended by an early Ctrl-C without a traceback."""

from __future__ import annotations

import sys


def main() -> int:
    """Runs Streamlit with the arguments of this process; returns 130 after Ctrl-C."""
    try:
        from streamlit.web import cli

        cli.main(prog_name="streamlit")
    except KeyboardInterrupt:
        print("overread: stopped.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
