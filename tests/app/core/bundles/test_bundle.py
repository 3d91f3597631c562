import hashlib
import json
import shutil

import pytest

from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_files import (
    MODEL,
    PICTURES,
    PREDICTIONS,
    REQUIRED_FILES,
    file_sha256,
)
from app.core.bundles.manifest import MANIFEST
from app.core.errors import BundleError
from app.core.networks.network import load_network


@pytest.fixture
def copy(bundle, tmp_path):
    """A bundle that may be damaged."""
    return shutil.copytree(bundle.path, tmp_path / "models" / "small")


@pytest.fixture
def copy_of_three(three_class_bundle, tmp_path):
    return shutil.copytree(three_class_bundle.path, tmp_path / "models" / "three")


def change(folder, **changes):
    """Changes entries of the manifest; a dotted key with `__` goes one level down."""
    content = json.loads((folder / MANIFEST).read_text())
    for key, value in changes.items():
        *parents, last = key.split("__")
        place = content
        for parent in parents:
            place = place[parent]
        place[last] = value
    (folder / MANIFEST).write_text(json.dumps(content))


def rewrite(folder, name, text):
    """Changes a file together with its digest, as a faulty trainer would write it."""
    (folder / name).write_text(text)
    content = json.loads((folder / MANIFEST).read_text())
    content["files"][name] = file_sha256(folder / name)
    (folder / MANIFEST).write_text(json.dumps(content))


def refusal(folder):
    with pytest.raises(BundleError) as caught:
        load_bundle(folder)
    return str(caught.value)


def test_a_valid_bundle(bundle):
    again = load_bundle(bundle.path)
    assert again == bundle
    assert again.sha256 == hashlib.sha256((bundle.path / MANIFEST).read_bytes()).hexdigest()
    assert again.name == "small"
    assert set(REQUIRED_FILES) <= set(again.manifest.files)
    assert len(again.predictions()) == 80
    assert list(again.history().columns) == ["epoch", "loss", "val_loss", "val_auc"]
    assert again.card().startswith("#")
    assert again.samples == []


def test_pictures_of_older_bundles_are_jpegs(copy):
    content = json.loads((copy / MANIFEST).read_text())
    (copy / PICTURES).mkdir()
    for name in ("old.jpg", "new.webp"):
        picture = copy / PICTURES / name
        picture.write_bytes(b"picture")
        content["files"][f"{PICTURES}/{name}"] = file_sha256(picture)
    (copy / MANIFEST).write_text(json.dumps(content))

    bundle = load_bundle(copy)

    assert bundle.picture("old") == copy / PICTURES / "old.jpg"
    assert bundle.picture("new") == copy / PICTURES / "new.webp"
    assert bundle.picture("none") is None


def test_a_reference_without_its_numbers(copy):
    reference = {"layers": [{"layer": "pixels"}], "limit_share": 0.02, "refused": 1, "of": 50}
    change(copy, format=3, reference=reference)
    assert "does not list reference.npz" in refusal(copy)


def test_files_that_are_not_listed_are_passed_over(copy):
    (copy / "notes.txt").write_text("mine")
    assert load_bundle(copy).name == "small"


def test_samples_are_in_name_order(copy):
    (copy / "samples").mkdir()
    content = json.loads((copy / MANIFEST).read_text())
    for name in ("b.png", "a.png"):
        (copy / "samples" / name).write_bytes(name.encode())
        content["files"][f"samples/{name}"] = hashlib.sha256(name.encode()).hexdigest()
    (copy / MANIFEST).write_text(json.dumps(content))
    assert [path.name for path in load_bundle(copy).samples] == ["a.png", "b.png"]


@pytest.mark.parametrize("name", REQUIRED_FILES)
def test_a_changed_byte(copy, name):
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    message = refusal(copy)
    assert name in message
    assert "was changed" in message
    assert hashlib.sha256(data).hexdigest()[:12] in message


@pytest.mark.parametrize("name", REQUIRED_FILES)
def test_a_missing_file(copy, name):
    (copy / name).unlink()
    message = refusal(copy)
    assert f"lacks {name}" in message
    assert "Copy the bundle again" in message


def test_a_folder_in_place_of_a_file(copy):
    (copy / MODEL).unlink()
    (copy / MODEL).mkdir()
    assert f"lacks {MODEL}" in refusal(copy)


@pytest.mark.parametrize("name", REQUIRED_FILES)
def test_a_file_that_is_not_listed_but_needed(copy, name):
    content = json.loads((copy / MANIFEST).read_text())
    del content["files"][name]
    (copy / MANIFEST).write_text(json.dumps(content))
    assert f"does not list {name}" in refusal(copy)


def test_no_bundle_there(tmp_path):
    for folder in (tmp_path, tmp_path / "none", tmp_path / ("x" * 300), tmp_path / "a\0b"):
        assert "no bundle" in refusal(folder)


def test_a_manifest_that_may_not_be_read(copy, monkeypatch):
    def denied(*_):
        raise PermissionError(13, "Permission denied", "/home/CANARY")

    monkeypatch.setattr("pathlib.Path.read_bytes", denied)
    message = refusal(copy)
    assert "Permission denied" in message
    assert "CANARY" not in message


@pytest.mark.parametrize(
    "name", ["../secret.txt", "a/../../secret.txt", "/etc/hostname", "link.txt", "a\0b"]
)
def test_a_listed_file_outside_the_folder(copy, name):
    (copy.parent / "secret.txt").write_text("secret")
    (copy / "link.txt").symlink_to("../secret.txt")
    content = json.loads((copy / MANIFEST).read_text())
    content["files"][name] = hashlib.sha256(b"secret").hexdigest()
    (copy / MANIFEST).write_text(json.dumps(content))
    assert "outside its folder" in refusal(copy)


def test_a_listed_name_that_no_system_takes(copy):
    content = json.loads((copy / MANIFEST).read_text())
    content["files"]["x" * 5000] = "0" * 64
    (copy / MANIFEST).write_text(json.dumps(content))
    assert "lacks" in refusal(copy) or "outside" in refusal(copy)


# Classes that do not fit.


def test_more_classes_than_the_table_has_columns(copy):
    change(copy, task__classes=["NORMAL", "PNEUMONIA", "OTHER"], task__positive=None)
    message = refusal(copy)
    assert PREDICTIONS in message
    assert "['NORMAL', 'PNEUMONIA', 'OTHER']" in message


def test_fewer_classes_than_the_table_has_labels(copy_of_three):
    change(copy_of_three, task__classes=["CLEAR", "NODULE"], task__positive="NODULE",
           task__display_names={})  # fmt: skip
    message = refusal(copy_of_three)
    assert "contains the classes [2]" in message
    assert "positions 0 to 1" in message


def test_fewer_classes_than_the_network_has_outputs(copy_of_three):
    change(copy_of_three, task__classes=["CLEAR", "NODULE"], task__positive="NODULE",
           task__display_names={})  # fmt: skip
    table = (copy_of_three / PREDICTIONS).read_text()
    header, *rows = table.splitlines()
    label = header.split(",").index("y_true")
    kept = [row for row in rows if row.split(",")[label] != "2"]
    rewrite(copy_of_three, PREDICTIONS, "\n".join([header, *kept]) + "\n")
    with pytest.raises(BundleError, match="has 3 outputs; its manifest lists 2 classes"):
        load_network(load_bundle(copy_of_three))


@pytest.mark.parametrize("size", [{"input__height": 64}, {"input__channels": 3}])
def test_another_size_than_the_network_takes(copy, size):
    change(copy, **size)
    with pytest.raises(BundleError, match=r"takes \(48, 48, 1\); its manifest says"):
        load_network(load_bundle(copy))


def test_a_network_that_keras_cannot_read(copy):
    rewrite(copy, MODEL, "no network")
    with pytest.raises(BundleError, match=r"model\.keras .* cannot be loaded"):
        load_network(load_bundle(copy))


# Tables that do not fit.


@pytest.mark.parametrize("text", ["", "\n", "\x00", 'a,"b\n'])
def test_a_file_that_is_no_table(copy, text):
    rewrite(copy, PREDICTIONS, text)
    assert PREDICTIONS in refusal(copy)


def test_a_table_without_its_columns(copy):
    rewrite(copy, PREDICTIONS, "split,path\ntest,a.png\n")
    message = refusal(copy)
    assert "lacks the columns" in message
    assert "y_true" in message
    assert "probability" in message


@pytest.mark.parametrize("label", ["2", "-1", "NORMAL", "0.5", ""])
def test_a_table_with_unknown_classes(copy, label):
    table = (copy / PREDICTIONS).read_text()
    header, first, *rest = table.splitlines()
    cells = first.split(",")
    cells[header.split(",").index("y_true")] = label
    rewrite(copy, PREDICTIONS, "\n".join([header, ",".join(cells), *rest]) + "\n")
    assert "positions 0 to 1" in refusal(copy)


@pytest.mark.parametrize("value", ["1.5", "-0.1", "high", "", "nan", "inf"])
def test_a_table_with_impossible_probabilities(copy, value):
    table = (copy / PREDICTIONS).read_text()
    header, first, *rest = table.splitlines()
    cells = first.split(",")
    cells[header.split(",").index("probability")] = value
    rewrite(copy, PREDICTIONS, "\n".join([header, ",".join(cells), *rest]) + "\n")
    assert "numbers from 0 to 1" in refusal(copy)


# Finding.


def test_names_of_an_earlier_version_are_read(bundle, copy):
    """Fields of the manifest and a column of the predictions had other names once."""
    text = (copy / MANIFEST).read_text()
    for old, new in (
        ("doubtful_low", "uncertain_low"),
        ("doubtful_high", "uncertain_high"),
        ("wording", "display_names"),
    ):
        assert f'"{new}"' in text
        text = text.replace(f'"{new}"', f'"{old}"')
    (copy / MANIFEST).write_text(text)
    table = bundle.predictions().assign(group_id="a")
    rewrite(copy, PREDICTIONS, table.rename(columns={"group_id": "kept_together"}).to_csv())

    old = load_bundle(copy)

    assert old.manifest.thresholds == bundle.manifest.thresholds
    assert old.manifest.task == bundle.manifest.task
    assert (old.predictions()["group_id"] == "a").all()
