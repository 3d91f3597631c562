import csv
import shutil

import cv2
import numpy as np
import pytest

from app.cli import main
from app.core.adaptation.check_words import worst
from app.core.bundles.adaptation_checks import read_checks
from app.core.bundles.bundle import load_bundle


@pytest.fixture
def base(bundle, tmp_path):
    return load_bundle(shutil.copytree(bundle.path, tmp_path / "models" / "small"))


@pytest.fixture
def films(tmp_path, film):
    """Forty different films of either class."""
    folder = tmp_path / "films"
    folder.mkdir()
    for number in range(40):
        cv2.imwrite(str(folder / f"{number:02}.png"), np.roll(film, 3 * number, axis=1))
    return folder


def labels_of(films, *, positives=20):
    path = films.parent / "labels.csv"
    rows = [
        f"films/{one.name},{'PNEUMONIA' if number < positives else 'NORMAL'},p{number // 2}"
        for number, one in enumerate(sorted(films.iterdir()))
    ]
    path.write_text("\n".join(["path,label,patient_id", *rows]) + "\n")
    return path


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_an_adaptation_scores_and_names_itself_in_every_row(base, films, tmp_path, capsys):
    out = base.path.with_name("small@ward-3")

    assert main(["adapt", str(base.path), str(labels_of(films)), "--out", str(out)]) == 0
    card = capsys.readouterr().out
    assert "small, adapted to ward-3" in card
    assert "20 Normal, 20 Pneumonia of 20 patients" in card

    table = tmp_path / "results.csv"
    assert main(["score", str(out), str(films / "00.png"), "--out", str(table)]) == 0
    row = rows_of(table)[0]
    assert row["bundle"] == "small, adapted to ward-3"
    assert row["bundle_sha256"] == load_bundle(out).sha256
    assert float(row["threshold"]) == pytest.approx(
        load_bundle(out).manifest.thresholds.decision, abs=1e-6
    )
    assert main(["adapt", str(out), str(labels_of(films)), "--out", str(tmp_path / "x")]) == 1
    assert "is an adaptation already" in capsys.readouterr().err


def test_an_adaptation_is_checked_on_other_films_and_keeps_the_outcome(
    base, films, tmp_path, capsys
):
    out, table = base.path.with_name("small@ward-3"), labels_of(films)
    head, *rows = table.read_text().splitlines()
    fitted, others = tmp_path / "fitted.csv", tmp_path / "others.csv"
    # Every other patient; in the other list also one that the model was adapted to.
    fitted.write_text("\n".join([head, *rows[::4], *rows[1::4]]))
    others.write_text("\n".join([head, *rows[2::4], *rows[3::4], rows[0]]))
    assert main(["adapt", str(base.path), str(fitted), "--out", str(out)]) == 0
    before = load_bundle(out).sha256
    capsys.readouterr()

    status = main(["adapt", str(out), str(others), "--check"])

    said = capsys.readouterr()
    (kept,) = read_checks(load_bundle(out))
    assert status == (1 if worst(kept) == "not kept" else 0)
    assert "20 films used" in said.out
    assert "1 film is left out: the model was adapted to it" in said.out
    assert f"films sha256: {kept.data.fingerprint}" in said.out
    assert load_bundle(out).sha256 == before  # results that name it stay true


def test_what_is_not_adapted_has_nothing_to_check(base, films, capsys):
    assert main(["adapt", str(base.path), str(labels_of(films)), "--check"]) == 1
    assert "not adapted to a place" in capsys.readouterr().err


def test_too_few_films_write_nothing(base, films, tmp_path, capsys):
    out, table = tmp_path / "small@x", labels_of(films)
    table.write_text("\n".join(table.read_text().splitlines()[:9]) + "\n")

    assert main(["adapt", str(base.path), str(table), "--out", str(out)]) == 1
    assert "0 Normal, 8 Pneumonia" in capsys.readouterr().err
    assert not out.exists()


def test_findings_are_refused_with_a_reason(findings_bundle, films, tmp_path, capsys):
    call = ["adapt", str(findings_bundle.path), str(films), "--out", str(tmp_path / "x")]

    assert main(call) == 1
    assert "findings" in capsys.readouterr().err


def test_a_list_of_films_to_label_can_be_filled_in_and_read(base, films, tmp_path):
    table = tmp_path / "to_label.csv"
    call = ["adapt", str(base.path), str(films), "--propose", "25", "--out", str(table)]

    assert main(call) == 0
    rows = rows_of(table)
    assert len({row["path"] for row in rows}) == 25
    assert set(rows[0]) == {"path", "label", "patient_id"}  # no score, which would suggest a label
    assert all((tmp_path / row["path"]).is_file() for row in rows)
    again = tmp_path / "again.csv"
    assert main([*call[:-1], str(again)]) == 0
    assert again.read_bytes() == table.read_bytes()


def test_labels_that_were_filled_in_are_not_overwritten(base, tmp_path, capsys):
    table = tmp_path / "to_label.csv"
    table.write_text("path,label\na.png,PNEUMONIA\n")

    assert (
        main(["adapt", str(base.path), str(tmp_path), "--propose", "5", "--out", str(table)]) == 2
    )
    assert "labels in it would be lost" in capsys.readouterr().err
    assert table.read_text() == "path,label\na.png,PNEUMONIA\n"


@pytest.mark.parametrize(
    "options",
    [
        ["--miss-rate", "5"],
        ["--precision", "0"],
        ["--propose", "0"],
        ["--propose", "3"],
        ["--check"],
    ],
)
def test_a_wrong_call_has_status_2(base, tmp_path, options):
    call = ["adapt", str(base.path), str(tmp_path), "--out", str(tmp_path / "x"), *options]
    try:
        status = main(call)
    except SystemExit as ended:
        status = ended.code
    assert status == 2
