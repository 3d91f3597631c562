"""What answers are worth at another prevalence, on the page Performance."""

import pytest

from tests.app.views.light_bundles import table, write_bundle
from tests.app.views.performance_page import ROWS, cards, key_of, open_page


def test_the_prevalence_of_a_ward_changes_what_answers_are_worth_there(models):
    write_bundle(models, table(ROWS))
    at = open_page()
    assert "PPV there" not in cards(at)

    at.number_input(key="performance_prevalence").set_value(10.0).run()

    # Sensitivity 3 of 4 and specificity 2 of 3: of 100 with it 75 are found, of 900 without it
    # 300 are false alarms.
    assert not at.exception
    found = cards(at)
    assert found["PPV there"].value == "20.0 %"
    assert found["PPV there"].proto.delta_description == "75 of 375"
    assert found["NPV there"].value == "96.0 %"
    assert found["NPV there"].proto.delta_description == "600 of 625"
    assert found["Missed per 1,000"].value == "25.0"
    assert found["Missed per 1,000"].delta == "4.6 to 69.9"
    assert found["Missed per 1,000"].proto.delta_description == "of 100"
    assert found["False alarms per 1,000"].value == "300"
    assert found["PPV"].value == "75.0 %"

    at.slider(key=key_of(models)).set_value(0.95).run()
    found = cards(at)
    assert found["PPV there"].value == "none"
    assert found["PPV there"].proto.delta_description == "0 of 0"
    assert found["Missed per 1,000"].value == "100"


@pytest.mark.parametrize(
    ("per_cent", "films"), [(0.0, "no film shows"), (100.0, "every film shows")]
)
def test_where_all_films_are_alike_there_is_nothing_to_tell_apart(models, per_cent, films):
    write_bundle(models, table(ROWS))
    at = open_page()

    at.number_input(key="performance_prevalence").set_value(per_cent).run()

    assert not at.exception
    assert "PPV there" not in cards(at)
    assert any(f"Where {films} Pneumonia, there is nothing" in one.value for one in at.caption)


def test_at_a_rare_finding_nothing_is_rounded_to_certainty(models):
    write_bundle(models, table(ROWS))
    at = open_page()

    at.number_input(key="performance_prevalence").set_value(0.001).run()

    found = cards(at)
    assert found["PPV there"].value == "< 0.1 %"
    assert found["NPV there"].value == "> 99.9 %"
    assert found["Missed per 1,000"].value == "< 0.1"


def test_of_several_classes_one_at_a_time_has_a_prevalence(models):
    # Of each class two films, of which the model takes one of "b" for "c".
    answers = (("a", "a"), ("a", "a"), ("b", "b"), ("b", "c"), ("c", "c"), ("c", "c"))
    rows = table([("test", f"p{number}", "", 0, 0.9) for number in range(len(answers))])
    rows["y_true"] = ["abc".index(true) for true, _ in answers]
    for name in "abc":
        rows[name] = [0.9 if called == name else 0.05 for _, called in answers]
    write_bundle(models, rows, classes=("a", "b", "c"))
    at = open_page()

    at.selectbox(key="performance_prevalence_class").set_value(2).run()
    at.number_input(key="performance_prevalence").set_value(10.0).run()

    # Sensitivity 2 of 2, specificity 3 of 4: 100 found, 225 of 900 are false alarms.
    assert not at.exception
    found = cards(at)
    assert found["PPV there"].proto.delta_description == "100 of 325"
    assert found["False alarms per 1,000"].value == "225"
    assert any("other classes are in the same proportions" in one.value for one in at.caption)
