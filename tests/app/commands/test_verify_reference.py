"""`overread verify` on a bundle with a reference: what it refuses, and how the sample lies."""

import json
import re
import shutil

import cv2
import pytest

from app.cli import main
from app.core.bundles.bundle_files import REFERENCE, file_sha256
from app.core.bundles.manifest import MANIFEST
from tests.references import familiar_film, foreign_film

pytestmark = pytest.mark.slow


def with_sample(bundle, folder, pixels):
    shutil.copytree(bundle.path, folder)
    (folder / "samples").mkdir()
    cv2.imwrite(str(folder / "samples" / "one.png"), pixels)
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    content["files"]["samples/one.png"] = file_sha256(folder / "samples" / "one.png")
    (folder / MANIFEST).write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_the_reference_and_a_familiar_sample(referenced_bundle, tmp_path, capsys):
    folder = with_sample(referenced_bundle, tmp_path / "good", familiar_film(4000))
    assert main(["verify", str(folder)]) == 0

    said = capsys.readouterr().out
    assert "that 2 % of the validation images exceed" in said
    assert "1 of 60" in said
    assert "layer pixels: mean, 4 x 4 cells" in said
    distance = re.search(r"the sample one.png: (\d+\.\d\d) of the limit", said)
    assert 0 < float(distance.group(1)) < 1
    assert "refused:" not in said


def test_a_foreign_sample_is_told(referenced_bundle, tmp_path, capsys):
    folder = with_sample(referenced_bundle, tmp_path / "odd", foreign_film(4001))
    assert main(["verify", str(folder)]) == 0

    assert "refused: This image is unlike those" in capsys.readouterr().out


def test_a_reference_that_does_not_fit_its_network(referenced_bundle, tmp_path, capsys):
    folder = shutil.copytree(referenced_bundle.path, tmp_path / "other")
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    content["reference"]["layers"][0]["grid"] = 2
    (folder / MANIFEST).write_text(json.dumps(content), encoding="utf-8")

    assert main(["verify", str(folder)]) == 1
    assert "4 features; the reference of its bundle has 16" in capsys.readouterr().err
    assert (folder / REFERENCE).exists()


def test_a_bundle_without_a_reference(bundle, capsys):
    assert main(["verify", str(bundle.path)]) == 0
    assert "cannot recognise foreign images" in capsys.readouterr().out
