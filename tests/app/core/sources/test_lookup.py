import hashlib
from unicodedata import normalize

import pytest

from app.core.bundles.bundle import load_bundle
from app.core.sources.lookup import locate, to_be_seen
from tests.app.views.light_bundles import PICTURE, table, write_bundle

FILM = b"a film"
IMAGE_ID = hashlib.sha256(FILM).hexdigest()
NAME = "b\u00f6sartig/\u00e9tude.png"


@pytest.mark.parametrize("evaluated", ["NFC", "NFD"])
@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
def test_a_film_is_found_however_its_accents_were_encoded_where_it_was_trained(
    tmp_path, evaluated, on_disk
):
    path = tmp_path / normalize(on_disk, NAME)
    path.parent.mkdir()
    path.write_bytes(FILM)

    found = locate(IMAGE_ID, [normalize(evaluated, NAME)], data_root=tmp_path, samples=[])

    assert found is not None
    assert found.samefile(path)


def test_another_file_of_that_name_is_not_the_film(tmp_path):
    (tmp_path / "a.png").write_bytes(b"another")
    sample = tmp_path / "sample.png"
    sample.write_bytes(FILM)

    assert locate(IMAGE_ID, ["a.png"], data_root=tmp_path, samples=[]) is None
    assert locate(IMAGE_ID, ["a.png"], data_root=tmp_path, samples=[sample]) == sample
    assert locate(IMAGE_ID, ["../a.png"], data_root=tmp_path, samples=[]) is None
    assert locate(IMAGE_ID, ["gone.png"], data_root=None, samples=[]) is None


@pytest.fixture
def shipped(tmp_path):
    """A bundle with a sample film and the small picture of another film."""
    other = hashlib.sha256(b"another film").hexdigest()
    path = write_bundle(
        tmp_path,
        table([("test", "p1", "", 0, 0.9)]),
        samples={"sample.png": FILM},
        pictures=[other],
    )
    return load_bundle(path), other


def test_what_there_is_to_see_is_known_before_a_file_is_read(shipped, tmp_path):
    bundle, other = shipped
    root = tmp_path / "root"
    root.mkdir()
    (root / "here.png").write_bytes(b"whatever is in it")

    def seen(image_id, path, data_root=root):
        return to_be_seen(image_id, [path], bundle=bundle, data_root=data_root)

    assert seen(IMAGE_ID, "gone.png") == "film"
    assert seen("0" * 64, "here.png") == "film"
    assert seen("0" * 64, "here.png", data_root=None) == "nothing"
    assert seen("0" * 64, "../here.png") == "nothing"
    assert seen(other, "gone.png") == "picture"
    assert seen(other, "here.png") == "film"
    assert bundle.picture(other).read_bytes() == PICTURE
    assert bundle.picture(IMAGE_ID) is None
