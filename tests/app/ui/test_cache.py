"""What is kept is kept under the film it was made of."""

import cv2
import pytest

from app.core.errors import UnreadableImageError
from app.core.images import decoding
from app.core.review import installed_models
from app.core.sources.source import Source
from app.ui.cache import channel_pictures, films, models


def test_a_film_that_there_was_no_memory_for_is_tried_again(bundle, tmp_path, film, monkeypatch):
    path = tmp_path / "film.png"
    cv2.imwrite(str(path), film[::-1])  # no other test has it

    def full(*arguments, **options):
        raise UnreadableImageError("no_memory", "There was not enough memory.")

    with monkeypatch.context() as for_a_moment:
        for_a_moment.setattr(decoding, "decode", full)
        assert films.case(bundle, Source("film", path)).reason_code == "no_memory"

    assert films.case(bundle, Source("film", path)).reason_code != "no_memory"


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
