"""What the system said, told without a path and never as `None`."""

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from app.core.bundles.bundle import load_bundle
from app.core.errors import (
    BundleError,
    RefusedImageError,
    SourceError,
    UnreadableImageError,
    missing_package,
    system_reason,
)
from app.core.sources import folders, uploads
from app.core.sources.left_out import LeftOut
from app.core.sources.source import Source

PATH = "/films/Mustermann_Erika.png"
ERRORS = [
    (OSError(28, "its own words", PATH), "No space left on device"),
    (OSError(f"a library could not open {PATH}"), "OSError"),
    (OSError(), "OSError"),
]


@pytest.mark.parametrize(("error", "told"), ERRORS)
def test_errno_is_described_and_without_one_the_type_is_named(error, told):
    assert system_reason(error) == told


@pytest.mark.parametrize(("error", "told"), ERRORS)
def test_every_system_error_is_described(error, told, bundle, tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fail)
        with pytest.raises(BundleError) as of_bundle:
            load_bundle(bundle.path)
    with monkeypatch.context() as patch:
        patch.setattr(folders, "entries", fail)
        with pytest.raises(SourceError) as of_folder:
            folders.subfolders(tmp_path, "")
    with monkeypatch.context() as patch:
        patch.setattr(uploads.shutil, "copyfileobj", fail)
        upload = (tmp_path / "a.png").open("w+b")
        with upload, pytest.raises(SourceError) as of_upload:
            uploads.keep_uploads([upload], tmp_path / "kept", LeftOut())
    with monkeypatch.context() as patch:
        patch.setattr(Source, "_read_file", fail)
        with pytest.raises(UnreadableImageError) as of_film:
            Source("a", Path("a")).read()

    for caught in (of_bundle, of_folder, of_upload, of_film):
        assert f"({told})" in str(caught.value)
        assert "Mustermann" not in str(caught.value)


def test_refused_and_unreadable_are_told_apart():
    assert RefusedImageError("a", "b").status == "refused"
    assert UnreadableImageError("a", "b").status == "unreadable"


@pytest.mark.parametrize(
    "error", [ModuleNotFoundError(name="nibabel.nifti1"), PackageNotFoundError("nibabel")]
)
def test_a_missing_package_is_named_with_what_to_do(error):
    assert "nibabel is not installed" in missing_package(error)
    assert "make app" in missing_package(error)


def test_a_fault_of_our_own_is_not_a_missing_package():
    with pytest.raises(ModuleNotFoundError):
        missing_package(ModuleNotFoundError(name="app.core.imagse"))
