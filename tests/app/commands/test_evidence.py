"""`overread evidence` and `overread compare`, as docs/evidence.md shows them."""

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.cli import main
from app.core.evidence.evidence import load_evidence

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "evidence.md"


def commands():
    """The commands of the page, without the program's folder."""
    blocks = re.findall(r"^```\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.S | re.M)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if "overread " in line]


def write_tables(folder):
    """The tables and films that the page speaks of."""
    random = np.random.default_rng(0)
    cases = [f"{number:04}.png" for number in range(40)]
    truth = random.integers(0, 2, 40)
    score = np.round(np.clip(0.3 + 0.4 * truth + random.normal(0, 0.2, 40), 0, 1), 3)
    patients = [f"p{number // 2}" for number in range(40)]

    def save(name, **columns):
        pd.DataFrame(columns).to_csv(folder / name, index=False)

    save("vendor.csv", case=cases, patient_id=patients, score=score, truth=truth)
    save(
        "export.csv", exam=cases, ai_result=score, mrn=patients, unit=["A", "B"] * 20,
        vendor=["X", "X", "Y", "Y"] * 10, biopsy=np.where(truth, "malignant", "benign"),
    )  # fmt: skip
    save(
        "findings.csv", case=cases, eff_ai=score, eff_ref=truth, nod_ai=1 - score, nod_ref=1 - truth
    )
    save(
        "long.csv", image=np.repeat(cases, 2), pathology=["effusion", "nodule"] * 40,
        score=np.stack([score, 1 - score], axis=1).ravel().round(3),
        truth=np.stack([truth, 1 - truth], axis=1).ravel(),
    )  # fmt: skip
    save(
        "readers.csv", case=np.repeat(cases, 2), reader=["R1", "R2"] * 40,
        score=random.integers(1, 6, 80), truth=np.repeat(truth, 2),
    )  # fmt: skip
    save("scores.csv", case=cases, score=score)
    save("truth.csv", case=[case.removesuffix(".png") for case in cases], truth=truth)
    save("rival.csv", case=cases[4:], score=np.round(1 - score, 3)[4:])
    (folder / "models").symlink_to(ROOT / "models")
    rows = pd.read_csv(folder / "models" / "phantom-findings" / "predictions.csv")
    rows = rows[rows["split"] == "test"]
    save(
        "effusions.csv", case=rows["path"], score=random.uniform(0, 1, len(rows)),
        truth=rows["y_true:EFFUSION"],
    )  # fmt: skip
    save("points.csv", case=cases, score=np.round(100 * score), truth=truth)
    (folder / "films").mkdir()
    for case in cases:
        (folder / "films" / case).write_bytes(b"\x89PNG\r\n\x1a\n" + case.encode())


def test_the_commands_of_the_page_do_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_tables(tmp_path)
    found = commands()

    for command in found:
        assert Path(command[0]).name == "overread"
        assert main(command[1:]) == 0, command

    outs = [command[command.index("--out") + 1] for command in found if "--out" in command]
    made = {Path(out).name: load_evidence(tmp_path / out) for out in outs}
    assert {command[1] for command in found} == {"evidence", "compare"}
    assert len(made) == len(outs) >= 5
    assert made["vendor"].manifest.cuts[""].rule == "stated"
    assert "Films of 40 of 40 cases were found." in made["vendor"].manifest.notes
    assert made["export"].manifest.sites == ("A", "B")
    assert made["export"].manifest.task.classes == ("benign", "malignant")
    assert made["findings"].manifest.findings["effusion"].thresholds.decision == 0.3
    assert made["long"].manifest.task.classes == ("effusion", "nodule")
    assert made["second-reader"].manifest.kind == "score"
    assert made["spring"].name == "Vendor, spring 2026"
    assert not made["points"].are_probabilities
    said = capsys.readouterr()
    assert "Columns: case 'case'; score 'score'; truth 'truth'; patient 'patient_id'" in said.out
    assert "40 cases. Folder: evidence/vendor" in said.err
    assert "AUC: Vendor, spring 2026 is better, " in said.out
    assert "36 shared cases of 36 groups" in said.out
    assert "Not compared: 4 cases only in Vendor, spring 2026, 0 cases only in rival." in said.out
    assert "AUC: phantom-findings is better, " in said.out
    figures = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    assert figures["num_shared"] == 36
    assert [one["is_clear"] for one in figures["differences"]] == [True] * 5


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["--out", "."], 2, "exists. Name a new folder"),
        (["--out", "new", "--threshold", "high"], 2, "'high' is not a number"),
        (["--out", "new", "--score", "a=x", "--score", "a=y"], 2, "given twice"),
        (["--out", "new", "--case", "gone"], 1, "no column 'gone'"),
        (["--out", "new", "--images", "gone"], 1, "no folder 'gone'"),
        (["--out", "new", "--truth", "gone.csv"], 1, "cannot be read"),
    ],
)
def test_a_wrong_call_writes_nothing(arguments, status, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_tables(tmp_path)

    assert main(["evidence", "vendor.csv", *arguments]) == status

    assert told in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["evidence/a", "gone"], 1, "gone"),
        (["evidence/a", "evidence/b", "--json", "."], 2, "which is a folder"),
        (["evidence/a", "evidence/b", "--json", "c.json"], 1, "have no case in common"),
        (["evidence/a", "models/phantom-findings"], 1, "choose it with --finding"),
        (["evidence/a", "models/phantom-chest", "--split", "train"], 1, "the split 'train'"),
        (["evidence/a"], 2, ""),
    ],
)
def test_a_comparison_that_cannot_be_made_says_why(
    arguments, status, told, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    write_tables(tmp_path)
    assert main(["evidence", "vendor.csv", "--out", "evidence/a"]) == 0
    assert main(["evidence", "effusions.csv", "--out", "evidence/b"]) == 0

    try:
        found = main(["compare", *arguments])
    except SystemExit as ended:
        found = ended.code

    assert found == status
    assert told in capsys.readouterr().err
    assert not (tmp_path / "c.json").exists()
