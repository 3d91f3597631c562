import hashlib
from unicodedata import normalize

import pytest

from app.core.sources.lookup import locate

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

    found = locate(IMAGE_ID, normalize(evaluated, NAME), data_root=tmp_path, samples=[])

    assert found is not None
    assert found.samefile(path)


def test_another_file_of_that_name_is_not_the_film(tmp_path):
    (tmp_path / "a.png").write_bytes(b"another")
    sample = tmp_path / "sample.png"
    sample.write_bytes(FILM)

    assert locate(IMAGE_ID, "a.png", data_root=tmp_path, samples=[]) is None
    assert locate(IMAGE_ID, "a.png", data_root=tmp_path, samples=[sample]) == sample
    assert locate(IMAGE_ID, "../a.png", data_root=tmp_path, samples=[]) is None
    assert locate(IMAGE_ID, "gone.png", data_root=None, samples=[]) is None
