"""Where a process listens, and whether other machines could reach it."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

_LISTENING = "0A"  # of the kernel's tables


def other_addresses() -> list[str]:
    """Addresses of this machine that a server on 127.0.0.1 alone does not answer at."""
    # Linux and Windows answer at all of 127.0.0.0/8; elsewhere there is no such address.
    found = {"127.0.0.2", "::1"}
    with suppress(OSError):
        found |= {str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None)}
    return sorted(found - {"127.0.0.1"})


def answers(address: str, port: int) -> bool:
    """Whether anything accepts a connection there."""
    try:
        socket.create_connection((address, port), timeout=2).close()
    except OSError:
        return False
    return True


def listening(process: int) -> set[tuple[str, int]]:
    """Addresses and ports that a process listens on, as Linux tells them."""
    inodes = set()
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):
            target = os.readlink(descriptor)
            if target.startswith("socket:["):
                inodes.add(target.removeprefix("socket:[").removesuffix("]"))
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and fields[9] in inodes:
                address, port = fields[1].split(":")
                found.add((_address(address), int(port, 16)))
    return found


def _address(digits: str) -> str:
    """An address from the kernel's notation: words of four bytes, each as this machine holds it."""
    words = (int(digits[i : i + 8], 16) for i in range(0, len(digits), 8))
    raw = b"".join(word.to_bytes(4, "little") for word in words)
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)
