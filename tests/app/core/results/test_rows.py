from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.core.record.verdict import Verdict
from app.core.results import rows
from app.core.results.table_writer import open_table
from app.core.scoring.prediction import predict
from app.core.scoring.result import Result
from app.core.sources.source import Source
from app.core.spreadsheets import to_csv

COLUMNS = (
    "path,image_id,status,reason,prediction,probability,raw_probability,threshold,zone,"
    "NORMAL,PNEUMONIA,bundle,bundle_sha256,frame,window,window_from,"
    "distance,remedy_offered,remedy,override,duplicate_of"
)


def scored(bundle, name="film.png", logit=2.0):
    prediction = predict(np.array([0.0, logit]), bundle.manifest)
    return Result(Source(name, Path("/data") / name), "f" * 64, "ok", prediction=prediction)


def test_columns_are_the_contract(bundle, three_class_bundle):
    assert ",".join(rows.columns(bundle)) == COLUMNS
    assert rows.columns(three_class_bundle)[9:12] == ["CLEAR", "EFFUSION", "NODULE"]


def test_a_scored_row(bundle):
    row = rows.row(scored(bundle), bundle)

    assert row["prediction"] == "PNEUMONIA"
    assert row["probability"] == row["PNEUMONIA"] == 0.832018  # sigmoid(2 / 1.25)
    assert row["raw_probability"] == 0.880797  # sigmoid(2)
    assert row["NORMAL"] == 0.167982
    assert row["bundle_sha256"] == bundle.sha256


def test_an_unscored_row_has_no_figures(bundle):
    refused = Result(Source("a.png", Path("a.png")), "e" * 64, "refused", "blank", "nothing")
    table = pd.read_csv(StringIO(to_csv(rows.table([refused], bundle))))

    assert table.loc[0, "status"] == "refused"
    assert table.loc[0, "reason"] == "blank: nothing"
    assert table[["prediction", "probability", "threshold", "NORMAL"]].isna().all(axis=None)


def test_order_is_the_order_of_the_input(bundle):
    table = rows.table([scored(bundle, "b.png"), scored(bundle, "a.png")], bundle)

    assert list(table["path"]) == ["b.png", "a.png"]


def test_what_was_said_stands_beside_its_film(bundle):
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    said = [
        Verdict("disagree", "marker", when, label="NORMAL"),
        None,
        Verdict(None, "", when, event="reported"),
    ]
    table = rows.with_verdicts(rows.table([scored(bundle)] * 3, bundle), said)

    assert table[["verdict", "own_class", "comment", "reviewed_at"]].fillna("").values.tolist() == [
        ["disagree", "NORMAL", "marker", "2026-01-02T03:04:05+00:00"],
        [""] * 4,
        ["reported", "", "", "2026-01-02T03:04:05+00:00"],
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_name_cannot_become_a_formula(bundle, start):
    table = rows.table([scored(bundle, f"{start}HYPERLINK(1).png", logit=-1.0)], bundle)
    read = pd.read_csv(StringIO(to_csv(table)))

    assert read.loc[0, "path"] == f"'{start}HYPERLINK(1).png".replace("\r", "\\r")
    assert read.loc[0, "probability"] == table.loc[0, "probability"]


def test_a_class_cannot_become_a_formula(three_class_bundle, tmp_path):
    manifest = three_class_bundle.manifest
    task = manifest.task.model_copy(update={"classes": ("-healthy", "=1+1", "@ill")})
    bundle = replace(three_class_bundle, manifest=manifest.model_copy(update={"task": task}))
    with open_table(tmp_path / "r.csv", bundle):
        pass

    headings = (tmp_path / "r.csv").read_text(encoding="utf-8")
    assert ",'-healthy,'=1+1,'@ill," in headings
    assert to_csv(rows.table([], bundle)) == headings


def test_rows_written_one_by_one_are_the_table(bundle, tmp_path):
    refused = Result(Source("=a, b.png", Path("a.png")), "e" * 64, "refused", "blank", '"nothing"')
    found = [scored(bundle), refused, scored(bundle, "b.png", logit=-1e-9)]
    path = tmp_path / "r.csv"

    with open_table(path, bundle) as table:
        for result in found:
            table.write(result)

    assert path.read_text(encoding="utf-8") == to_csv(rows.table(found, bundle))


def test_names_with_commas_quotes_and_newlines_stay_one_cell(bundle):
    name = 'a,"b"\nc.png'
    table = pd.read_csv(StringIO(to_csv(rows.table([scored(bundle, name)], bundle))))

    assert table.loc[0, "path"] == name


def test_each_finding_has_a_group_of_columns(findings_bundle, tmp_path):
    prediction = predict(np.array([-3.0, 2.0, -1.0]), findings_bundle.manifest)
    result = Result(Source("a.png", Path("a.png")), "f" * 64, "ok", prediction=prediction)
    refused = Result(Source("b.png", Path("b.png")), "e" * 64, "refused", "blank", "nothing")

    table = rows.table([result, refused], findings_bundle)

    assert list(table.columns[:10]) == [
        "path", "image_id", "status", "reason", "prediction", "zone",
        "probability:EFFUSION", "raw_probability:EFFUSION", "threshold:EFFUSION", "zone:EFFUSION",
    ]  # fmt: skip
    assert table.loc[0, "prediction"] == "NODULE|CARDIOMEGALY"
    assert table.loc[0, "probability:NODULE"] == 0.817574  # sigmoid(2 / 2 + 0.5)
    assert table.loc[0, "raw_probability:NODULE"] == 0.880797  # sigmoid(2)
    assert table.loc[0, ["zone:EFFUSION", "zone:NODULE", "zone:CARDIOMEGALY"]].tolist() == [
        "negative", "positive", "uncertain",
    ]  # fmt: skip
    assert table.loc[0, "zone"] == "positive"
    assert table.iloc[1, 4:-10].isna().all()

    for name in ("r.csv", "r.parquet"):
        with open_table(tmp_path / name, findings_bundle) as writer:
            writer.write(result)
            writer.write(refused)
    read = pd.read_parquet(tmp_path / "r.parquet")
    assert read["threshold:CARDIOMEGALY"].tolist() == pytest.approx([0.3, np.nan], nan_ok=True)
    assert (tmp_path / "r.csv").read_text(encoding="utf-8") == to_csv(table)


def test_no_finding_has_a_word(findings_bundle):
    prediction = predict(np.array([-9.0, -9.0, -9.0]), findings_bundle.manifest)
    result = Result(Source("a.png", Path("a.png")), "f" * 64, "ok", prediction=prediction)

    assert rows.row(result, findings_bundle)["prediction"] == "none"
