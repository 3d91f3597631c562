"""`overread-train evaluate` as its users call it."""

import re

import pandas as pd
import pytest

from app.core.results.rows import columns
from app.core.scoring.gatekeeper import NO_REFERENCE
from model_training.cli import main
from tests.model_training.films import write_classes


@pytest.fixture(scope="module")
def called(bundle, tmp_path_factory):
    """Folder with the table and the page, and how the command ended."""
    folder = tmp_path_factory.mktemp("evaluate")
    write_classes(folder / "films", ("NORMAL", "PNEUMONIA"), patients=4)
    (folder / "films" / "NORMAL" / "Mustermann_Erika.png").write_bytes(b"not an image")
    arguments = ["evaluate", str(bundle.path), str(folder / "films")]
    outputs = ["--out", str(folder / "new" / "p.csv"), "--html", str(folder / "new" / "r.html")]
    return folder / "new", main([*arguments, *outputs])


def test_table_and_page_are_written(called, bundle):
    folder, status = called

    assert status == 0
    table = pd.read_csv(folder / "p.csv")
    assert list(table) == [*columns(bundle), "patient_id", "subgroup", "truth"]
    assert len(table) == 17
    assert table["status"].value_counts().to_dict() == {"ok": 16, "unreadable": 1}
    page = (folder / "r.html").read_text(encoding="utf-8")
    assert "<h1>small on films</h1>" in page
    assert "16 images of 8 patients" in page
    assert "1 of 17 images" in page
    assert page.count('class="plot"') == 2
    assert "Mustermann" not in page


def test_figures_are_printed_and_patients_are_not(bundle, tmp_path, capsys):
    write_classes(tmp_path / "films", ("NORMAL", "PNEUMONIA"), patients=3)

    assert main(["evaluate", str(bundle.path), str(tmp_path / "films")]) == 0

    printed = capsys.readouterr()
    assert "12 images of 6 patients" in printed.out
    for name in ("AUC", "Specificity at 97% sensitivity", "Expected calibration error"):
        assert f"\n| {name} " in printed.out
    assert "0.500, the bundle's own (" in printed.out.replace("\n", " ")
    assert not re.search(r"person\d", printed.out + printed.err)
    assert "| figure" not in printed.err
    assert NO_REFERENCE in printed.err


@pytest.mark.slow
def test_three_classes_are_printed(three_class_bundle, tmp_path, capsys):
    write_classes(tmp_path, ("CLEAR", "EFFUSION", "NODULE"), patients=2)
    page = tmp_path / "r.html"

    assert main(["evaluate", str(three_class_bundle.path), str(tmp_path), "--html", str(page)]) == 0

    assert "| Sensitivity for Effusion" in capsys.readouterr().out
    assert page.read_text(encoding="utf-8").count('class="plot"') == 2


@pytest.mark.parametrize(
    ("bundle_name", "data_name", "message"),
    [("nowhere", "films", "folder 'nowhere'"),
     ("small", "missing", "missing")],
)  # fmt: skip
def test_bad_input_is_a_sentence_and_status_1(
    bundle, tmp_path, capsys, bundle_name, data_name, message
):
    write_classes(tmp_path / "films", ("NORMAL", "PNEUMONIA"), patients=1)
    path = bundle.path if bundle_name == "small" else tmp_path / bundle_name

    assert main(["evaluate", str(path), str(tmp_path / data_name)]) == 1

    printed = capsys.readouterr()
    assert message in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""
