"""A decoder with faults, in this process or in those that it starts."""

import sys

# Python runs a module of this name in every process that finds it.
SITE = """
import os, time
from app.core.images import decoding

plain = decoding._decode

def faulty(data, reading):
    if b"DEADLY" in data:
        os.abort()
    while b"STALLS" in data:
        time.sleep(1)
    return plain(data, reading)

decoding._decode = faulty
"""


def put_faulty_decoder(folder):
    """Gives the processes that have the folder in their path a decoder with faults."""
    (folder / "sitecustomize.py").write_text(SITE, encoding="utf-8")


def put_for_children(folder, monkeypatch):
    """The same for the processes that this one starts with its own path."""
    put_faulty_decoder(folder)
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
