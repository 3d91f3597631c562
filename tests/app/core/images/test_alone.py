"""A film that ends a process of its own, or holds it up, is told from one that does not."""

import sys

import pytest

from app.core.errors import UnreadableImageError
from app.core.images.alone import require_harmless
from app.core.images.reading import AS_STORED, ReadOptions
from tests.app.core.images.deadly import put_for_children
from tests.pictures import encode

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows ends no process by a signal"),
]


def test_what_a_film_does_to_a_process_is_found(film, tmp_path, monkeypatch):
    put_for_children(tmp_path, monkeypatch)

    require_harmless(encode(film, "PNG"), ReadOptions(window=(0, 99)))
    require_harmless(b"no image, which is harmless", AS_STORED)
    with pytest.raises(UnreadableImageError, match="ended the process") as raised:
        require_harmless(encode(film, "PNG") + b"DEADLY", AS_STORED)
    assert raised.value.code == "ends_process"
    with pytest.raises(UnreadableImageError, match="did not end within 3 s"):
        require_harmless(encode(film, "PNG") + b"STALLS", AS_STORED, seconds=3)


def test_a_process_that_does_not_start_says_nothing_of_the_film(film, tmp_path, monkeypatch):
    put_for_children(tmp_path, monkeypatch)
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit(3)", encoding="utf-8")
    with pytest.raises(RuntimeError):
        require_harmless(encode(film, "PNG"), AS_STORED)
