"""A hundred good films among files of every other kind: each has its row, and no film's changes."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from app import cli
from app.core.images.limits import COSTS
from tests.app.core.images.test_bombs import MEASURED
from tests.app.core.images.test_limits import FILES, WIDTH
from tests.pictures import (
    dicom,
    encode,
    huge_jpeg,
    huge_png,
    huge_tiff,
    nifti,
    zipped,
)

pytestmark = pytest.mark.slow

NUM_GOOD = 100
NUM_MUTATED = 60
CANARY = "Mustermann"


def draw_film(generator: np.random.Generator) -> np.ndarray:
    noise = generator.integers(0, 256, (12, 15)).astype(np.uint8)
    rows, columns = generator.integers(80, 300, 2)
    return cv2.resize(noise, (int(columns), int(rows)), interpolation=cv2.INTER_CUBIC)


def mutate(data: bytes, generator: np.random.Generator) -> bytes:
    """Bytes flipped, cut off, doubled, or set to the largest value."""
    changed = bytearray(data)
    how = generator.integers(4)
    start = int(generator.integers(len(changed)))
    if how == 0:
        for place in generator.integers(0, len(changed), 8):
            changed[place] ^= int(generator.integers(1, 256))
    elif how == 1:
        del changed[start:]
    elif how == 2:
        changed[start:start] = changed[start : start + 500]
    else:
        changed[start % 300 : start % 300 + 4] = b"\xff\xff\xff\xff"
    return bytes(changed)


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("good") / "films"
    folder.mkdir()
    generator = np.random.default_rng(7)
    for number in range(NUM_GOOD):
        film = draw_film(generator)
        kind, ending = (("PNG", "png"), ("JPEG", "jpg"), ("TIFF", "tif"), ("", "dcm"))[number % 4]
        content = encode(film, kind) if kind else dicom(film)
        (folder / f"good{number:03d}.{ending}").write_bytes(content)
    return folder


def others() -> dict[str, bytes]:
    """What lies beside films in real folders, and what is made to break programs."""
    generator = np.random.default_rng(8)
    film = draw_film(generator)
    named = dicom(film, PatientName=CANARY, PatientID=CANARY)
    twice = dicom(film, PixelData=film.tobytes() * 3, NumberOfFrames=1)
    files = {
        "empty.png": b"", "letter.jpg": b"Dear colleague", "huge.png": huge_png(),
        "huge.tif": huge_tiff(), "huge.jpg": huge_jpeg(film),
        "huge.dcm": dicom(film, Rows=65535, Columns=65535),
        "more than stated.dcm": twice, "no rows.dcm": dicom(film, Rows=None),
        "report.dcm": dicom(film, PixelData=None, Rows=None, Columns=None),
        "scan.nii": nifti(), "array.npy": b"\x93NUMPY\x01\0", "more.zip": bytes(zipped({"a": b""})),
        "inner/archive.rar": b"Rar!\x1a\x07\0", "blank.png": encode(film * 0, "PNG"),
        "tiny.png": encode(film[:2, :2], "PNG"), "layers.psd": b"8BPS\0\1",
        f"inner/{CANARY}.dcm": named[:-400],
    }  # fmt: skip
    for kind, make in FILES.items():
        if kind != MEASURED:
            files[f"inner/limit {kind}"] = make(COSTS[kind].max_pixels // WIDTH)
    formats = [encode(film, kind) for kind in ("PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP")]
    formats += [named, twice, encode(film, "JPEG2000")]
    endings = ("png", "jpg", "tif", "gif", "webp", "bmp", "dcm", "dcm", "jp2")
    for number in range(NUM_MUTATED):
        chosen = number % len(formats)
        name = f"inner/mutated{number:02d}.{endings[chosen]}"
        files[name] = mutate(formats[chosen], generator)
    return files


@pytest.fixture(scope="module")
def mixed(good, tmp_path_factory) -> Path:
    folder = shutil.copytree(good, tmp_path_factory.mktemp("mixed") / "films")
    (folder / "inner").mkdir()
    for name, content in others().items():
        (folder / name).write_bytes(content)
    for name in ("notes.txt", "inner/notes.txt", "labels.json", "Thumbs.db", ".DS_Store", "README"):
        (folder / name).write_bytes(b"no image")
    (folder / ".git").mkdir()
    (folder / ".git" / "x.png").write_bytes(b"no image")
    (folder / "circle").symlink_to(folder)
    (folder / "gone.png").symlink_to("nowhere.png")
    return folder


def score(bundle, folder: Path, out: Path) -> pd.DataFrame:
    assert cli.main(["score", str(bundle.path), str(folder), "--out", str(out)]) == 0
    return pd.read_csv(out, keep_default_na=False, dtype=str)


@pytest.fixture(scope="module")
def scored(bundle, mixed, tmp_path_factory):
    """The table of the mixed folder, and what was said on the way."""
    out = tmp_path_factory.mktemp("out") / "r.csv"
    with contextlib.redirect_stderr(io.StringIO()) as said:
        table = score(bundle, mixed, out)
    return table, said.getvalue()


def test_the_rows_of_good_films_are_the_same_to_the_last_digit(bundle, good, scored, tmp_path):
    alone = score(bundle, good, tmp_path / "alone.csv")
    table, _ = scored
    beside = table[table["path"].str.contains("/good[0-9]{3}[.]")].reset_index(drop=True)

    assert len(alone) == NUM_GOOD
    assert (alone["status"] == "ok").all()
    pd.testing.assert_frame_equal(
        beside.drop(columns="path"), alone.drop(columns="path"), check_exact=True
    )


def test_every_other_file_has_one_row(mixed, scored):
    table, _ = scored
    found = Counter(path.removeprefix(f"{mixed}/") for path in table["path"])
    films = {path.name for path in mixed.glob("good*")}

    assert found == Counter([*others(), *films, "circle", "gone.png"])


def test_the_reasons_are_true(mixed, scored):
    table, _ = scored
    codes = {
        path.removeprefix(f"{mixed}/"): reason.partition(":")[0]
        for path, reason in zip(table["path"], table["reason"], strict=True)
    }
    assert {name: codes[name] for name in codes if name in expected} == expected


expected = {
    "empty.png": "empty_file", "letter.jpg": "not_an_image", "huge.png": "too_large",
    "huge.tif": "too_large", "huge.jpg": "too_large", "huge.dcm": "too_large",
    "scan.nii": "orientation_unknown", "array.npy": "undecodable", "more.zip": "nested_archive",
    "inner/archive.rar": "archive", "blank.png": "blank", "tiny.png": "too_small",
    "layers.psd": "unsupported_format", "circle": "link_cycle", "gone.png": "broken_link",
    "report.dcm": "no_image",
}  # fmt: skip


def test_the_last_line_counts_the_rows_by_reason_and_what_is_no_image(scored):
    table, said = scored
    last = said.splitlines()[-1]

    assert f"{len(table)} images in" in last
    for status, count in table["status"].value_counts().items():
        assert re.search(rf"\b{count} {status}\b", last)
    codes = table["reason"].str.partition(":")[0]
    for (status, code), count in Counter(zip(table["status"], codes, strict=True)).items():
        if status != "ok":
            told = re.search(rf"{status} \(([^)]*)\)", last)
            assert told is not None
            assert f"{count} {code}" in told.group(1).split(", ")
    assert (
        "6 files are not images: 2 .txt, 1 .DS_Store, 1 .json, 1 Thumbs.db, 1 without ending; "
        "1 hidden folder was not opened."
    ) in last
    assert last.endswith("r.csv")


def test_nothing_of_a_patient_and_no_traceback(scored):
    table, said = scored
    assert CANARY not in said + " ".join(table["reason"])
    assert "Traceback" not in said
