"""Images for tables to label."""

import pytest


@pytest.fixture
def folder(tmp_path):
    """Images `0.png` to `5.png` and `film_0.png` to `film_5.png`, all different."""
    for number in range(6):
        for name in (f"{number}.png", f"film_{number}.png"):
            (tmp_path / name).write_bytes(name.encode())
    return tmp_path
