import shutil

import pytest

from app.core.adaptation import folder
from app.core.adaptation.adapt import Adapted
from app.core.adaptation.fitting import Decision
from app.core.adaptation.holding_out import adapt_decision
from app.core.adaptation.wanted import Wanted
from app.core.adaptation.writing import make_adaptation
from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_folders import find_bundles, shown_names
from app.core.errors import OverreadError
from tests.app.core.adaptation.local_films import local_films


@pytest.fixture
def models(bundle, tmp_path):
    shutil.copytree(bundle.path, tmp_path / "models" / bundle.path.name)
    return tmp_path / "models"


@pytest.fixture
def adapted(models, bundle):
    own = load_bundle(models / bundle.path.name)
    films = local_films(60)
    base = Decision(own.manifest.calibration, own.manifest.thresholds)
    fitted = adapt_decision(films, base, own.manifest.task, Wanted())
    return Adapted(own, films, fitted, make_adaptation(own, films, fitted, "Ward 3"))


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (" Ward 3 ", "small@ward-3"),
        ("Köln/Süd", "small@köln-süd"),
        ("../../etc", "small@etc"),
        ("2026.11", "small@2026.11"),
        ('Ward\n3 "<b>"', "small@ward-3-b"),
        ("北" * 80, f"small@{'北' * 40}"),
    ],
)
def test_a_folder_is_named_after_bundle_and_place(bundle, place, name):
    assert folder.folder_name(bundle, place) == name


@pytest.mark.parametrize("place", ["", "../..", "?!", "Ward\u202e3", "a" * 81])
def test_a_place_that_makes_no_name(bundle, place):
    with pytest.raises(OverreadError, match="Expected a name"):
        folder.folder_name(bundle, place)


def test_it_is_written_once_and_removed_whole(adapted, models):
    written = folder.write_beside(adapted, models)

    assert written.adapted_in == models / "small@ward-3"
    with pytest.raises(OverreadError, match="already"):
        folder.write_beside(adapted, models)

    away = folder.remove(written)
    assert find_bundles(models) == [models / "small"]
    assert sorted(path.name for path in models.iterdir()) == [".removed", "small"]
    assert away == models / ".removed" / f"small@ward-3 {written.sha256[:12]}"


def test_the_folder_stands_beside_a_name_that_two_have(adapted, models):
    written = folder.write_beside(adapted, models)
    shutil.copytree(written.adapted_in, models / "small@copy")

    name = f"{written.manifest.name}, adapted to Ward 3"
    assert shown_names(find_bundles(models)) == [
        "small", f"{name} (small@copy)", f"{name} (small@ward-3)"
    ]  # fmt: skip


def test_a_removed_one_is_brought_back_as_it_was(adapted, models):
    written = folder.write_beside(adapted, models)
    away = folder.remove(written)

    assert folder.removed(adapted.bundle, models) == [away]
    assert folder.removed_name(away) == "small@ward-3"
    assert folder.restore(away, models) == written
    assert folder.removed(adapted.bundle, models) == []


def test_it_is_not_brought_back_over_another(adapted, models):
    away = folder.remove(folder.write_beside(adapted, models))
    folder.write_beside(adapted, models)

    with pytest.raises(OverreadError, match="another adaptation 'small@ward-3'"):
        folder.restore(away, models)
    assert away.is_dir()


def test_only_so_many_removed_ones_are_kept(adapted, models, monkeypatch):
    monkeypatch.setattr(folder, "MOST_REMOVED", 1)
    (models / ".removed" / "small@a 0").mkdir(parents=True)
    written = folder.write_beside(adapted, models)

    with pytest.raises(OverreadError, match="1 adaptations were removed already"):
        folder.remove(written)
    assert (models / "small@ward-3").is_dir()


def test_a_bundle_has_only_so_many_adaptations(adapted, models, monkeypatch):
    monkeypatch.setattr(folder, "MOST_BESIDE", 2)
    for other in ("small@a", "small@b", "smaller@c"):
        (models / other).mkdir()

    with pytest.raises(OverreadError, match=r"2 adaptations of 'small' already.*remove"):
        folder.write_beside(adapted, models)
    (models / "small@a").rmdir()
    assert folder.write_beside(adapted, models)


def test_a_folder_that_is_not_writable_is_an_error_with_what_to_do(adapted, models, monkeypatch):
    blocked = models / "file"
    blocked.write_bytes(b"")  # no folder can be made in a file, also by the administrator

    with pytest.raises(OverreadError, match=r"could not be written.*OVERREAD_MODELS"):
        folder.write_beside(adapted, blocked)


def test_a_bundle_is_never_removed(adapted, models):
    with pytest.raises(OverreadError, match="not an adaptation"):
        folder.remove(adapted.bundle)

    assert load_bundle(models / "small")


def test_a_folder_with_other_files_is_not_removed(adapted, models):
    written = folder.write_beside(adapted, models)
    (models / "small@ward-3" / "notes.txt").write_text("mine")

    with pytest.raises(OverreadError, match=r"also holds 'notes\.txt'"):
        folder.remove(written)
    assert (models / "small@ward-3" / "adaptation.json").is_file()


def test_a_link_is_not_removed(adapted, models, tmp_path):
    folder.write_beside(adapted, models)
    (tmp_path / "more").mkdir()
    link = tmp_path / "more" / "small@ward-3"
    link.symlink_to(models / "small@ward-3", target_is_directory=True)

    with pytest.raises(OverreadError, match="not an adaptation"):
        folder.remove(load_bundle(link))
    assert (models / "small@ward-3").is_dir()
