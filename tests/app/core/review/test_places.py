"""From names in the record to files, and nothing outside the data root."""

import os
import sys

import pytest

from app.core.errors import ImageError, RefusedImageError
from app.core.review.places import FolderPlace, SamplesPlace
from app.core.sources.left_out import LeftOut


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root" / "ward" / "day 1"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(b"a")
    (folder.parent / "b.png").write_bytes(b"bb")
    (tmp_path / "secret.png").write_bytes(b"secret")
    return tmp_path / "root"


def test_films_are_named_relative_to_their_place(root):
    place = FolderPlace(root, "ward")

    assert [one.name for one in place.listed(LeftOut())] == ["b.png", "day 1/a.png"]
    assert place.source("day 1/a.png").read() == b"a"
    assert place.stamp("b.png").size == 2
    assert place.stamp("c.png") is None
    with pytest.raises(ImageError):
        place.source("c.png").read()


@pytest.mark.parametrize("name", ["../../secret.png", "link.png", "up/secret.png"])
def test_nothing_outside_the_data_root_is_read(root, name):
    if not name.startswith(".."):
        (root / "ward" / "link.png").symlink_to(root.parent / "secret.png")
        (root / "ward" / "up").symlink_to(root.parent)

    with pytest.raises(RefusedImageError):
        FolderPlace(root, "ward").source(name).read()


@pytest.mark.skipif(sys.platform != "linux", reason="only here a name may be any bytes")
def test_a_name_that_is_not_utf_8_is_found_again(root):
    path = os.path.join(os.fsencode(root / "ward"), b"J\xe4ne.png")
    with open(path, "wb") as file:
        file.write(b"jane")
    names = [one.name for one in FolderPlace(root, "ward").listed(LeftOut())]
    name = next(name for name in names if name.startswith("J"))

    assert FolderPlace(root, "ward").source(name).read() == b"jane"
    assert FolderPlace(root, "ward").stamp(name).size == 4


@pytest.mark.parametrize("relative", ["gone", "..", "ward/b.png/x"])
def test_a_folder_that_is_gone_has_no_films(root, relative):
    place = FolderPlace(root, relative)

    assert place.listed(LeftOut()) == []
    assert place.stamp("b.png") is None
    with pytest.raises(ImageError):
        place.source("b.png").read()
    assert FolderPlace(None, "ward").listed(LeftOut()) == []


def test_sample_films_are_those_of_the_bundle(phantom_bundle):
    place = SamplesPlace(phantom_bundle)
    names = [one.name for one in place.listed(LeftOut())]

    assert len(names) == len(phantom_bundle.samples)
    assert names[0].startswith("NORMAL/")
    assert place.source(names[0]).read() == phantom_bundle.samples[0].read_bytes()
    assert place.stamp(names[0]) is not None
    assert place.stamp("../bundle.json") is None
