"""`overread score` says how the folder differs from the films of the reference."""

import json

import pandas as pd
import pytest

from app.cli import main
from app.core.gate.image_statistics import NAMES
from tests.folder_films import with_ward, write_ward

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ward_bundle(bundle, tmp_path_factory):
    return with_ward(bundle, tmp_path_factory.mktemp("ward") / bundle.name)


def _score(bundle, films, out):
    assert main(["score", str(bundle.path), str(films), "--out", str(out)]) == 0


def test_a_folder_that_differs_is_told_of_beside_the_table(ward_bundle, tmp_path, capsys):
    films = write_ward(tmp_path / "films", 55, brighter=60)
    (films / "torn.png").write_bytes(b"\x89PNG torn")

    _score(ward_bundle, films, tmp_path / "r.csv")

    content = json.loads((tmp_path / "r.csv.shift.json").read_text(encoding="utf-8"))
    assert content["matters"] is True
    assert "brighter" in content["sentence"]
    assert content["sentence"] in capsys.readouterr().err
    assert content["refused"]["of"] == content["films_compared"] == 55
    assert len(pd.read_csv(tmp_path / "r.csv")) == 56  # the table is as it was


def test_a_folder_like_home_is_told_of_in_the_file_only(ward_bundle, tmp_path, capsys):
    _score(ward_bundle, write_ward(tmp_path / "films", 55), tmp_path / "r.csv")

    content = json.loads((tmp_path / "r.csv.shift.json").read_text(encoding="utf-8"))
    assert (content["matters"], content["sentence"]) == (False, "")
    assert len(content["tests"]) == 6 + len(NAMES)
    assert "differ" not in capsys.readouterr().err


def test_a_bundle_without_a_reference_writes_no_file(bundle, tmp_path):
    _score(bundle, write_ward(tmp_path / "films", 2), tmp_path / "r.csv")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["films", "r.csv"]
