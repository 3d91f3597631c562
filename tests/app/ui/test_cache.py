"""What is kept is kept under the film it was made of."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.errors import UnreadableImageError
from app.core.images import decoding, display, geometry
from app.core.images.film import Film
from app.core.images.reading import ReadOptions
from app.core.review import installed_models
from app.core.sources.source import Source
from app.ui.cache import channel_pictures, films, models, pictures


@pytest.fixture
def two_films(tmp_path, film) -> tuple[Path, Path]:
    """Two files, of one film and of its mirror image; no other test has them."""
    paths = tmp_path / "one.png", tmp_path / "other.png"
    noisy = film + np.random.default_rng(len(str(tmp_path))).integers(0, 9, film.shape)
    for path, pixels in zip(paths, (noisy, noisy[:, ::-1]), strict=True):
        cv2.imwrite(str(path), pixels.astype(np.uint8))
    films._thumbnail.clear()
    return paths


def thumbnail_of(path: Path) -> bytes:
    return display.jpeg(geometry.shrunk(decoding.decode(path.read_bytes()), 96), quality=80)


def test_a_thumbnail_is_never_that_of_another_film(two_films):
    one, other = two_films
    image_id, expected = decoding.image_id(one.read_bytes()), thumbnail_of(one)
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())  # replaced after it was scored

    assert films.thumbnail(image_id, Source("one", one)) is None

    one.write_bytes(content)
    assert films.thumbnail(image_id, Source("one", one)) == expected
    one.unlink()
    assert films.thumbnail(image_id, Source("one", one)) == expected


def test_a_thumbnail_of_a_file_that_was_away_is_drawn_when_it_is_back(two_films):
    one, _ = two_films
    image_id, expected = decoding.image_id(one.read_bytes()), thumbnail_of(one)

    assert films.thumbnail(image_id, Source("one", one.with_name("gone.png"))) is None
    assert films.thumbnail(image_id, Source("one", one)) == expected


def test_what_cannot_be_decoded_is_not_read_at_every_run(tmp_path, monkeypatch):
    path = tmp_path / "torn.png"
    path.write_bytes(b"\x89PNG torn")
    image_id = decoding.image_id(path.read_bytes())
    films._thumbnail.clear()
    assert films.thumbnail(image_id, Source("torn", path)) is None
    monkeypatch.setattr(Source, "read", None)

    assert films.thumbnail(image_id, Source("torn", path)) is None


def test_a_film_that_there_was_no_memory_for_is_tried_again(bundle, two_films, monkeypatch):
    one, _ = two_films
    image_id, expected = decoding.image_id(one.read_bytes()), thumbnail_of(one)

    def full(*arguments, **options):
        raise UnreadableImageError("no_memory", "There was not enough memory.")

    with monkeypatch.context() as for_a_moment:
        for_a_moment.setattr(decoding, "decode", full)
        assert films.thumbnail(image_id, Source("one", one)) is None
        assert films.case(bundle, Source("one", one)).reason_code == "no_memory"

    assert films.thumbnail(image_id, Source("one", one)) == expected
    assert films.case(bundle, Source("one", one)).prediction is not None


def test_a_film_has_pictures_of_its_own_for_every_model_window(tmp_path, film):
    path = tmp_path / "deep.png"
    cv2.imwrite(str(path), film.astype(np.uint16) * 16)
    image_id, source = decoding.image_id(path.read_bytes()), Source("deep", path)

    found = [films.thumbnail(image_id, source, model_window=end) for end in ((0, 4080), (0, 8160))]

    shown = [cv2.imdecode(np.frombuffer(one, np.uint8), 0).mean() for one in found]
    assert shown[0] == pytest.approx(2 * shown[1], rel=0.02)
    drawn = {
        pictures.film_picture(
            "c", Film(film // half, chosen=ReadOptions(model_window=(0, 4080 * half)))
        )
        for half in (1, 2)
    }
    assert len(drawn) == 2


def test_results_are_cached_again_after_a_short_lock(bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    with monkeypatch.context() as locked:
        locked.setattr(installed_models, "open_cache", lambda path, *, max_bytes: None)
        assert models.known_results(bundle) is None

    assert models.known_results(bundle) is not None


@pytest.mark.slow
def test_a_search_that_is_cancelled_leaves_nothing_and_one_that_ends_is_kept(
    bundle, three_class_bundle
):
    def cancel(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        channel_pictures.search(bundle, "conv1", 3, progress=cancel)
    assert channel_pictures.channel_picture(bundle, "conv1", 3) is None

    channel_pictures.search(bundle, "conv1", 3, progress=lambda done, total: None)
    found = channel_pictures.channel_picture(bundle, "conv1", 3)
    assert found is not None
    assert found.pixels.shape == (48, 48, 1)
    assert channel_pictures.channel_picture(bundle, "conv1", 3) is found
    for other in ((bundle, "conv1", 2), (bundle, "conv2", 3), (three_class_bundle, "conv1", 3)):
        assert channel_pictures.channel_picture(*other) is None
