"""A thumbnail is never that of another film, and not all are kept."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.errors import UnreadableImageError
from app.core.images import decoding, display, geometry
from app.core.review.thumbnails import SIDE, Thumbnails
from app.core.sources.source import Source


@pytest.fixture
def films(tmp_path, film) -> tuple[Path, Path]:
    """A film and its mirror image."""
    paths = tmp_path / "one.png", tmp_path / "other.png"
    for path, pixels in zip(paths, (film, film[:, ::-1]), strict=True):
        cv2.imwrite(str(path), pixels)
    return paths


def id_of(path: Path) -> str:
    return decoding.image_id(path.read_bytes())


def thumbnail_of(path: Path) -> bytes:
    return display.jpeg(geometry.shrunk(decoding.decode(path.read_bytes()), SIDE), quality=80)


def test_a_thumbnail_is_never_that_of_another_film(films):
    one, other = films
    image_id, expected, content = id_of(one), thumbnail_of(one), one.read_bytes()
    thumbnails, source = Thumbnails(), Source("one", one)
    one.write_bytes(other.read_bytes())  # replaced after it was scored

    assert thumbnails.get(image_id, source) is None

    one.write_bytes(content)
    assert thumbnails.get(image_id, source) == expected
    one.unlink()
    assert thumbnails.get(image_id, source) == expected


def test_a_film_that_was_away_or_lacked_memory_is_tried_again(films, monkeypatch):
    one, _ = films
    image_id, expected, thumbnails = id_of(one), thumbnail_of(one), Thumbnails()
    assert thumbnails.get(image_id, Source("one", one.with_name("gone.png"))) is None

    def full(*arguments, **options):
        raise UnreadableImageError("no_memory", "There was not enough memory.")

    with monkeypatch.context() as for_a_moment:
        for_a_moment.setattr(decoding, "decode", full)
        assert thumbnails.get(image_id, Source("one", one)) is None

    assert thumbnails.get(image_id, Source("one", one)) == expected


def test_what_cannot_be_decoded_is_not_read_every_time(tmp_path, monkeypatch):
    path = tmp_path / "torn.png"
    path.write_bytes(b"\x89PNG torn")
    image_id, thumbnails = id_of(path), Thumbnails()
    assert thumbnails.get(image_id, Source("torn", path)) is None
    monkeypatch.setattr(Source, "read", None)

    assert thumbnails.get(image_id, Source("torn", path)) is None


def test_every_window_of_a_model_has_its_own(tmp_path, film):
    path = tmp_path / "deep.png"
    cv2.imwrite(str(path), film.astype(np.uint16) * 16)
    thumbnails, source = Thumbnails(), Source("deep", path)

    found = [thumbnails.get(id_of(path), source, model_window=(0, top)) for top in (4080, 8160)]

    shown = [cv2.imdecode(np.frombuffer(one, np.uint8), 0).mean() for one in found]
    assert shown[0] == pytest.approx(2 * shown[1], rel=0.02)


def test_only_those_that_were_used_last_are_kept(films):
    one, other = (Source(path.name, path) for path in films)
    ids = {source: id_of(source.path) for source in (one, other)}
    thumbnails = Thumbnails(max_bytes=len(thumbnail_of(one.path)) + 1000)
    for source in (one, other):
        thumbnails.get(ids[source], source)
    for path in films:
        path.unlink()

    assert thumbnails.get(ids[other], other) is not None
    assert thumbnails.get(ids[one], one) is None
