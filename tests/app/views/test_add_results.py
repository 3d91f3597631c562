"""Add results: a table is dropped, its columns are confirmed, Performance opens."""

from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.core.evidence.evidence import find_evidence, load_evidence
from tests.app.views.test_performance import cards
from tests.app.views.test_results_alone import HEADING, VENDOR, home  # noqa: F401 (a fixture)

MAIN = Path(__file__).parents[3] / "app" / "main.py"
PAGE = "views/add_results.py"
TABLE = f"{HEADING}\n{VENDOR}\n".encode()

pytestmark = pytest.mark.usefixtures("home")


def open_page():
    return AppTest.from_file(MAIN, default_timeout=60).switch_page(PAGE).run()


def drop(at, content, name="vendor.csv", *, to="results_table_0"):
    return at.file_uploader(key=to).set_value((name, content, "text/csv")).run()


def choice(at, label):
    return next(one for one in at.selectbox if one.label == label)


def several(at, label):
    return next(one for one in at.multiselect if one.label == label)


def said(at):
    return " ".join(text.value for text in at.markdown)


def test_a_table_is_confirmed_and_opens_performance(home):  # noqa: F811
    at = drop(open_page(), TABLE)

    assert not at.exception
    recognised = {"Case": "case", "Truth": "truth", "Patient": "patient_id", "Site": "none"}
    assert {role: choice(at, role).value for role in recognised} == recognised
    assert several(at, "Scores").value == ["score"]
    assert "**7 cases with a score and a truth.**" in said(at)
    choice(at, "Patient").set_value("none").run()
    named = next(one for one in at.text_input if one.label == "What the results are called")
    named.set_value("Vendor: spring/2026").run()
    at.number_input[0].set_value(0.65).run()

    at.button(key="results_add").click().run()

    assert not at.exception
    assert at.title[0].value == "Performance"
    (path,) = find_evidence(home / "evidence")
    made = load_evidence(path)
    assert (path.name, made.name) == ("Vendor_ spring_2026", "Vendor: spring/2026")
    assert made.manifest.cuts[""].decision == 0.65
    assert cards(at)["Sensitivity"].value == "25.0 %"
    assert cards(at)["AUC"].proto.delta_description == "7 groups"


def test_columns_whose_names_tell_nothing_are_asked():
    at = drop(open_page(), b"a,b,c,d\nx,0.4,2,cat\ny,0.6,3,dog\n")
    assert any("do not tell" in info.value for info in at.info)
    assert not [one for one in at.button if one.key == "results_add"]

    choice(at, "Case").set_value("a").run()
    several(at, "Scores").set_value(["b"]).run()
    choice(at, "Truth").set_value("d").run()
    assert "not clear which value" in at.error[0].value
    several(at, "The finding is there where the truth says").set_value(["dog"]).run()

    assert not at.exception
    assert not at.error
    assert "**2 cases with a score and a truth.**" in said(at)
    assert at.button(key="results_add")


def test_decisions_in_words_can_be_chosen_as_the_truth_can():
    at = drop(open_page(), b"case,score,label\nx,high,1\ny,low,0\nz,low,1\n")
    assert "not clear which value of the column 'score'" in at.error[0].value

    label = "The finding is there where the truth or the decision says"
    several(at, label).set_value(["1", "high"]).run()

    assert not at.exception
    assert not at.error
    assert "**3 cases with a score and a truth.**" in said(at)


def test_a_truth_apart_findings_and_doubts():
    at = drop(open_page(), b"case,A,B\n1,0.9,0.2\n2,0.1,0.3\n3,0.8,0.9\n")
    assert any("do not tell" in info.value for info in at.info)
    drop(at, b"case,A,B\n1,0,0\n2,1,0\n3,0,1\n", "truth.csv", to="results_truth_0")

    assert not at.exception
    assert several(at, "Scores").value == ["A", "B"]
    assert any("AUC for A is 0.000, below 0.5" in warning.value for warning in at.warning)
    several(at, "Scores").set_value(["B"]).run()
    assert not any("AUC" in warning.value for warning in at.warning)


def test_findings_are_named_with_their_truths_and_thresholds_on_the_page(home):  # noqa: F811
    rows = "".join(f"{n},{n / 10},{n % 2},{1 - n / 10},{n % 3 // 2},{'FM'[n % 2]},{'XY'[n // 5]}\n"
                   for n in range(10))  # fmt: skip
    at = drop(open_page(), f"exam,eff_ai,eff_ref,nod_ai,nod_ref,sex,scanner\n{rows}".encode())
    several(at, "Scores").set_value(["eff_ai", "nod_ai"]).run()
    assert choice(at, "Case").value == "exam"
    assert several(at, "Subgroups").value == ["sex", "scanner"]

    for column, name in (("eff_ai", "Effusion"), ("nod_ai", "Nodule")):
        named = next(one for one in at.text_input
                     if one.label.replace("\\", "") == f"{column} is the score of")  # fmt: skip
        named.set_value(name).run()
    choice(at, "Truth of Effusion").set_value("eff_ref").run()
    choice(at, "Truth of Nodule").set_value("nod_ref").run()
    cut = next(one for one in at.number_input if one.label == "Nodule is positive from")
    cut.set_value(0.3).run()
    assert not at.exception
    assert not at.error
    at.button(key="results_add").click().run()

    assert not at.exception
    (path,) = find_evidence(home / "evidence")
    made = load_evidence(path)
    assert made.manifest.task.classes == ("Effusion", "Nodule")
    assert {name: cut.decision for name, cut in made.manifest.cuts.items()} == {
        "Effusion": 0.5, "Nodule": 0.3,
    }  # fmt: skip
    assert {"subgroup:sex", "subgroup:scanner"} < set(made.predictions())


def test_classes_are_named_as_the_truth_calls_them():
    rows = "".join(f"{n},{'abc'[n % 3]},{'0.2,' * 2}0.6\n" for n in range(6))
    at = drop(open_page(), f"case,class,p1,p2,p3\n{rows}".encode())
    several(at, "Scores").set_value(["p1", "p2", "p3"]).run()
    kind = next(one for one in at.segmented_control if one.label == "They are of")
    kind.set_value("several classes, of which one is true").run()
    choice(at, "Truth").set_value("class").run()
    for column, name in (("p1", "a"), ("p2", "b"), ("p3", "c")):
        named = next(one for one in at.text_input if one.label == f"{column} is the score of")
        named.set_value(name).run()

    assert not at.exception
    assert not at.error
    assert "**6 cases with a score and a truth.**" in said(at)


def test_a_row_for_each_finding_is_recognised_and_may_be_wrong():
    rows = "".join(f"{n},{f},0.{n},{(n + len(f)) % 2}\n"
                   for n in range(4) for f in ("Mass", "Edema"))  # fmt: skip
    at = drop(open_page(), f"image,finding,score,truth\n{rows}".encode())

    assert choice(at, "A row is about").value == "finding"
    assert several(at, "Scores").value == ["score:Mass", "score:Edema"]
    assert "**4 cases with a score and a truth.**" in said(at)
    choice(at, "A row is about").set_value("").run()
    assert not at.exception
    assert several(at, "Scores").value == ["score"]


def test_a_sheet_is_chosen_and_a_missing_line_of_names_is_said():
    content = BytesIO()
    with pd.ExcelWriter(content) as writer:
        pd.DataFrame({"note": ["x"]}).to_excel(writer, sheet_name="Readme", index=False)
        rows = pd.read_csv(BytesIO(TABLE))
        rows.to_excel(writer, sheet_name="Scores", index=False)
    at = drop(open_page(), content.getvalue(), "v.xlsx")

    choice(at, "Sheet").set_value("Scores").run()
    assert not at.exception
    assert "**7 cases with a score and a truth.**" in said(at)

    at = drop(open_page(), b"a.png,0.91,1\nb.png,0.08,0\n", "bare.csv")
    assert not at.exception
    assert any("do not tell" in info.value for info in at.info)
    assert choice(at, "Case").options == ["column 1", "column 2", "column 3"]


def test_what_is_no_table_is_a_message_and_results_can_be_removed(home):  # noqa: F811
    at = drop(open_page(), b"case,score\n", "empty.csv")
    assert "has no rows" in at.error[0].value
    drop(at, TABLE)
    at.button(key="results_add").click().run()
    assert find_evidence(home / "evidence")

    at.switch_page(PAGE).run()
    at.button(key="results_open_vendor").click().run()
    assert at.title[0].value == "Performance"
    at.switch_page(PAGE).run()
    at.button(key="results_remove_vendor").click().run()

    assert not at.exception
    assert not find_evidence(home / "evidence")
