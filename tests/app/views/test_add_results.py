"""Add results: a table is dropped, its columns are confirmed, Performance opens."""

import hashlib
from pathlib import Path

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


def said(at):
    return " ".join(text.value for text in at.markdown)


def test_a_table_is_confirmed_and_opens_performance(home):  # noqa: F811
    at = drop(open_page(), TABLE)

    assert not at.exception
    recognised = {"Case": "case", "Score": "score", "Truth": "truth", "Patient": "patient_id",
                  "Site": "none"}  # fmt: skip
    assert {role: choice(at, role).value for role in recognised} == recognised
    assert "**7 cases with a score and a truth.**" in said(at)
    choice(at, "Patient").set_value("none").run()
    at.text_input(key=f"results_name_{hashlib.sha256(TABLE).hexdigest()}").set_value(
        "Vendor: spring/2026"
    ).run()
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

    for role, column in (("Case", "a"), ("Score", "b"), ("Truth", "d")):
        choice(at, role).set_value(column).run()
    assert "not clear which value" in at.error[0].value
    said_so = next(one for one in at.multiselect if one.label.startswith("The finding is there"))
    said_so.set_value(["dog"]).run()

    assert not at.exception
    assert not at.error
    assert "**2 cases with a score and a truth.**" in said(at)
    assert at.button(key="results_add")


def test_a_truth_apart_findings_and_doubts():
    at = drop(open_page(), b"case,A,B\n1,0.9,0.2\n2,0.1,0.3\n3,0.8,0.9\n")
    assert any("do not tell" in info.value for info in at.info)
    drop(at, b"case,A,B\n1,0,0\n2,1,0\n3,0,1\n", "truth.csv", to="results_truth_0")

    assert not at.exception
    findings = next(one for one in at.multiselect if one.label == "Findings")
    assert findings.value == ["A", "B"]
    assert any("AUC for A is 0.000, below 0.5" in warning.value for warning in at.warning)
    findings.set_value(["B"]).run()
    assert not any("AUC" in warning.value for warning in at.warning)


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
