from app.core.bundles.bundle_folders import find_bundles
from app.core.bundles.manifest import MANIFEST


def test_bundles_of_a_folder(tmp_path):
    models = tmp_path / "models"
    for name in ("small", "another", ".unfinished", "no-bundle"):
        (models / name).mkdir(parents=True)
    (models / "small" / MANIFEST).touch()
    (models / "another" / MANIFEST).touch()
    (models / ".unfinished" / MANIFEST).touch()
    (models / "file").touch()
    assert find_bundles(models) == [models / "another", models / "small"]
    assert find_bundles(tmp_path / "none") == []
    assert find_bundles(models / "file") == []
