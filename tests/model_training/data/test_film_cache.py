import hashlib
import json
import sqlite3
import subprocess
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest
import tifffile

from app.core.bundles.network_input import Input
from app.core.errors import DatasetError, UnreadableImageError
from app.core.images import decoding, geometry, preparation
from model_training.data import film_cache
from model_training.data.datasets import Case
from model_training.data.film_cache import decode_cases
from tests.full_disk import files_up_to
from tests.model_training.films import draw, write


def size(**changes):
    return Input(**{"height": 40, "width": 32, "channels": 1, "fit": "stretch"} | changes)


def cases_in(folder, count=21):
    found = []
    for number in range(count):
        path = folder / f"{number:02d}.png"
        if not path.exists():
            write(path, draw(number % 2, number))
        found.append(Case(path, path.name, number % 2, "", "", ""))
    return found


@pytest.fixture
def cases(tmp_path):
    """Twenty films and one empty file."""
    found = cases_in(tmp_path / "films")
    found[7].path.write_bytes(b"")
    return found


def test_films_of_unknown_range_are_read_with_the_window_of_the_input(tmp_path):
    cases = cases_in(tmp_path / "films", 2)
    plain = decode_cases(cases, size(), tmp_path / "cache")
    before = [plain.pixels[row].copy() for row in plain.rows]
    for number, case in enumerate(cases):
        cv2.imwrite(str(case.path), draw(number % 2, number).astype(np.uint16) * 16)
    with pytest.raises(DatasetError, match=r"2 with values of an unknown range.*--window LOW HIGH"):
        decode_cases(cases, size(), tmp_path / "cache")

    found = decode_cases(cases, size(window=(0, 4080)), tmp_path / "cache")
    other = decode_cases(cases, size(window=(0, 8160)), tmp_path / "cache")

    for row, other_row, expected in zip(found.rows, other.rows, before, strict=True):
        np.testing.assert_array_equal(found.pixels[row], expected)
        np.testing.assert_allclose(other.pixels[other_row], expected / 2, atol=1)
    assert found.digests == [hashlib.sha256(case.path.read_bytes()).hexdigest() for case in cases]


def test_one_image_of_each_file_is_read(tmp_path):
    cases = [replace(case, path=case.path.with_suffix(".tif")) for case in cases_in(tmp_path, 2)]
    for case in cases:
        tifffile.imwrite(case.path, np.stack([draw(0, 5), draw(1, 6)]), photometric="minisblack")
    with pytest.raises(DatasetError, match=r"2 with several images.*--frame N"):
        decode_cases(cases, size(), tmp_path / "cache")

    decoded = [decode_cases(cases, size(), tmp_path / "cache", frame=frame) for frame in (1, 2)]

    for one, film in zip(decoded, (draw(0, 5), draw(1, 6)), strict=True):
        expected = cv2.resize(film, (32, 40), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(one.pixels[one.rows[0], ..., 0], expected)


@pytest.fixture
def no_decoding(monkeypatch):
    """Fails where a film is decoded that the store should hold."""

    def refuse():
        def decode(data, reading, **options):
            raise AssertionError("decoded again")

        monkeypatch.setattr(decoding, "decode", decode)

    return refuse


def store(tmp_path):
    [folder] = [path for path in (tmp_path / "cache").iterdir() if path.is_dir()]
    return folder


def test_films_are_decoded_and_failures_have_a_reason(cases, tmp_path):
    decoded = decode_cases(cases, size(), tmp_path / "cache")

    assert decoded.pixels.shape == (20, 40, 32, 1)
    assert isinstance(decoded.pixels, np.memmap)
    assert decoded.failed == {7: "empty_file"}
    assert decoded.rows[7] == -1
    assert decoded.digests[:7] == [
        hashlib.sha256(case.path.read_bytes()).hexdigest() for case in cases[:7]
    ]
    for number in (0, 20):
        expected = cv2.resize(draw(number % 2, number), (32, 40), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(decoded.pixels[decoded.rows[number], ..., 0], expected)


def test_the_second_run_decodes_nothing_and_gives_the_same(cases, tmp_path, no_decoding):
    first = decode_cases(cases, size(), tmp_path / "cache")
    cases[7].path.unlink()
    no_decoding()

    again = decode_cases(cases, size(), tmp_path / "cache")

    np.testing.assert_array_equal(again.pixels[again.rows[:7]], first.pixels[first.rows[:7]])
    assert again.failed == {7: "not_readable"}


def test_a_renamed_film_is_found_again_and_a_changed_one_is_decoded(cases, tmp_path):
    before = decode_cases(cases, size(), tmp_path / "cache")
    cases[0].path.rename(cases[0].path.with_name("other.png"))
    moved = Case(cases[0].path.with_name("other.png"), "other.png", 0, "", "", "")
    write(cases[1].path, draw(1, 99))

    after = decode_cases([moved, *cases[1:]], size(), tmp_path / "cache")

    assert after.rows[0] == before.rows[0]
    assert after.rows[1] == 20 == len(before.pixels)
    expected = cv2.resize(draw(1, 99), (32, 40), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(after.pixels[20, ..., 0], expected)


def test_identical_files_share_a_record(tmp_path):
    cases = cases_in(tmp_path / "films", 12)
    cases[3].path.write_bytes(cases[0].path.read_bytes())

    decoded = decode_cases(cases, size(), tmp_path / "cache")

    assert decoded.rows[3] == decoded.rows[0]
    assert len(decoded.pixels) == 11


@pytest.mark.parametrize("change", [{"fit": "pad"}, {"height": 48}, {"channels": 3}])
def test_each_fit_and_size_has_a_store_of_its_own(cases, tmp_path, change):
    decode_cases(cases, size(), tmp_path / "cache")
    other = decode_cases(cases, size(**change), tmp_path / "cache")

    assert len(list((tmp_path / "cache").iterdir())) == 2
    found = geometry.fit(decoding.decode(cases[0].path.read_bytes()), **{
        "height": 40, "width": 32, "channels": 1, "how": change.get("fit", "stretch")
    } | {key: value for key, value in change.items() if key != "fit"})  # fmt: skip
    np.testing.assert_array_equal(other.pixels[other.rows[0]], found)


def test_what_the_app_would_refuse_is_not_trained_on(cases, tmp_path):
    photograph = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
    photograph[0, 0] = photograph[0, 1] = photograph[1, 0] = photograph[1, 1] = (250, 20, 20)
    write(cases[0].path, photograph)

    for _ in range(2):  # decoded, and from the store
        decoded = decode_cases(cases, size(), tmp_path / "cache")
        assert decoded.failed == {0: "colour_picture", 7: "empty_file"}

    colour = decode_cases(cases, size(channels=3), tmp_path / "cache")
    assert colour.failed == {7: "empty_file"}
    np.testing.assert_array_equal(colour.pixels[colour.rows[0], 0, 0], (20, 20, 250))  # as RGB


def test_too_many_failures_end_it_with_their_reasons_and_no_names(cases, tmp_path):
    for case in cases[10:12]:
        case.path.write_bytes(b"a text")

    with pytest.raises(
        DatasetError, match=r"3 of 21 images .* \(2 not an image, 1 empty file\)"
    ) as caught:
        decode_cases(cases, size(), tmp_path / "cache")

    assert "10.png" not in str(caught.value)


def test_a_store_of_another_version_is_made_again(cases, tmp_path, capsys):
    decode_cases(cases, size(), tmp_path / "cache")
    settings = store(tmp_path) / "settings.json"
    content = json.loads(settings.read_text()) | {"layout": 0}
    settings.write_text(json.dumps(content))
    (store(tmp_path) / "pixels.bin").write_bytes(b"of another layout")

    again = decode_cases(cases, size(), tmp_path / "cache")

    assert "another version" in capsys.readouterr().err
    expected = cv2.resize(draw(0, 0), (32, 40), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(again.pixels[again.rows[0], ..., 0], expected)


def test_a_film_that_there_was_no_memory_for_is_tried_again(cases, tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise UnreadableImageError("no_memory", "There was not enough memory.")

    with monkeypatch.context() as for_a_moment:
        for_a_moment.setattr(decoding, "decode", full)
        with pytest.raises(DatasetError, match="21 no memory"):
            decode_cases(cases, size(), tmp_path / "cache")

    assert decode_cases(cases, size(), tmp_path / "cache").failed == {7: "empty_file"}


def test_films_of_another_pipeline_are_decoded_anew(cases, tmp_path, monkeypatch):
    colours = np.zeros((48, 48, 3), np.uint8)
    colours[:, :24], colours[:, 24:] = (255, 0, 0), (0, 255, 0)
    write(cases[0].path, colours)
    with monkeypatch.context() as earlier:
        earlier.setattr(film_cache, "PIPELINE_VERSION", "an earlier one")
        earlier.setattr(preparation, "check_suitable", lambda film, network_input: None)
        assert 0 not in decode_cases(cases, size(), tmp_path / "cache").failed

    found = decode_cases(cases, size(), tmp_path / "cache")

    assert found.failed[0] == "colour_picture"


@pytest.mark.parametrize("damage", ["short", "index"])
def test_a_damaged_store_is_made_again(cases, tmp_path, damage, capsys):
    decode_cases(cases, size(), tmp_path / "cache")
    if damage == "short":
        (store(tmp_path) / "pixels.bin").write_bytes(b"")
    else:
        (store(tmp_path) / "index.db").write_bytes(b"no database" * 1000)

    again = decode_cases(cases, size(), tmp_path / "cache")

    assert "is damaged" in capsys.readouterr().err
    expected = cv2.resize(draw(0, 0), (32, 40), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(again.pixels[again.rows[0], ..., 0], expected)


def test_a_record_that_was_cut_short_is_written_over(cases, tmp_path):
    """What a process leaves that is killed while it writes."""
    decode_cases(cases[:12], size(), tmp_path / "cache")
    with (store(tmp_path) / "pixels.bin").open("ab") as file:
        file.write(b"half a record")

    decoded = decode_cases(cases, size(), tmp_path / "cache")

    for number in (0, 20):
        expected = cv2.resize(draw(number % 2, number), (32, 40), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(decoded.pixels[decoded.rows[number], ..., 0], expected)


WRITER = """
import sys
from pathlib import Path
from app.core.bundles.manifest import Input
from model_training.data.datasets import Case
from model_training.data.film_cache import decode_cases
files = sorted(Path(sys.argv[1]).iterdir())
cases = [Case(path, path.name, 0, "", "", "") for path in files]
decode_cases(cases, Input(height=40, width=32, channels=1, fit="stretch"), Path(sys.argv[2]))
"""


@pytest.mark.slow
def test_two_processes_fill_one_store(tmp_path, monkeypatch):
    cases = cases_in(tmp_path / "films", 120)
    arguments = [sys.executable, "-c", WRITER, str(tmp_path / "films"), str(tmp_path / "cache")]

    running = [subprocess.Popen(arguments) for _ in range(2)]

    assert [process.wait() for process in running] == [0, 0]
    decoded = decode_cases(cases, size(), tmp_path / "cache")
    for number, row in enumerate(decoded.rows):
        expected = cv2.resize(draw(number % 2, number), (32, 40), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(decoded.pixels[row, ..., 0], expected)


def test_a_full_disk_is_an_error_and_the_store_stays_whole(cases, tmp_path, monkeypatch):
    decode_cases(cases[:12], size(), tmp_path / "cache")
    with sqlite3.connect(store(tmp_path) / "index.db") as index:
        before = index.execute("SELECT * FROM films").fetchall()

    with files_up_to(33_000), pytest.raises(OSError, match="File too large"):
        decode_cases(cases, size(), tmp_path / "cache")

    with sqlite3.connect(store(tmp_path) / "index.db") as index:
        assert index.execute("SELECT * FROM films").fetchall() == before
    assert len(decode_cases(cases, size(), tmp_path / "cache").pixels) >= 20


def test_the_folder_can_be_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("OVERREAD_CACHE", str(tmp_path))
    assert film_cache.default_folder() == tmp_path

    monkeypatch.delenv("OVERREAD_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert film_cache.default_folder() == tmp_path / "overread"
