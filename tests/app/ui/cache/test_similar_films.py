"""Pictures of held-out films are those of the bundle that is asked for."""

from dataclasses import replace

from app.ui.cache.similar_films import known_picture


def test_a_picture_of_the_same_film_in_another_bundle_is_not_shown_instead(bundle, tmp_path):
    first, second = (tmp_path / name / f"{'0' * 64}.jpg" for name in ("one", "two"))
    for path, content in ((first, b"one"), (second, b"two")):
        path.parent.mkdir()
        path.write_bytes(content)
    other = replace(bundle, sha256="f" * 64)

    assert known_picture(bundle, first) == "data:image/jpeg;base64,b25l"
    assert known_picture(other, second) == "data:image/jpeg;base64,dHdv"
    # The bundle was exported again into the same folder.
    first.write_bytes(b"two")
    assert known_picture(bundle, first) == "data:image/jpeg;base64,b25l"
    assert known_picture(other, first) == "data:image/jpeg;base64,dHdv"


def test_a_picture_that_is_gone_is_empty(bundle, tmp_path):
    assert known_picture(bundle, tmp_path / "gone.jpg") == ""
