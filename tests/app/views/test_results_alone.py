"""Performance on results without a model."""

import hashlib
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.core.bundles.bundle import load_bundle
from app.core.evidence.asked import Asked
from app.core.evidence.cases import collect
from app.core.evidence.recognition import recognise
from app.core.evidence.writing import write_evidence
from app.ui.performance import misclassified
from tests.app.core.evidence.tables import csv
from tests.app.views.light_bundles import table, write_bundle
from tests.app.views.test_performance import PAGE, ROWS, captions, cards, view

MAIN = Path(__file__).parents[3] / "app" / "main.py"
HEADING = "case,patient_id,sex,score,truth"
# The test rows of the light bundle, as a vendor would send them.
VENDOR = "\n".join(
    f"film{row}.png,{patient},{'F' if row % 2 else 'M'},{score},{label}"
    for row, (split, patient, _, label, score) in enumerate(ROWS)
    if split == "test"
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An installation without a model."""
    (tmp_path / "models").mkdir()
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def add(home, text=f"{HEADING}\n{VENDOR}\n", *, name="vendor", films=None, **asked):
    given = csv(text)
    cases = collect(given, None, recognise(given), Asked(**asked))
    return write_evidence(home / "evidence" / name, cases, name=name, tables=[given], films=films)


def open_page():
    return AppTest.from_file(MAIN, default_timeout=60).switch_page(PAGE).run()


def test_every_figure_is_there_without_a_model(home):
    add(home)
    at = open_page()

    assert not at.exception
    found = cards(at)
    assert (found["Sensitivity"].value, found["Specificity"].value) == ("75.0 %", "66.7 %")
    assert found["AUC"].value == "0.750"
    assert found["AUC"].proto.delta_description == "5 patients"
    assert "All cases: 7 cases of 5 patients (3 Negative, 4 Positive)." in captions(at)
    assert "The threshold: 0.5, as none was stated." in captions(at)
    assert "2 cases misclassified" in captions(at)
    assert "added without their films" in captions(at)
    notes = " ".join(text.value for text in at.markdown)
    assert "score 'score'; truth 'truth'; patient 'patient\\_id'" in notes
    assert not [one for one in at.button if one.key == "performance_take"]
    for name, told in (
        ("Calibration", "Expected calibration error"),
        ("Subgroups", "Small subgroups"),
        ("Counts", "several classes."),
    ):
        assert not view(at, name).exception
        assert told in captions(at)
    assert "Training" not in at.segmented_control(key="performance_view").options


def test_it_is_chosen_beside_a_model_and_shows_the_same_digits(home):
    write_bundle(home.parent / "models", table(ROWS))
    add(home)
    at = open_page()
    of_model = {name: (one.value, one.delta) for name, one in cards(at).items()}

    at.selectbox(key="performance_results").set_value("vendor").run()

    assert not at.exception
    assert {name: (one.value, one.delta) for name, one in cards(at).items()} == of_model
    assert "All cases: 7 cases" in captions(at)


def test_scores_that_are_no_probabilities_say_so_where_it_matters(home):
    scaled = "\n".join(
        ",".join([*cells[:3], str(round(float(cells[3]) * 100)), cells[4]])
        for cells in (line.split(",") for line in VENDOR.splitlines())
    )
    evidence = add(home, f"{HEADING}\n{scaled}\n", thresholds={"": 50.0})
    at = open_page()

    assert not at.exception
    assert cards(at)["AUC"].value == "0.750"
    assert cards(at)["Sensitivity"].value == "75.0 %"
    slider = at.slider(key=f"performance_threshold_{evidence.sha256[:12]}")
    assert (slider.min, slider.max, slider.value) == (10.0, 90.0, 50.0)
    # 80 is called positive by 30 points, 30 negative by 20.
    assert at.dataframe[0].value["Probability"].tolist() == [80.0, 30.0]
    view(at, "Calibration")
    assert not at.exception
    assert any("are not probabilities" in info.value for info in at.info)


def test_a_site_is_looked_at_alone_and_doubts_are_said(home):
    rows = "a,X,0.9,0\nb,X,0.2,1\nc,X,0.8,0\nd,Y,0.1,1\ne,Y,0.3,0\n"
    add(home, f"case,site,score,truth\n{rows}")
    at = open_page()

    assert any("below 0.5" in warning.value for warning in at.warning)
    at.segmented_control(key="performance_split_cases_X_Y").set_value("X").run()
    assert not at.exception
    assert "X: 3 cases of 3 groups" in captions(at)
    assert cards(at)["Specificity"].proto.delta_description == "0 of 2"


def test_many_errors_are_listed_part_by_part(home, monkeypatch):
    monkeypatch.setattr(misclassified, "_MAX_LISTED", 3)
    add(home, "case,score,truth\n" + "".join(f"c{n},0.{n},{int(n < 5)}\n" for n in range(1, 10)))
    at = open_page()

    assert "9 cases misclassified, most confident errors first. 1 to 3 are listed." in captions(at)
    part = next(one for one in at.selectbox if one.label == "Listed")
    assert part.options == ["1 to 3", "4 to 6", "7 to 9"]
    part.set_value(6).run()
    assert not at.exception
    assert "7 to 9 are listed." in captions(at)
    assert len(at.dataframe[0].value) == 3


def test_subgroups_of_several_kinds_are_compared_one_kind_at_a_time(home):
    rows = "".join(f"{n},{'FM'[n % 2]},{'XYZ'[n % 3]},{n / 10},{n % 2}\n" for n in range(10))
    add(home, f"case,sex,scanner,score,truth\n{rows}")
    at = open_page()

    view(at, "Subgroups")
    assert not at.exception
    assert set(at.dataframe[0].value["Subgroup"]) == {"F", "M"}
    at.segmented_control(key="performance_subgroups_sex_scanner").set_value("scanner").run()
    assert not at.exception
    assert set(at.dataframe[0].value["Subgroup"]) == {"X", "Y", "Z"}


def test_findings_and_classes_have_their_pages(home):
    rows = "".join(f"{n},{n / 10},{n % 2},{1 - n / 10},{n % 3 // 2}\n" for n in range(9))
    add(home, f"case,A_score,A_truth,B_score,B_truth\n{rows}", name="findings")
    add(home, "case,class,a,b,c\n1,a,6,3,1\n2,b,2,7,1\n3,c,2,2,6\n4,c,8,1,1\n", name="points")
    at = open_page()
    assert not at.exception
    assert at.dataframe[0].value["Finding"].tolist() == ["A", "B"]
    finding = next(one for one in at.selectbox if one.label == "Finding")
    finding.set_value("B").run()
    assert not at.exception
    assert "All cases: 9 cases" in captions(at)

    at.selectbox(key="performance_results").set_value("points").run()

    assert not at.exception
    assert cards(at)["Accuracy"].proto.delta_description == "3 of 4"
    assert not view(at, "Calibration").exception
    assert any("are not probabilities" in info.value for info in at.info)


def test_a_film_is_shown_as_it_was_and_no_other(home, tmp_path):
    films = tmp_path / "films"
    films.mkdir()
    picture = cv2.imencode(".png", np.tile(np.arange(200, dtype=np.uint8), (180, 1)))[1].tobytes()
    (films / "film1.png").write_bytes(picture)
    (films / "film4.png").write_bytes(b"no picture")
    evidence = add(home, films=films)
    at = open_page()
    assert "Select a row (on the keyboard with Shift and Space) to see its film." in captions(at)
    assert at.dataframe[0].value["To see"].tolist() == ["film", "film"]
    key = f"misclassified_{evidence.sha256}_cases_0.5"

    def select(row):
        at.session_state[key] = {"selection": {"rows": [row], "columns": []}}
        return at.run()

    select(0)
    assert not at.exception
    assert "**film1.png**" in " ".join(text.value for text in at.markdown)
    select(1)
    assert "cannot be shown" in at.warning[0].value
    (films / "film1.png").write_bytes(picture + b"another")
    select(0)
    assert "not found, or was changed" in at.warning[0].value
    assert evidence.predictions()["image_id"][1] == hashlib.sha256(picture).hexdigest()


def test_changed_results_are_a_message_not_a_traceback(home):
    evidence = add(home)
    with (evidence.path / "predictions.csv").open("a") as file:
        file.write("\n")
    at = open_page()

    assert not at.exception
    assert "predictions.csv of the results 'vendor' is missing or was changed" in at.error[0].value


def test_it_is_compared_with_other_results_of_the_same_cases(home):
    bundle = write_bundle(home.parent / "models", table(ROWS))
    rows = "\n".join(f"film{row}.png,{row / 10},{label}" for row, (*_, label, _) in enumerate(ROWS))
    rival = add(home, f"case,score,truth\n{rows}\n", name="rival")
    add(home, "case,score,truth\nother1,0.1,0\nother2,0.9,1\n", name="elsewhere")
    at = view(open_page(), "Comparison")
    key = f"performance_compared_{load_bundle(bundle).sha256[:12]}"
    assert at.selectbox(key=key).options == ["elsewhere", "rival"]
    assert at.selectbox(key=key).value is None

    at.selectbox(key=key).set_value(rival.path).run()

    assert not at.exception
    (shown,) = [one.value for one in at.dataframe if "Figure" in one.value]
    assert shown["In light"].tolist()[:2] == ["0.750", "71.4 %"]
    assert shown["In rival"].tolist()[0] == "1.000"
    # The rival clears film 1, which the model calls positive, and misses film 3; both miss film 4.
    assert shown["Only rival right"].tolist()[1:4] == ["1", "0", "1"]
    assert shown["Only light right"].tolist()[1:4] == ["1", "1", "0"]
    assert "7 shared cases of 5 patients (3 Normal, 4 Pneumonia)" in captions(at)
    assert "0 cases only in light, 2 cases only in rival" in captions(at)
    assert "Accuracy: these cases show no difference" in " ".join(one.value for one in at.markdown)

    at.selectbox(key=key).set_value(home / "evidence" / "elsewhere").run()

    assert not at.exception
    assert "have no case in common" in at.warning[0].value

    shutil.rmtree(home / "evidence" / "elsewhere")
    at.run()

    assert not at.exception
    assert at.selectbox(key=key).value is None


def test_with_nothing_else_there_is_nothing_to_compare(home):
    add(home)

    at = view(open_page(), "Comparison")

    assert not at.exception
    assert any("There is nothing to compare with" in info.value for info in at.info)


def test_one_finding_of_several_is_compared_with_results_about_it(home):
    rows = "".join(f"{n},{n / 10},{n % 2},{1 - n / 10},{n % 3 // 2}\n" for n in range(9))
    several = add(home, f"case,A_score,A_truth,B_score,B_truth\n{rows}", name="findings")
    other = "".join(f"{n},{n % 3 / 4},{n % 3 // 2}\n" for n in range(9))
    one = add(home, f"case,score,truth\n{other}", name="one", finding="b")
    at = open_page()
    next(box for box in at.selectbox if box.label == "Finding").set_value("B").run()
    view(at, "Comparison")

    at.selectbox(key=f"performance_compared_{several.sha256[:12]}").set_value(one.path).run()

    assert not at.exception
    assert "9 shared cases of 9 groups (6 No B, 3 B)" in captions(at)
