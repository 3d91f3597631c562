"""`overread-train compare` as its users call it, and what it writes."""

import json

import numpy as np
import pytest

from model_training.cli import main
from model_training.evaluation.comparison import compare_on_test_rows
from model_training.evaluation.comparison_report import conclusions, text
from tests.model_training.altered_bundles import altered
from tests.model_training.films import write_classes

pytestmark = pytest.mark.slow


def guessing(table):
    chance = np.random.default_rng(2).random(len(table))
    return table.assign(probability=chance)


@pytest.fixture(scope="module")
def guesser(bundle, tmp_path_factory):
    return altered(bundle, tmp_path_factory.mktemp("models") / "guesser", guessing)


def test_text_page_and_numbers_say_the_same(bundle, guesser, tmp_path, capsys):
    page, numbers = tmp_path / "new" / "c.html", tmp_path / "new" / "c.json"
    outputs = ["--html", str(page), "--json", str(numbers)]

    assert main(["compare", str(bundle.path), str(guesser.path), *outputs]) == 0

    printed = capsys.readouterr()
    content = json.loads(numbers.read_text(encoding="utf-8"))
    shown = page.read_text(encoding="utf-8")
    (pair,) = content["pairs"]
    assert content["num_images"] == 40
    assert pair["auc_by_patient"]["p_value"] < 0.05
    assert content["conclusions"][0] in shown.replace("&lt;", "<")
    assert "40 images of 20 patients" in printed.out
    assert f"{pair['auc_by_patient']['first']:.3f}" in printed.out
    for heading in ("Conclusion", "Differences", "Ranking", "Learning curves"):
        assert f"<h2>{heading}</h2>" in shown
    assert "<h1>Comparison of small and guesser</h1>" in shown
    assert shown.count('class="plot"') == 4
    learning = shown.split("<h2>Learning curves</h2>")[1]
    assert '"mode":"lines+markers"' in learning  # one epoch is a point, and no line
    assert "p0" not in printed.out  # the patients of the made-up table


def test_a_real_difference_is_significant_and_chance_is_not(bundle, guesser, tmp_path):
    def shaken(table):
        noise = np.random.default_rng(0).normal(0, 0.01, len(table))
        return table.assign(probability=(table["probability"] + noise).clip(0, 1))

    close = altered(bundle, tmp_path / "close", shaken)

    (clear,) = conclusions(compare_on_test_rows([bundle, guesser]))
    (alike,) = conclusions(compare_on_test_rows([bundle, close]))

    assert "lower (" in clear
    assert "not significant" not in clear
    assert alike.count("not significant") == 2


def test_clustered_patients_are_pointed_out(bundle, tmp_path):
    one_each = altered(
        bundle, tmp_path / "single", lambda table: table.assign(patient_id=table["image_id"])
    )

    several, single = (
        text(compare_on_test_rows([first, bundle])).replace("\n", " ")
        for first in (bundle, one_each)
    )

    assert "Rely on the former" in several
    assert "Rely on the former" not in single
    assert "does not prove" in several


def test_three_bundles_and_three_classes_are_written(
    bundle, guesser, three_class_bundle, tmp_path, capsys
):
    paths = [str(bundle.path), str(guesser.path), str(bundle.path)]
    assert main(["compare", *paths]) == 0
    assert "3 pairs" in capsys.readouterr().out.replace("\n", " ")

    twice = [str(three_class_bundle.path)] * 2
    outputs = ["--html", str(tmp_path / "b.html"), "--json", str(tmp_path / "b.json")]
    assert main(["compare", *twice, *outputs]) == 0
    pair = json.loads((tmp_path / "b.json").read_text())["pairs"][0]
    assert pair["auc_by_patient"] is None
    assert pair["auc_p"] is None  # not NaN, which is not JSON
    assert "Effusion against the rest." in (tmp_path / "b.html").read_text(encoding="utf-8")


def test_all_bundles_score_given_data(bundle, tmp_path, capsys):
    write_classes(tmp_path / "films", ("NORMAL", "PNEUMONIA"), patients=2)
    (tmp_path / "films" / "NORMAL" / "Mustermann_Erika.png").write_bytes(b"not an image")
    other = altered(bundle, tmp_path / "other", lambda table: table)
    paths = [str(bundle.path), str(other.path)]

    assert main(["compare", *paths, "--data", str(tmp_path / "films")]) == 0

    printed = capsys.readouterr()
    told = printed.out.replace("\n", " ")
    assert "8 images of 4 patients" in told
    for name in ("small", "other"):
        assert f"{name} did not score 1 of 9 images" in told
    assert "AUC equal to three digits" in told
    assert "Mustermann" not in printed.out + printed.err


@pytest.mark.parametrize(
    ("more", "message"),
    [([], "two or more bundles. Received 1"), (["--split", "test"], "two or more bundles")],
)
def test_one_bundle_is_a_wrong_call(bundle, capsys, more, message):
    assert main(["compare", str(bundle.path), *more]) == 2
    assert message in capsys.readouterr().err


def test_a_split_without_data_is_incorrect_usage(bundle, capsys):
    assert main(["compare", str(bundle.path), str(bundle.path), "--split", "test"]) == 2
    assert "Add --data" in capsys.readouterr().err


def test_bundles_of_two_tasks_are_a_sentence_and_status_1(bundle, three_class_bundle, capsys):
    assert main(["compare", str(bundle.path), str(three_class_bundle.path)]) == 1

    printed = capsys.readouterr()
    assert printed.err.startswith("overread-train: 'small' has the classes ['NORMAL', 'PNEUMONIA']")
    assert printed.out == ""
