"""`overread`: opens the app, scores images, verifies a bundle.

Only `sys` is imported at the top, so that a Ctrl-C while the rest loads finds `main` waiting.
"""

import sys

INTERRUPTED = 130  # as a shell says of a program that Ctrl-C ended


def main(arguments: list[str] | None = None) -> int:
    """Runs a command.

    Args:
        arguments: Command line without the program name; None uses `sys.argv`.

    Returns:
        Exit status: 0, 1 if the command failed, 2 for incorrect usage, 130 after Ctrl-C.
    """
    try:
        from app.commands.program import run

        return run(arguments)
    except ModuleNotFoundError as error:
        from app.core.errors import missing_package

        print(f"overread: {missing_package(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("overread: stopped.", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
