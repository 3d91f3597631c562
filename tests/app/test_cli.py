"""The `overread` command, run as its users run it."""

import hashlib
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pandas as pd
import pytest

from app.cli import main
from app.core.images.decoding import decode
from app.core.rendering.heatmaps import blend

COMMANDS = ([], ["app"], ["score"], ["verify"])


@pytest.fixture
def folder(tmp_path, film):
    inside = tmp_path / "films with space"
    inside.mkdir()
    cv2.imwrite(str(inside / "a.png"), film)
    cv2.imwrite(str(inside / "b.png"), 255 - film)
    (inside / "c.jpg").write_bytes(b"not an image")
    return inside


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_and_loads_no_network_library(command):
    code = (
        "import sys, app.cli\n"
        "try: app.cli.main(sys.argv[1:])\n"
        "except SystemExit as stop: assert stop.code == 0\n"
        "print({'keras', 'tensorflow', 'openvino', 'streamlit'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command, "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "example: overread" in done.stdout or not command
    assert done.stdout.endswith("set()\n")


def test_score_writes_a_row_for_every_input(folder, bundle, tmp_path, capsys):
    out = tmp_path / "results" / "r.csv"

    assert main(["score", str(bundle.path), str(folder), "--out", str(out)]) == 0

    table = pd.read_csv(out)
    assert list(table["status"]) == ["ok", "ok", "unreadable"]
    assert table["reason"][2].startswith("not_an_image: ")
    assert list(table["image_id"][:2]) == [
        hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("a.png", "b.png")
    ]
    assert "3 images in" in capsys.readouterr().err
    assert not list(out.parent.glob("*.partial"))


def test_heatmaps_are_the_evidence_and_the_overlay(folder, bundle, tmp_path):
    maps = tmp_path / "maps"
    main(["score", str(bundle.path), str(folder), "--out", str(tmp_path / "r.csv"),
          "--heatmaps", str(maps)])  # fmt: skip
    table = pd.read_csv(tmp_path / "r.csv")
    scored = table[table["status"] == "ok"]

    assert sorted(path.name for path in maps.iterdir()) == sorted(
        f"{image_id}.{ending}" for image_id in scored["image_id"] for ending in ("npy", "png")
    )
    for row in scored.itertuples():
        evidence = np.load(maps / f"{row.image_id}.npy")
        overlay = cv2.imread(str(maps / f"{row.image_id}.png"))[..., ::-1]
        film = decode((folder / row.path.rsplit("/", 1)[1]).read_bytes()).pixels
        assert evidence.dtype == np.float32
        assert evidence.ndim == 2
        np.testing.assert_array_equal(
            overlay, blend(film, evidence, scale=bundle.manifest.heatmap.scale)
        )


def test_files_folders_and_archives_together(folder, bundle, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "films"), "zip", folder)
    out = tmp_path / "r.csv"
    single = folder / "a.png"

    assert main(["score", str(bundle.path), archive, str(folder), str(single), str(single),
                 "--out", str(out)]) == 0  # fmt: skip

    table = pd.read_csv(out)
    assert len(table) == 3 + 3 + 1 + 1
    ids = table["image_id"].tolist()
    assert ids[0] == ids[3] == ids[6] == ids[7]
    assert table["probability"][0] == pytest.approx(table["probability"][7], abs=1e-6)


def test_verify_tells_the_digest(bundle, capsys):
    assert main(["verify", str(bundle.path)]) == 0
    assert bundle.sha256 in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("bundle", "classes (one-of): NORMAL, PNEUMONIA"),
        ("findings_bundle", "findings (any-of): EFFUSION, NODULE, CARDIOMEGALY"),
    ],
)
def test_verify_tells_the_kind_of_task(name, told, request, capsys):
    assert main(["verify", str(request.getfixturevalue(name).path)]) == 0
    assert told in capsys.readouterr().out


def test_findings_are_scored_from_the_command_line(folder, findings_bundle, tmp_path):
    out, maps = tmp_path / "r.csv", tmp_path / "maps"
    arguments = ["score", str(findings_bundle.path), str(folder), "--out", str(out)]
    assert main([*arguments, "--heatmaps", str(maps)]) == 0

    table = pd.read_csv(out)
    scored = table[table["status"] == "ok"]
    assert len(scored)
    for name, threshold in (("EFFUSION", 0.5), ("NODULE", 0.4), ("CARDIOMEGALY", 0.3)):
        shown = scored["prediction"].str.split("|").map(lambda names, name=name: name in names)
        assert (shown == (scored[f"probability:{name}"] >= threshold)).all()
    assert {path.stem for path in maps.glob("*.npy")} == set(scored["image_id"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify", "nowhere"], "There is no bundle in the folder 'nowhere'"),
        (["score", "nowhere", "films", "--out", "r.csv"], "There is no bundle"),
    ],
)
def test_failures_are_sentences(arguments, sentence, capsys):
    assert main(arguments) == 1
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_inputs_without_an_image_have_their_rows(bundle, tmp_path, capsys, ending):
    empty = tmp_path / "empty"
    empty.mkdir()
    torn = tmp_path / "torn.zip"
    torn.write_bytes(b"no archive")
    out = tmp_path / "out" / f"r.{ending}"
    inputs = [str(empty), str(tmp_path / "gone"), str(torn)]

    assert main(["score", str(bundle.path), *inputs, "--out", str(out)]) == 1

    said = capsys.readouterr().err
    assert "The input contains no image" in said
    assert "There is nothing at this path" in said
    table = pd.read_csv(out) if ending == "csv" else pd.read_parquet(out)
    assert table["path"].tolist() == inputs
    assert [reason.partition(": ")[0] for reason in table["reason"]] == [
        "no_images", "not_found", "damaged_archive",
    ]  # fmt: skip
    assert [path.name for path in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize("arguments", [[], ["scoer"], ["score"], ["score", "b", "i"]])
def test_a_wrong_call_exits_with_two(arguments):
    with pytest.raises(SystemExit) as stop:
        main(arguments)

    assert stop.value.code == 2


@pytest.mark.parametrize(
    ("error", "told"),
    [(OSError("truncated by a library"), "OSError"), (OSError(28, "x"), "No space left on device")],
)
def test_a_failure_of_the_system_is_named_without_its_text(monkeypatch, capsys, error, told):
    def fail(options):
        raise error

    monkeypatch.setattr("app.commands.verify._run", fail)

    assert main(["verify", "somewhere"]) == 1
    assert capsys.readouterr().err.startswith(f"overread: {told}. Check")


def test_a_bundle_is_found_by_name_unless_a_folder_has_that_name(
    bundle, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("OVERREAD_MODELS", str(bundle.path.parent))
    monkeypatch.chdir(tmp_path)
    assert main(["verify", bundle.path.name]) == 0
    assert f"folder: {bundle.path}\n" in capsys.readouterr().out

    (tmp_path / bundle.path.name).mkdir()
    assert main(["verify", bundle.path.name]) == 1
    assert "no bundle in the folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "call", ["app.cli verify .", "model_training.cli evaluate . ."], ids=["overread", "train"]
)
def test_a_package_that_an_update_needs_is_named(call):
    """As after `git pull` without `make`, when the new dependency is not installed."""
    module, *arguments = call.split()
    code = (
        "import sys; sys.modules['pandas'] = None\n"
        f"from {module} import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True
    )  # fmt: skip

    assert done.returncode == 1
    assert "package pandas is not installed" in done.stderr
    assert "Traceback" not in done.stderr
