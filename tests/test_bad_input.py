"""Each kind of bad input through the real command, all at once: one row each, the rest scored."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from app import cli
from app.core.results import rows
from app.core.results.table_writer import partial_path
from app.core.scoring.engine import Engine
from app.core.sources.sources import from_paths
from tests.pictures import (
    coloured,
    dicom,
    encode,
    huge_jpeg,
    huge_png,
    huge_tiff,
    nifti,
    png_chunk,
    restated,
    zipped,
)

CANARY = "CANARY"


def turned(film, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    return encode(film, "JPEG", exif=exif, quality=95)


def hundred_gigabytes():
    archive = zipped({f"{number}.png": b"" for number in range(25)})
    for number in range(25):
        archive = restated(archive, field="size", value=2**32 - 2, index=number)
    return bytes(archive)


@pytest.fixture(scope="module")
def film():
    rows, columns = np.mgrid[0:90, 0:120]
    return (128 + 60 * np.sin(rows / 13) + 50 * np.cos(columns / 17)).astype(np.uint8)


@pytest.fixture(scope="module")
def files(film):
    """What lies in the folder, and the status and code that each is to get."""
    png, jpeg = encode(film, "PNG"), encode(film, "JPEG")
    others = [Image.fromarray(255 - film)]
    wrong_checksum = png.replace(png_chunk(b"IEND", b""), b"\0\0\0\0IEND\0\0\0\0")
    ink = np.dstack([np.zeros((*film.shape, 3), np.uint8), 255 - film])
    named = dicom(film, PatientName=CANARY, PatientID=CANARY)
    return {
        "good.png": (png, "ok"),
        "good.jpg": (jpeg, "ok"),
        "deep/good.png": (png, "ok"),
        "same name/good.png": (encode(film[::-1], "PNG"), "ok"),
        "empty.png": (b"", "unreadable: empty_file"),
        "text.jpg": (b"Dear colleague", "unreadable: not_an_image"),
        "cut half.jpg": (jpeg[: len(jpeg) // 2], "unreadable: damaged"),
        "cut 95.jpg": (jpeg[: int(0.95 * len(jpeg))], "unreadable: damaged"),
        "cut end.jpg": (jpeg[:-2], "unreadable: damaged"),
        "cut half.png": (png[: len(png) // 2], "unreadable: damaged"),
        "cut end.png": (png[:-1], "unreadable: damaged"),
        "checksum.png": (wrong_checksum, "unreadable: damaged"),
        "one.png": (encode(film[:1, :1], "PNG"), "refused: too_small"),
        "huge.png": (huge_png(), "refused: too_large"),
        "huge.tif": (huge_tiff(), "refused: too_large"),
        "huge.jpg": (huge_jpeg(film), "refused: too_large"),
        "huge.dcm": (dicom(film, Rows=30_000, Columns=30_000), "refused: too_large"),
        "blank.png": (encode(np.full_like(film, 90), "PNG"), "refused: blank"),
        "deep.png": (encode(film.astype(np.uint16) * 257, "PNG"), "ok"),
        "deep.tif": (encode(film.astype(np.uint16) * 257, "TIFF"), "ok"),
        "transparent.png": (encode(np.dstack([film] * 3 + [film * 0 + 255]), "PNG"), "ok"),
        "ink.jpg": (encode(Image.fromarray(ink, "CMYK"), "JPEG", quality=95), "ok"),
        "turned.jpg": (turned(np.rot90(film), 6), "ok"),
        "animated.gif": (encode(film, "GIF", save_all=True, append_images=others),
                         "refused: several_images"),
        "animated.webp": (encode(film, "WEBP", save_all=True, append_images=others),
                          "refused: several_images"),
        "pages.tif": (encode(film, "TIFF", save_all=True, append_images=others),
                      "refused: several_images"),
        "photograph.png": (encode(coloured(film), "PNG"), "ok or refused"),
        "with spaces and ümläuts.png": (png, "ok"),
        "-rf.png": (png, "ok"),
        "=cmd.png": (png, "ok"),
        "two\nlines, \"quoted\".png": (png, "ok"),
        "IM000001": (dicom(film), "ok"),
        f"{CANARY}.dcm": (named, "ok"),
        "frames.dcm": (dicom(film, PixelData=film.tobytes() * 2, NumberOfFrames=2,
                             PatientName=CANARY), "refused: several_images"),
        "cut.dcm": (named[:-500], "unreadable: damaged"),
        "packed.zip": (bytes(zipped({"a.png": png})), "refused: nested_archive"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def batch(tmp_path_factory, files, film):
    """A folder with everything in it, archives, and inputs that are none."""
    place = tmp_path_factory.mktemp("batch")
    folder = place / "films"
    for name, (data, _) in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / ".hidden.png").write_bytes(b"hidden")
    (folder / "notes.txt").write_text("not meant as an image")
    (folder / "IMAGE").write_bytes(dicom(film))
    (folder / "j.nii").write_bytes(nifti())
    (folder / "folder.jpg").mkdir()
    (place / "secret.png").write_bytes(encode(film, "PNG"))
    (folder / "link.png").symlink_to(place / "secret.png")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (folder / "up").symlink_to(folder)
    (folder / "broken").symlink_to(place / "nothing")
    os.mkfifo(folder / "pipe.png")
    png = encode(film, "PNG")
    inner = bytes(zipped({"a.png": png}))
    evil = zipped({"../evil.png": png, "/etc/evil.png": png, "fine.png": png, "inner.zip": inner})
    (place / "evil.zip").write_bytes(evil)
    (place / "locked.zip").write_bytes(
        restated(zipped({"a.png": png, "b.png": png}), field="flags", value=1)
    )
    (place / "huge.zip").write_bytes(hundred_gigabytes())
    (place / "bad.zip").write_bytes(b"no archive")
    (place / "empty").mkdir()
    return place


INPUTS = ("films", "evil.zip", "locked.zip", "huge.zip", "bad.zip", "empty", "missing.png",
          "films/good.png", "films/good.png", "pipe", "-rf.png", "=cmd.png")  # fmt: skip


@pytest.fixture(scope="module")
def expected(files):
    """Path -> status and code of every row that the command is to write."""
    rows = {f"films/{name}": what for name, (_, what) in files.items()}
    return rows | {
        "films/link.png": "ok",
        "films/loop.png": "unreadable: link_cycle",
        "films/up": "refused: link_cycle",
        "films/broken": "unreadable: broken_link",
        "films/IMAGE": "ok",
        "films/j.nii": "refused: orientation_unknown",
        "films/pipe.png": "unreadable: not_a_file",
        "evil.zip/../evil.png": "refused: unsafe_name",
        "evil.zip//etc/evil.png": "refused: unsafe_name",
        "evil.zip/fine.png": "ok",
        "evil.zip/inner.zip": "refused: nested_archive",
        "locked.zip/a.png": "unreadable: encrypted_archive",
        "locked.zip/b.png": "ok",
        "huge.zip": "refused: archive_too_large",
        "bad.zip": "unreadable: damaged_archive",
        "empty": "refused: no_images",
        "missing.png": "unreadable: not_found",
        "pipe": "unreadable: not_a_file",
        "'-rf.png": "ok",
        "'=cmd.png": "ok",  # an apostrophe keeps spreadsheets from running it
    }


@pytest.fixture(scope="module")
def run(batch, bundle):
    """The command, once, as somebody types it."""
    os.mkfifo(batch / "pipe")
    for name in ("-rf.png", "=cmd.png"):
        shutil.copy(batch / "films" / name, batch / name)
    command = [sys.executable, "-m", "app.cli", "score", str(bundle.path), "--out", "out/r.csv",
               "--heatmaps", "out/maps", "--", *INPUTS]  # fmt: skip
    return subprocess.run(
        command,
        cwd=batch,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def table(run, batch):
    assert run.returncode == 0, run.stderr
    return pd.read_csv(batch / "out" / "r.csv", keep_default_na=False)


def test_every_input_has_its_row_and_its_reason(table, expected):
    found = {
        path: "ok" if status == "ok" else f"{status}: {reason.partition(':')[0]}"
        for path, status, reason in zip(
            table["path"], table["status"], table["reason"], strict=True
        )
    }
    either = {path for path, what in expected.items() if what == "ok or refused"}
    assert {path: what for path, what in found.items() if path not in either} == {
        path: what for path, what in expected.items() if path not in either
    }
    assert len(table) == len(expected) + 2  # one film is named three times


def test_rows_are_in_input_order(table):
    first = table["path"].str.partition("/")[0].drop_duplicates()
    assert list(first) == ["films", "evil.zip", "locked.zip", "huge.zip", "bad.zip", "empty",
                           "missing.png", "pipe", "'-rf.png", "'=cmd.png"]  # fmt: skip
    inside = list(table["path"][table["path"].str.startswith("films/")])[:-2]
    assert inside == [str(path) for path in sorted(map(Path, inside))]


def test_a_reason_is_a_code_and_sentences_that_end(table):
    for reason in table["reason"][table["status"] != "ok"]:
        code, _, sentence = reason.partition(": ")
        assert code.replace("_", "").isalpha()
        assert sentence.endswith(".")
        assert len(sentence) > 30
    assert (table["reason"][table["status"] == "ok"] == "").all()


def test_only_what_is_scored_has_figures(table):
    scored = table["status"] == "ok"
    probability = pd.to_numeric(table["probability"], errors="coerce")
    assert probability[scored].between(0, 1).all()
    assert (table["probability"][~scored] == "").all()
    assert (table["prediction"][~scored] == "").all()
    assert (table["image_id"][scored].str.len() == 64).all()


def test_one_film_has_one_score_however_it_is_packed(table):
    rows = table.set_index("path")
    rows = rows[~rows.index.duplicated()]
    probability = pd.to_numeric(rows["probability"], errors="coerce")
    same = ["films/deep/good.png", "films/with spaces and ümläuts.png", "films/-rf.png",
            "films/=cmd.png", "films/two\nlines, \"quoted\".png", "films/deep.png",
            "films/deep.tif", "films/transparent.png", "evil.zip/fine.png", "locked.zip/b.png",
            "'-rf.png", "'=cmd.png"]  # fmt: skip
    # The last printed digit may differ between batches of different size.
    np.testing.assert_allclose(probability[same], probability["films/good.png"], atol=2e-6)
    assert rows.loc["films/deep/good.png", "image_id"] == rows.loc["films/good.png", "image_id"]
    for lossy in ("films/good.jpg", "films/ink.jpg", "films/turned.jpg"):
        assert probability[lossy] == pytest.approx(probability["films/good.png"], abs=0.01)
    upside_down = rows.loc["films/same name/good.png"]
    assert upside_down["image_id"] != rows.loc["films/good.png", "image_id"]


def test_the_same_file_thrice_is_three_rows_alike(table):
    rows = table[table["path"] == "films/good.png"]
    assert len(rows) == 3
    assert rows["image_id"].nunique() == rows["zone"].nunique() == 1
    assert np.ptp(pd.to_numeric(rows["probability"])) <= 2e-6


def test_heatmaps_are_of_the_scored_alone(table, batch):
    found = {path.stem for path in (batch / "out" / "maps").iterdir()}
    assert found == set(table["image_id"][table["status"] == "ok"])


def test_nothing_of_a_patient_in_what_is_printed(run):
    assert CANARY not in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    assert "Warning" not in run.stderr
    assert "unreadable" in run.stderr  # the summary counts them


def test_the_last_line_counts_every_row_by_its_reason(run, table):
    last = run.stderr.splitlines()[-1]
    for (status, code), count in Counter(
        (status, reason.partition(":")[0])
        for status, reason in zip(table["status"], table["reason"], strict=True)
    ).items():
        assert f"{count} {code or status}" in last
    for status, count in table["status"].value_counts().items():
        assert f"{count} {status}" in last
    assert "2 files are not images: 1 .txt, 1 hidden." in last


def test_no_reason_names_a_patient_or_a_place(table, batch):
    reasons = " ".join(table["reason"])
    assert CANARY not in reasons
    assert str(batch) not in reasons


def test_the_engine_gives_the_same_rows(table, batch, bundle, monkeypatch):
    monkeypatch.chdir(batch)
    found = Engine(bundle).score(from_paths([Path(name) for name in INPUTS]))
    again = rows.table(found, bundle)
    assert list(again["status"]) == list(table["status"])
    assert list(again["reason"].fillna("")) == list(table["reason"])
    assert list(again["image_id"].fillna("")) == list(table["image_id"])
    np.testing.assert_allclose(
        pd.to_numeric(again["probability"]), pd.to_numeric(table["probability"]), atol=1e-5
    )


# Calls that cannot begin: a sentence and exit status 1.


def failure(capsys, *arguments):
    status = cli.main(["score", *map(str, arguments)])
    printed = capsys.readouterr()
    assert status == 1
    assert "Traceback" not in printed.err
    assert printed.err.startswith("overread: ")
    return printed.err


@pytest.mark.parametrize(
    ("name", "told"),
    [("empty", "contains no image"), ("bad.zip", "not a valid ZIP"), ("huge.zip", "100 GB"),
     ("missing.png", "nothing at this path")],
)  # fmt: skip
def test_empty_inputs(batch, bundle, capsys, name, told):
    out = batch / "none.csv"
    message = failure(capsys, bundle.path, batch / name, "--out", out)
    assert told in message
    assert name in message
    (row,) = pd.read_csv(out, keep_default_na=False).to_dict("records")
    assert name in row["path"]
    assert row["status"] in ("unreadable", "refused")
    assert told in row["reason"]
    assert not partial_path(out).exists()


@pytest.fixture
def copy(bundle, tmp_path):
    return shutil.copytree(bundle.path, tmp_path / "small")


def spoil_byte(folder):
    data = bytearray((folder / "model.keras").read_bytes())
    data[1000] ^= 1
    (folder / "model.keras").write_bytes(data)


def spoil_format(folder):
    manifest = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps(manifest | {"format": 6}))


def spoil_classes(folder):
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["task"] |= {"classes": ["CLEAR", "EFFUSION", "NODULE"], "positive": None}
    manifest["task"]["display_names"] = {}
    table = pd.read_csv(folder / "predictions.csv")
    for name in manifest["task"]["classes"]:
        table[name] = 0.3
    table.to_csv(folder / "predictions.csv", index=False)
    digest = hashlib.sha256((folder / "predictions.csv").read_bytes()).hexdigest()
    manifest["files"]["predictions.csv"] = digest
    (folder / "bundle.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (spoil_byte, ["model.keras", "was changed", "Copy or train"]),
        (lambda folder: (folder / "history.csv").unlink(), ["lacks history.csv", "Copy"]),
        (spoil_format, ["has format 6", "reads the formats 1, 2, 3, 4 and 5", "Update"]),
        (spoil_classes, ["has 1 outputs", "lists 3 classes", "Train it again"]),
        (lambda folder: (folder / "bundle.json").unlink(), ["no bundle", "Expected"]),
    ],
    ids=["byte", "file", "format", "classes", "manifest"],
)
def test_bundle_that_cannot_be_used(batch, copy, capsys, tmp_path, spoil, told):
    spoil(copy)
    message = failure(capsys, copy, batch / "films" / "good.png", "--out", tmp_path / "r.csv")
    for part in told:
        assert part in message
    assert not (tmp_path / "r.csv").exists()
