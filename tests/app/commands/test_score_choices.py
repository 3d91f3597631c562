"""`overread score --frame` and `--window`: what a file leaves open is chosen, as its row says."""

import hashlib
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from app.cli import main
from app.core.images.reading import ReadOptions
from app.core.results.bundle_results import BundleResults
from app.core.results.result_store import ResultStore
from app.core.scoring.engine import Engine
from app.core.scoring.ray_cluster.worker import Digests
from app.core.sources.source import Source
from tests.pictures import dicom, encode

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pictures():
    generator = np.random.default_rng(4)
    return [
        np.asarray(Image.fromarray(generator.integers(0, 256, (9, 9), np.uint8)).resize((90, 90)))
        for _ in range(3)
    ]


@pytest.fixture
def folder(tmp_path, pictures):
    folder = tmp_path / "films"
    folder.mkdir()
    first, second, third = pictures
    stack = BytesIO()
    tifffile.imwrite(stack, np.stack(pictures), photometric="minisblack")
    frames = b"".join(one.tobytes() for one in pictures)
    (folder / "a.png").write_bytes(encode(first, "PNG"))
    (folder / "b.png").write_bytes(encode(second, "PNG"))
    (folder / "deep.png").write_bytes(encode(second.astype(np.uint16) * 16, "PNG"))
    window = {"WindowCenter": 127.5, "WindowWidth": 255, "VOILUTFunction": "LINEAR_EXACT"}
    enhanced = dicom(first, PixelData=frames, NumberOfFrames=3, **window)
    (folder / "frames.dcm").write_bytes(enhanced)
    (folder / "stack.tif").write_bytes(stack.getvalue())
    (folder / "third.png").write_bytes(encode(third, "PNG"))
    return folder


def score(bundle, folder, out, *more):
    assert main(["score", str(bundle.path), str(folder), "--out", str(out), *more]) == 0
    table = pd.read_csv(out, dtype={"frame": str, "window": str}, keep_default_na=False)
    return table.set_index(table["path"].str.rsplit("/").str[-1])


def codes(table):
    return {name: reason.split(":")[0] for name, reason in table["reason"].items() if reason}


def test_without_choices_files_are_refused(bundle, folder, tmp_path):
    table = score(bundle, folder, tmp_path / "r.csv")
    assert codes(table) == {
        "deep.png": "range_unknown", "frames.dcm": "several_images", "stack.tif": "several_images",
    }  # fmt: skip
    assert set(table["frame"]) == set(table["window"]) == {""}


def test_the_chosen_image_is_scored_as_a_file_of_its_own_is(bundle, folder, tmp_path):
    table = score(bundle, folder, tmp_path / "r.csv", "--frame", "3", "--window", "0", "4080")
    assert codes(table) == {}
    raw = table["raw_probability"].astype(float)
    assert raw["stack.tif"] == raw["frames.dcm"] == pytest.approx(raw["third.png"], abs=1e-5)
    assert raw["deep.png"] == pytest.approx(raw["b.png"], abs=1e-5)
    assert raw["a.png"] != pytest.approx(raw["third.png"], abs=1e-5)
    assert table["frame"].to_dict() == {
        "a.png": "", "b.png": "", "deep.png": "", "frames.dcm": "3", "stack.tif": "3",
        "third.png": "",
    }  # fmt: skip
    assert table.loc["deep.png", "window"] == "0 to 4080"
    assert table["window"].tolist().count("") == 5


def test_each_choice_is_an_image_of_its_own(bundle, folder, tmp_path):
    """So that results, verdicts and heatmaps of two frames are not taken for each other's."""
    maps = tmp_path / "maps"
    ids = [
        score(bundle, folder, tmp_path / "r.csv", "--frame", number, "--heatmaps", str(maps))[
            "image_id"
        ]
        for number in ("1", "2")
    ]
    assert ids[0]["a.png"] == ids[1]["a.png"]
    assert ids[0]["a.png"] == hashlib.sha256((folder / "a.png").read_bytes()).hexdigest()
    assert ids[0]["stack.tif"] != ids[1]["stack.tif"]
    for found in ids:
        assert (maps / f"{found['stack.tif']}.png").exists()


def test_a_number_beyond_the_last_is_said(bundle, folder, tmp_path):
    table = score(bundle, folder, tmp_path / "r.csv", "--frame", "4")
    assert codes(table)["stack.tif"] == "no_such_frame"
    assert table.loc["a.png", "status"] == "ok"


@pytest.mark.parametrize(
    ("option", "status"),
    [(["--frame", "0"], 2), (["--frame", "x"], 2), (["--window", "5"], 2),
     (["--window", "5", "5"], 2), (["--window", "nan", "5"], 2), (["--window", "a", "5"], 2),
     (["--window", "4095", "0"], 2), (["--window", "0", "inf"], 2), (["--heatmaps", __file__], 2)],
)  # fmt: skip
def test_wrong_choices_end_before_anything_is_read(
    bundle, folder, tmp_path, option, status, capsys
):
    call = ["score", str(bundle.path), str(folder), "--out", str(tmp_path / "r.csv"), *option]
    try:
        found = main(call)
    except SystemExit as error:
        found = error.code
    assert found == status
    assert option[0] in capsys.readouterr().err
    assert not (tmp_path / "r.csv").exists()


def test_the_window_of_the_model_is_used_and_said(windowed_bundle, folder, tmp_path, capsys):
    maps = tmp_path / "maps"
    table = score(windowed_bundle, folder, tmp_path / "r.csv", "--heatmaps", str(maps))
    assert codes(table) == {"frames.dcm": "several_images", "stack.tif": "several_images"}
    raw = table["raw_probability"]
    assert float(raw["deep.png"]) == pytest.approx(float(raw["b.png"]), abs=1e-5)
    assert table.loc["deep.png", ["window", "window_from"]].tolist() == ["0 to 4080", "model"]
    assert table.loc["b.png", ["window", "window_from"]].tolist() == ["", ""]
    assert "0 to 4080" in capsys.readouterr().err
    digest = hashlib.sha256((folder / "deep.png").read_bytes()).hexdigest()
    assert table.loc["deep.png", "image_id"] == digest
    drawn = [np.asarray(Image.open(maps / f"{table.loc[name, 'image_id']}.png"), int)
             for name in ("deep.png", "b.png")]  # fmt: skip
    assert abs(drawn[0] - drawn[1]).max() <= 2

    table = score(windowed_bundle, folder, tmp_path / "r.csv", "--window", "0", "9000")
    assert table.loc["deep.png", ["window", "window_from"]].tolist() == ["0 to 9000", "reader"]
    assert float(table.loc["deep.png", "raw_probability"]) != pytest.approx(float(raw["deep.png"]))


def test_a_window_chosen_later_is_not_answered_with_a_result_of_the_models(
    windowed_bundle, folder, tmp_path
):
    known = BundleResults(ResultStore(tmp_path / "kept"), windowed_bundle)
    engine = Engine(windowed_bundle)
    wide = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) % 300 + 5000
    (folder / "far.png").write_bytes(encode(wide, "PNG"))

    def result(name, reading=ReadOptions()):  # noqa: B008 (it is frozen)
        return next(iter(engine.score([Source(name, folder / name, reading=reading)], known=known)))

    by_model = [result(name) for name in ("deep.png", "far.png", "a.png")]
    assert [one.reason_code for one in by_model] == ["", "blank", ""]
    assert (
        by_model[0].chosen == result("deep.png").chosen == ReadOptions(model_window=(0.0, 4080.0))
    )
    other = ReadOptions(window=(5000.0, 5300.0))
    for _ in range(2):  # computed, and found again
        assert result("far.png", other).chosen == other
        assert result("far.png", other).prediction is not None
        assert result("deep.png", other).reason_code == "blank"
        assert result("a.png", other).prediction == by_model[2].prediction
    assert [result(name).reason_code for name in ("deep.png", "far.png")] == ["", "blank"]


def test_earlier_results_are_used_only_for_the_same_choice(bundle, folder, tmp_path):
    engine = Engine(bundle)
    known = BundleResults(ResultStore(tmp_path / "kept"), bundle)

    def result(name, reading):
        return next(iter(engine.score([Source(name, folder / name, reading=reading)], known=known)))

    stack = "stack.tif"
    assert result(stack, ReadOptions()).reason_code == "several_images"
    second = result(stack, ReadOptions(frame=2))
    assert second.chosen == ReadOptions(frame=2)
    assert result(stack, ReadOptions(frame=9)).reason_code == "no_such_frame"
    assert result(stack, ReadOptions()).reason_code == "several_images"
    again = result(stack, ReadOptions(frame=2, window=(0.0, 9.0)))  # no window is needed
    assert again.image_id == second.image_id
    assert again.chosen == ReadOptions(frame=2)
    assert again.prediction == second.prediction
    deep = result("deep.png", ReadOptions(frame=2, window=(0.0, 4080.0)))
    assert deep.chosen == ReadOptions(window=(0.0, 4080.0))
    plain = result("a.png", ReadOptions(frame=2))
    assert plain.image_id == result("a.png", ReadOptions()).image_id


def test_a_worker_reads_again_what_was_chosen_since():
    digest = hashlib.sha256(b"a").digest()
    known = Digests(np.array([digest], "S32"))
    assert known.get(digest.hex(), Source("a", None)) is not None
    assert known.get(digest.hex(), Source("a", None, reading=ReadOptions(frame=1))) is None
