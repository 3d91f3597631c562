"""`overread report`: what is written agrees with the record to the last row."""

import json
import re
from io import BytesIO
from zipfile import ZipFile

import pandas as pd
import pytest
from pypdf import PdfReader

from app.cli import main
from app.core.record.entry import Draft
from app.core.record.log import append
from app.core.record.worklists import set_truth
from app.core.review.making import Plan, of_samples
from app.core.review.worklist_registry import open_worklists

NAME = "Report 肺"


@pytest.fixture(scope="module")
def opened(phantom_bundle):
    """A worklist of sample films, of which two readers read three."""
    worklists = open_worklists()
    made = of_samples(worklists, Plan(name=NAME, bundle=phantom_bundle, mode="blind_first"))
    made.wait_until_scored()
    set_truth(worklists.record, made.worklist.id, "folders")
    made.refresh()
    for item in range(3):
        result = made.result(item)
        for reader in ("Ada", "Grace"):
            common = {
                "image_id": result.image_id, "bundle_sha256": made.bundle.sha256, "item": item,
                "worklist_id": made.worklist.id, "reader": reader, "reading_seconds": 3.5,
            }  # fmt: skip
            append(
                worklists.record,
                Draft(event="call", label="NORMAL", confidence=0.75, **common),
                Draft(
                    event="verdict", agreement="agree", prediction=result.prediction.label,
                    comment="=1+1", **common,
                ),
            )  # fmt: skip
    yield made
    worklists.close_all()


def test_every_file_holds_the_same_readings(opened, tmp_path, capsys):
    assert main(["report", NAME, "--out", str(tmp_path / "out"), "--overlays"]) == 0
    said = capsys.readouterr().out.splitlines()
    out = tmp_path / "out"

    readings = pd.read_csv(out / "readings.csv", keep_default_na=False)
    content = json.loads((out / "worklist.json").read_text("utf-8"))
    text = "".join(page.extract_text() for page in PdfReader(out / "report.pdf").pages)
    in_pdf = sorted(map(int, re.findall(r"Entry (\d+), ", text)))
    in_csv = sorted([*readings["call_entry"], *readings["verdict_entry"]])
    in_json = [one["number"] for one in content["entries"]]

    assert len(readings) == len(pd.read_parquet(out / "readings.parquet")) == 6
    assert in_pdf == in_csv == in_json
    assert said[1:4] == [f"films: {len(opened)}", "readings: 6", "entries: 12"]
    assert said[4] == f"last: {in_json[-1]}:{content['entries'][-1]['hash']}"
    assert set(readings["comment"]) == {"'=1+1"}
    assert set(readings["truth"]) <= {"NORMAL", "PNEUMONIA"}
    assert len(pd.read_csv(out / "films.csv")) == len(opened)


def test_overlays_are_named_as_the_tables_name_films(opened, tmp_path):
    assert main(["report", opened.worklist.id, "--out", str(tmp_path), "--overlays"]) == 0

    films = pd.read_csv(tmp_path / "films.csv")
    with ZipFile(BytesIO((tmp_path / "overlays.zip").read_bytes())) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert "Research use only" in archive.read("README.txt").decode()
    assert names[:-1] == [
        f"{item + 1:06d}_{digest}.png"
        for item, digest in zip(films["item"], films["image_id"], strict=True)
    ]


def test_that_there_are_no_worklists_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path))

    assert main(["report"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "overread: there are no worklists yet.\n")


def test_without_a_worklist_those_there_are_are_listed(opened, capsys):
    assert main(["report"]) == 0

    assert f"{opened.worklist.id}\t" in capsys.readouterr().out


@pytest.mark.parametrize(("call", "said"), [
    (["report", "no such"], "--out is missing"),
    (["report", "no such", "--out", "x"], "There is no worklist"),
])  # fmt: skip
def test_a_wrong_call_writes_nothing(opened, call, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(call) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
