from dataclasses import replace

import numpy as np
import pytest

from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_files import file_sha256
from app.core.errors import BundleError, DatasetError
from app.core.images.preparation import DECODERS
from app.core.networks.network import load_network
from model_training.bundling import export
from tests.bundles import make_bundle
from tests.model_training.films import draw, write

# Every export reads its network back and runs it.
pytestmark = pytest.mark.slow


@pytest.fixture
def samples(tmp_path):
    folder = tmp_path / "samples"
    write(folder / "a.png", draw(0, 0))
    write(folder / "inside" / "b.jpg", draw(1, 0))
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / ".hidden.png").write_bytes(b"x")
    (folder / "LICENCE.txt").write_text("CC0")
    return folder


def test_samples_are_copied_and_hashed(samples, tmp_path):
    bundle = make_bundle(tmp_path, samples=samples)

    assert bundle.samples == [bundle.path / "samples/a.png", bundle.path / "samples/inside/b.jpg"]
    for path in bundle.samples:
        original = samples / path.relative_to(bundle.path / "samples")
        assert path.read_bytes() == original.read_bytes()
        listed = bundle.manifest.files[path.relative_to(bundle.path).as_posix()]
        assert listed == file_sha256(original)


def test_every_file_is_listed_and_nothing_is_left_beside(tmp_path):
    bundle = make_bundle(tmp_path)

    inside = {path.name for path in bundle.path.iterdir()}
    assert inside == {*bundle.manifest.files, "bundle.json"}
    assert [path.name for path in tmp_path.iterdir()] == ["small"]
    assert load_bundle(bundle.path) == bundle


@pytest.mark.parametrize("content", [None, "notes.txt", ".hidden.png"])
def test_a_samples_folder_without_images_is_refused(tmp_path, content):
    folder = tmp_path / "samples"
    if content:
        folder.mkdir()
        (folder / content).write_bytes(b"x")

    with pytest.raises(DatasetError, match="samples folder 'samples'"):
        export.sample_images(folder)


class SavesAnother:
    """A network that writes something else than what it computes."""

    def __init__(self, model, other):
        self.model, self.other = model, other

    def save(self, path):
        self.other.save(path)

    def __call__(self, *arguments, **settings):
        return self.model(*arguments, **settings)


def test_a_network_that_reads_back_differently_is_not_published(tmp_path):
    bundle = make_bundle(tmp_path)
    network = load_network(bundle)
    other = load_network(bundle).model
    other.layers[-1].bias.assign([1e-4])
    contents = export.Contents(
        bundle.manifest,
        replace(network, model=SavesAnother(network.model, other)),
        bundle.history(),
        bundle.predictions(),
        [],
    )
    films = np.random.default_rng(0).integers(0, 256, (4, 48, 48, 1)).astype(np.uint8)

    with pytest.raises(BundleError, match=r"scores 4 images differently.*Nothing was published"):
        export.publish(tmp_path / "new", contents, work=tmp_path / "work", check_pixels=films)

    assert not (tmp_path / "new").exists()


def test_versions_name_everything_a_score_depends_on():
    versions = export.library_versions()

    assert {"python", "overread", "keras", "tensorflow", *DECODERS} == set(versions)
    assert all(versions.values())
