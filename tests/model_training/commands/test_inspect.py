"""`overread-train inspect` as its users call it: text, JSON, page and exit status."""

import base64
import json
import re
import shutil

import cv2
import numpy as np
import pandas as pd
import pytest

from app.cli import main as overread
from app.core.bundles.bundle_files import file_sha256
from model_training.cli import main
from model_training.evaluation import overlap
from tests.model_training.audit.test_checks import BINARY, anatomy
from tests.model_training.films import draw, write, write_classes

# Every case inspects a data set, as one does at a prompt.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def leaking(tmp_path_factory):
    """Two parts that share a file, with a near-duplicate and a name that is a patient's."""
    root = tmp_path_factory.mktemp("inspect") / "films"
    write_classes(root, BINARY, patients=6, split="train")
    write_classes(root, BINARY, patients=5, split="test", first=100)
    write(root / "train" / "NORMAL" / "Mustermann_<b>Erika</b>.png", anatomy(1))
    write(root / "test" / "NORMAL" / "copy.png", anatomy(1))
    write(root / "test" / "PNEUMONIA" / "smaller.png", cv2.resize(anatomy(1), (70, 90)))
    (root / "train" / "NORMAL" / "person1_virus_1.png").write_bytes(b"no image")
    return root


@pytest.fixture(scope="module")
def outputs(leaking, tmp_path_factory):
    """Folder with the JSON file and the page of `leaking`."""
    out = tmp_path_factory.mktemp("outputs") / "new"
    call = ["inspect", str(leaking), "--json", str(out / "i.json"), "--html", str(out / "i.html")]
    if main(call) != 0:
        raise AssertionError("overread-train inspect failed")
    return out


def test_text_says_what_was_found_without_a_name(leaking, capsys):
    assert main(["inspect", str(leaking), "--subgroup-pattern", "_(bacteria)_"]) == 0

    printed = capsys.readouterr()
    assert printed.out.startswith(
        "48 images of 2 classes: NORMAL, PNEUMONIA.\nPatients of 45 of 48 images come from"
    )
    assert "\n\nLeak   train and" in printed.out
    assert re.search(r"^train  NORMAL     bacteria +12 +6$", printed.out, re.MULTILINE)
    assert re.search(r"^not_an_image +1$", printed.out, re.MULTILINE)
    assert re.search(r"^train and test +0 +1 +0$", printed.out, re.MULTILINE)
    assert max(map(len, printed.out.splitlines())) <= 120
    assert "Mustermann" not in printed.out + printed.err
    assert "nan" not in printed.out
    last = printed.out.splitlines()[-1]
    assert last.startswith("Names of files and patients are not shown here; --json FILE")


def test_strict_fails_on_a_leak_and_on_nothing_else(leaking, tmp_path, capsys):
    write_classes(tmp_path / "clean", BINARY, patients=2)

    assert main(["inspect", str(leaking), "--strict"]) == 1
    assert "Splits share patients or images" in capsys.readouterr().err
    assert main(["inspect", str(tmp_path / "clean"), "--strict"]) == 0


def test_json_holds_everything_with_names(outputs):
    found = json.loads((outputs / "i.json").read_text("utf-8"))

    assert found["classes"] == list(BINARY)
    assert found["images"] == 47
    assert sum(row["images"] for row in found["counts"]) == 47
    assert found["unusable"] == [
        {"path": "train/NORMAL/person1_virus_1.png", "reason": "not_an_image"}
    ]
    assert found["identical_files"] == [
        ["test/NORMAL/copy.png", "train/NORMAL/Mustermann_<b>Erika</b>.png"]
    ]
    (pair,) = found["near_duplicates"]
    assert {pair["first"], pair["second"]} == {"test/NORMAL/copy.png", "test/PNEUMONIA/smaller.png"}
    assert pair["correlation"] > 0.92
    assert not pair["mirrored"]
    assert not pair["same_label"]
    assert found["shared"] == [
        {
            "splits": ["train", "test"],
            "patients": 0,
            "identical_files": 1,
            "near_duplicate_groups": 0,
            "which_patients": [],
            "which_files": [
                {
                    "train": ["train/NORMAL/Mustermann_<b>Erika</b>.png"],
                    "test": ["test/NORMAL/copy.png"],
                }
            ],
        }
    ]
    assert found["sizes"] == {"48x48": 44, "96x96": 2, "70x90": 1}
    assert found["observations"][0]["level"] == "leak"
    # One film of the folder has no patient in its name.
    assert {"feature", "auc", "low", "high", "groups"} <= set(found["shortcuts"][0])
    assert "patients" not in found["shortcuts"][0]
    assert [row["patients"] for row in found["counts"]].count(None) >= 1
    assert {row["patients"] for row in found["counts"]} > {None}


def test_the_page_shows_observations_plots_and_the_pairs(outputs):
    page = (outputs / "i.html").read_text("utf-8")

    assert "<h1>Inspection of films</h1>" in page
    files = page.split("Identical files in train and test")[1].split("</table>")[0]
    assert "train/NORMAL/Mustermann_&lt;b&gt;Erika&lt;/b&gt;.png" in files
    assert "test/NORMAL/copy.png" in files
    for heading in ("Observations", "Images and patients", "Files", "Duplicates", "Shortcuts"):
        assert f"<h2>{heading}</h2>" in page
    assert page.count('class="plot"') == 4  # the intervals, and three properties by class
    (source,) = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)"', page)
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(source), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (150, 304, 3)
    left = cv2.resize(anatomy(1), (150, 150), interpolation=cv2.INTER_LINEAR)
    assert np.abs(picture[:, 1:151, 0].astype(int) - left).mean() < 4


def test_patients_on_two_sides_are_listed_with_their_images(tmp_path):
    root = tmp_path / "films"
    write_classes(root, BINARY, patients=3, split="train")
    write_classes(root, BINARY, patients=2, split="test", first=100)
    write(root / "test" / "NORMAL" / "person2_bacteria_9.png", draw(0, 9999))
    call = ["inspect", str(root), "--json", str(tmp_path / "i.json")]

    assert main([*call, "--html", str(tmp_path / "i.html")]) == 0

    (shared,) = json.loads((tmp_path / "i.json").read_text("utf-8"))["shared"]
    (patient,) = shared["which_patients"]
    assert patient["train"] == [
        "train/NORMAL/person2_bacteria_0.png", "train/NORMAL/person2_bacteria_1.png"
    ]  # fmt: skip
    assert patient["test"] == ["test/NORMAL/person2_bacteria_9.png"]
    assert shared["patients"] == 1
    assert shared["which_files"] == []
    page = (tmp_path / "i.html").read_text("utf-8")
    table = page.split("Patients in train and test")[1].split("</table>")[0]
    for name in (patient["patient"], "Images in test", *patient["train"], *patient["test"]):
        assert name in table
    assert "Identical files in train and test" not in page


def test_names_are_escaped_on_the_page(tmp_path):
    root = tmp_path / "<i>films"
    write_classes(root, BINARY, patients=2)
    (root / "NORMAL" / "<script>alert(1)<x>.png").write_bytes(b"no image")

    assert main(["inspect", str(root), "--html", str(tmp_path / "i.html")]) == 0

    page = (tmp_path / "i.html").read_text("utf-8")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "<i>films" not in page


def test_a_table_is_inspected_as_a_folder_is(tmp_path, capsys):
    for number in range(30):
        write(tmp_path / "images" / f"Image{number}.png", draw(number % 2, number))
    lines = ["Image,Class", *(f"image{number},{number % 2}" for number in range(30))]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    call = ["inspect", str(tmp_path), "--class-names", "0=none", "1=tumour"]

    assert main(call) == 0

    text = capsys.readouterr().out
    assert text.startswith(
        "30 images of 2 classes: none, tumour.\nRead from t.csv: path from Image, label from Class."
    )
    assert re.search(r"^none +15 +not known$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["gone"], 1, "There is no folder 'gone'."),
        (["gone.csv"], 1, "'gone.csv' is not there."),
        (["."], 1, "The data contain images of no class;"),
        ([".", "--table", "gone.csv"], 1, "'gone.csv' is not there."),
    ],
)
def test_bad_input_is_a_sentence(tmp_path, monkeypatch, arguments, status, message, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["inspect", *arguments]) == status

    printed = capsys.readouterr()
    assert printed.err.startswith(f"overread-train: {message}")
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""


def test_findings_are_counted_with_and_without(tmp_path, capsys):
    rows = ["file,Effusion,Nodule"]
    for number in range(24):
        write(tmp_path / "images" / f"film{number}.png", draw(number % 2, number))
        rows.append(f"film{number},{number % 2},{'' if number < 4 else int(number % 3 == 0)}")
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    call = ["inspect", str(tmp_path), "--html", str(tmp_path / "i.html")]

    assert main([*call, "--json", str(tmp_path / "i.json")]) == 0

    text = capsys.readouterr().out
    assert text.startswith("24 images of any of 2 findings: Effusion, Nodule.\n")
    assert "4 of 48 labels are blank and not known" in text.replace("\n", " ")
    counts = json.loads((tmp_path / "i.json").read_text("utf-8"))["counts"]
    assert {row["class"]: row["images"] for row in counts} == {
        "Effusion": 12, "no Effusion": 12, "Nodule": 6, "no Nodule": 14,
    }  # fmt: skip
    assert (tmp_path / "i.html").is_file()


def test_contradicting_labels_are_listed_by_inspect_and_refused_by_fit(tmp_path, capsys):
    root = tmp_path / "films"
    write_classes(root, BINARY, patients=2)
    write(root / "PNEUMONIA" / "copy.png", draw(0, 0))
    write(root / "NORMAL" / "person0_bacteria_0.png", draw(0, 0))
    out = ["--preset", "basic-cnn", "--out", str(tmp_path / "m")]

    assert main(["inspect", str(root), "--json", str(tmp_path / "i.json")]) == 0
    found = json.loads((tmp_path / "i.json").read_text("utf-8"))
    (files,) = found["contradicting_identical_files"]
    assert sorted(files) == ["NORMAL/person0_bacteria_0.png", "PNEUMONIA/copy.png"]
    assert main(["inspect", str(root), "--conflicts", "drop"]) == 0
    assert "Left out: 2 images that are byte for byte" in capsys.readouterr().out
    assert main(["fit", str(root), *out]) == 1
    assert "PNEUMONIA/copy.png (PNEUMONIA)" in capsys.readouterr().err


def test_a_class_of_which_nothing_can_be_read_is_named(tmp_path, capsys):
    root = tmp_path / "films"
    write_classes(root, (*BINARY, "TB"), patients=5)
    for file in (root / "TB").iterdir():
        file.write_bytes(b"no image")
    write_classes(root, BINARY, patients=50, films_each=1, first=300)
    out = ["--preset", "basic-cnn", "--out", str(tmp_path / "m")]

    assert main(["inspect", str(root)]) == 0
    assert "No image of TB can be read." in capsys.readouterr().out
    assert main(["fit", str(root), *out]) == 1
    assert "None of the 10 images of TB can be read" in capsys.readouterr().err


@pytest.fixture
def for_a_model(phantom_bundle, tmp_path):
    """Films of the shipped phantom model, with a foreign, an inverted and an unreadable one."""
    root = tmp_path / "films"
    for name in ("NORMAL", "PNEUMONIA"):
        shutil.copytree(phantom_bundle.path / "samples" / name, root / "test" / name)
    film = cv2.imread(str(next((root / "test" / "NORMAL").iterdir())), cv2.IMREAD_GRAYSCALE)
    write(root / "test" / "NORMAL" / "Mustermann.png", 255 - film)
    write(root / "train" / "NORMAL" / "brighter.png", film // 2 + 100)
    write(root / "train" / "PNEUMONIA" / "foreign.png", anatomy(3))
    write(root / "train" / "PNEUMONIA" / "phantom.png", film[:, ::-1])
    (root / "train" / "PNEUMONIA" / "broken.png").write_bytes(b"no image")
    return root


def test_a_model_says_what_its_gate_would_refuse_as_score_does(
    phantom_bundle, for_a_model, tmp_path, capsys
):
    out, table = tmp_path / "i.json", tmp_path / "results.csv"
    call = ["inspect", str(for_a_model), "--bundle", str(phantom_bundle.path), "--json", str(out)]

    assert main([*call, "--html", str(tmp_path / "i.html")]) == 0
    printed = capsys.readouterr()
    assert overread(["score", str(phantom_bundle.path), str(for_a_model), "--out", str(table)]) == 0

    gate = json.loads(out.read_text("utf-8"))["gate"]
    scored = pd.read_csv(table, keep_default_na=False).set_index("path")
    assert len(scored) == len(gate["images"])
    for one in gate["images"]:
        row = scored.loc[str(for_a_model / one["path"])]
        assert one["status"] == row["status"]
        assert row["reason"] == (f"{one['code']}: {one['reason']}" if one["code"] else "")
        assert (one["remedy"] or "") == row["remedy_offered"]
        # A matrix product rounds in another way for a batch of another size.
        assert float(row["distance"] or 0) == pytest.approx(one["distance"] or 0, abs=2e-4)
    by_path = {one["path"]: one for one in gate["images"]}
    assert by_path["test/NORMAL/Mustermann.png"]["remedy"] == "invert"
    assert by_path["train/PNEUMONIA/broken.png"]["status"] == "unreadable"
    assert gate["refused"]["of"] == 28
    assert gate["differences"]["detail"].startswith("Too few images to compare")
    assert re.search(r"^Check  phantom-chest would refuse ", printed.out, re.MULTILINE)
    assert re.search(r"^train  PNEUMONIA +\d of 2 ", printed.out, re.MULTILINE)
    assert "Mustermann" not in printed.out + printed.err
    page = (tmp_path / "i.html").read_text("utf-8")
    section = page.split("<h2>At the gate of phantom-chest</h2>")[1].split("<h2>")[0]
    assert "Mustermann.png" in section
    assert section.count('class="plot"') == 1


def test_refused_images_that_a_model_was_trained_on_are_told_of(
    phantom_bundle, for_a_model, monkeypatch, capsys
):
    digest = file_sha256(for_a_model / "train" / "PNEUMONIA" / "foreign.png")
    monkeypatch.setattr(overlap, "seen_in_training", lambda bundle: {digest: "train"})

    assert main(["inspect", str(for_a_model), "--bundle", str(phantom_bundle.path)]) == 0

    said = " ".join(capsys.readouterr().out.split())
    assert "1 of 28 were used to train it" in said


def test_a_model_without_a_reference_says_so(bundle, leaking, capsys):
    assert main(["inspect", str(leaking), "--bundle", str(bundle.path)]) == 0

    said = capsys.readouterr().out.replace("\n       ", " ")
    assert "This model has no reference of the images it learned from" in said
    assert "By their files alone, small would refuse 0.0 %" in said


def test_no_bundle_where_one_is_named_is_a_sentence(leaking, tmp_path, capsys):
    assert main(["inspect", str(leaking), "--bundle", str(tmp_path)]) == 1

    assert "There is no bundle in the folder" in capsys.readouterr().err
