"""`overread score` with a gate: what it refuses, offers and, when asked, puts right."""

import cv2
import pandas as pd
import pytest
from PIL import Image

from app.cli import main
from app.core.results.overlay_writer import REMEDY_TEXT
from tests.references import familiar_film, foreign_film

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    cv2.imwrite(str(folder / "familiar.png"), familiar_film(2000))
    cv2.imwrite(str(folder / "foreign.png"), foreign_film(2001))
    cv2.imwrite(str(folder / "inverted.png"), 255 - familiar_film(2002))
    return folder


def score(bundle, folder, out, *more):
    call = ["score", str(bundle.path), str(folder), "--out", str(out), "--backend", "tensorflow"]
    assert main([*call, *more]) == 0
    table = pd.read_csv(out, keep_default_na=False).set_index("path")
    return table.rename(index=lambda path: path.split("/")[-1])


def test_remedies_are_offered_and_applied_when_asked(referenced_bundle, folder, tmp_path, capsys):
    table = score(referenced_bundle, folder, tmp_path / "a.csv")
    assert table["status"].to_dict() == {
        "familiar.png": "ok", "foreign.png": "refused", "inverted.png": "refused"
    }  # fmt: skip
    assert table["remedy_offered"].tolist() == ["", "", "invert"]
    assert table["remedy"].tolist() == ["", "", ""]
    assert table["probability"].tolist()[1:] == ["", ""]
    assert (table["distance"].astype(float) > 1).tolist() == [False, True, True]
    assert "remedy offered: 1" in capsys.readouterr().err

    maps = tmp_path / "maps"
    table = score(
        referenced_bundle, folder, tmp_path / "b.csv", "--apply-remedies", "--heatmaps", str(maps)
    )
    assert table["status"].tolist() == ["ok", "refused", "ok"]
    assert table["remedy"].tolist() == ["", "", "invert"]
    assert float(table.loc["inverted.png", "distance"]) < 1
    assert "with a remedy: 1" in capsys.readouterr().err
    drawn = maps / f"{table.loc['inverted.png', 'image_id']}.png"
    with Image.open(drawn) as picture:
        assert picture.info[REMEDY_TEXT] == "invert"


def test_a_bundle_without_a_reference_says_so(bundle, folder, tmp_path, capsys):
    table = score(bundle, folder, tmp_path / "a.csv", "--apply-remedies")

    assert table["status"].tolist() == ["ok"] * 3
    assert table["distance"].tolist() == [""] * 3
    assert "cannot recognise foreign images" in capsys.readouterr().err
