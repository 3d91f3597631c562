import numpy as np
import pytest

from app.core.errors import DatasetError
from app.core.evidence.asked import Asked
from app.core.evidence.cases import collect
from app.core.evidence.recognition import recognise
from tests.app.core.evidence.tables import csv


def cases(text, truth=None, **asked):
    table, known = csv(text), None if truth is None else csv(truth, "truth.csv")
    return collect(table, known, recognise(table, known), Asked(**asked))


def said(found):
    return " ".join(found.notes)


def test_classes_by_name_keep_their_names():
    found = cases("case,score,truth\na,0.2,NORMAL\nb,0.9,PNEUMONIA\n")

    assert found.task.classes == ("NORMAL", "PNEUMONIA")
    assert found.predictions["y_true"].tolist() == [0, 1]
    assert (found.kind, found.cuts[""].decision) == ("probability", 0.5)


def test_zero_and_one_are_called_as_somebody_says():
    assert cases("case,score,truth\na,0.2,0\nb,0.9,1\n").task.classes == ("negative", "positive")
    named = cases("case,score,truth\na,0.2,0\nb,0.9,1\n", finding="effusion")
    assert named.task.classes == ("no effusion", "effusion")


def test_which_value_is_positive_is_asked_and_never_guessed():
    text = "case,score,truth\na,0.2,cat\nb,0.9,dog\nc,0.1,cow\n"
    with pytest.raises(DatasetError, match=r"'cat', 'cow', 'dog'.*--positive VALUE"):
        cases(text)

    found = cases(text, positive=("DOG",))

    assert found.task.classes == ("no dog", "dog")
    assert found.predictions["y_true"].tolist() == [0, 1, 0]
    with pytest.raises(DatasetError, match="No cell of the column 'truth' says 'sheep'"):
        cases(text, positive=("sheep",))


def test_a_row_that_cannot_be_used_costs_itself_and_is_counted():
    found = cases(
        "case,score,truth\na,0.2,0\nb,,1\nc,NaN,1\nd,0.7,\ne,0.8,1\n,0.3,0\nf,inf,0\ng,0.4,uncertain\n"
    )

    assert found.predictions["case"].tolist() == ["a", "e"]
    assert "1 row without a case left out." in said(found)
    assert "5 cases without a score or a truth left out." in said(found)
    assert "1 cell of truth says uncertain and counts as not known." in said(found)


def test_cases_listed_twice_count_once_or_not_at_all():
    found = cases("case,score,truth\na,0.2,0\na,0.2,0\nb,0.9,1\nb,0.1,1\nc,0.5,1\n")

    assert found.predictions["case"].tolist() == ["a", "c"]
    assert "1 case listed more than once with the same scores: counted once." in said(found)
    assert "1 case listed more than once with different scores, such as 'b': left out." in said(
        found
    )


def test_truth_for_half_of_them_and_a_truth_without_score_are_said():
    found = cases(
        "file,score\nx/a.png,0.2\nx/b.png,0.9\nx/c.png,0.4\nx/d.png,0.5\n",
        "study,truth\na,0\nb,1\nz,1\nb,1\n",
    )

    assert found.predictions["case"].tolist() == ["x/a.png", "x/b.png"]
    assert "matched by the names of their files without the ending" in said(found)
    assert "2 cases without a row of truth left out." in said(found)
    assert "1 case with a truth but no score" in said(found)


def test_tables_about_other_cases_are_refused():
    with pytest.raises(DatasetError, match="No case of the scores"):
        cases("case,score\na,0.2\n", "case,truth\nq,1\n")
    with pytest.raises(DatasetError, match="has a score and a truth"):
        cases("case,score,truth\na,,1\nb,,1\nc,0.3,\n")


def test_scores_upside_down_are_said_and_not_turned():
    found = cases("case,score,truth\na,0.9,0\nb,0.8,0\nc,0.2,1\nd,0.85,1\n")

    assert found.predictions["probability"].tolist() == [0.9, 0.8, 0.2, 0.85]
    assert "AUC for Positive is 0.250, below 0.5" in found.warnings[0]
    assert "nothing was turned round" in found.warnings[0]


def test_scores_below_chance_are_told_from_those_upside_down():
    rows = [(n % 10 / 10, n // 10 % 2) for n in range(400)]
    level = "".join(f"{n},{score},{truth}\n" for n, (score, truth) in enumerate(rows))
    turned = "".join(f"{n},{score - truth / 5},{truth}\n" for n, (score, truth) in enumerate(rows))
    by_chance = level.replace("0,0.0,0", "0,0.1,0", 1)

    assert not cases(f"case,score,truth\n{level}").warnings
    assert (
        "0.499, below 0.5, perhaps by chance."
        in cases(f"case,score,truth\n{by_chance}").warnings[0]
    )
    assert "high scores go with its absence" in cases(f"case,score,truth\n{turned}").warnings[0]


def test_one_class_alone_is_said():
    found = cases("case,score,truth\na,0.9,yes\nb,0.8,yes\n")

    assert found.predictions["y_true"].tolist() == [1, 1]
    assert "All cases are with Positive" in found.warnings[0]


def test_scores_that_are_no_probabilities_get_a_threshold_that_is_said_to_be_chosen_here():
    text = "case,score,truth\na,12,0\nb,30.5,0\nc,71,1\nd,88,1\n"
    found = cases(text)

    assert (found.kind, found.cuts[""].decision, found.cuts[""].chosen_on) == (
        "score", 71.0, "cases",
    )  # fmt: skip
    assert "figures at it are optimistic" in said(found)
    stated = cases(text, thresholds={"": 20.0})
    assert (stated.cuts[""].decision, stated.cuts[""].chosen_on) == (20.0, "")
    with pytest.raises(DatasetError, match="lie from 12 to 88"):
        cases(text, probabilities=True)


def test_decimal_commas_and_per_cents_are_numbers():
    found = cases("case;score;truth\na;0,25;0\nb;97 %;1\n")

    assert found.predictions["probability"].tolist() == [0.25, 0.97]


def test_thresholds_that_no_probability_reaches():
    text = "case;score;truth\na;25 %;0\nb;97 %;1\n"
    with pytest.raises(DatasetError, match=r"is 50, .* divided by 100. State it from 0 to 1"):
        cases(text, thresholds={"": 50.0})

    assert "At the threshold 0.98 for Positive, every case is negative." in said(
        cases(text, thresholds={"": 0.98})
    )
    assert "At the threshold 5 for Positive, every case is positive." in said(
        cases("case,score,truth\na,12,0\nb,88,1\n", thresholds={"": 5.0})
    )


def test_columns_of_a_table_of_truth_are_called_as_there():
    found = cases("case,label,score\na,x,0.2\nb,y,0.9\n", "case,label\na,0\nb,1\n")

    assert "truth 'label'" in said(found)


def test_findings_are_labelled_one_by_one():
    found = cases(
        "case,A_score,A_truth,B_score,B_truth\na,0.1,0,0.9,1\nb,0.8,1,,0\nc,0.3,,0.4,0\n",
        thresholds={"B": 0.3},
    )

    assert found.task.any_of
    table = found.predictions
    np.testing.assert_array_equal(table["y_true:A"], [0, 1, np.nan])
    np.testing.assert_array_equal(table["y_true:B"], [1, np.nan, 0])
    assert {finding: cut.decision for finding, cut in found.cuts.items()} == {"A": 0.5, "B": 0.3}
    with pytest.raises(DatasetError, match="given for 'C'"):
        cases("case,A_score,A_truth\na,0.1,0\n", thresholds={"C": 0.3})


def test_what_is_positive_of_findings_is_said_by_one_of_them_or_refused():
    text = "case,A_score,A_truth,B_score,B_truth\na,0.1,0,0.9,ill\nb,0.8,1,0.2,well\n"

    found = cases(text, positive=("ILL",))

    assert found.predictions["y_true:A"].tolist() == [0, 1]
    assert found.predictions["y_true:B"].tolist() == [1, 0]
    with pytest.raises(DatasetError, match="No column of truth says 'sick'"):
        cases(text, positive=("ill", "sick"))


def test_of_several_classes_none_is_positive():
    with pytest.raises(DatasetError, match="Leave --positive out"):
        cases("case,class,a,b,c\n1,a,0.6,0.3,0.1\n2,b,0.2,0.7,0.1\n", positive=("a",))


def test_several_classes_have_a_score_each():
    text = "case,class,a,b,c\n1,a,0.6,0.3,0.1\n2,b,0.2,0.7,0.1\n3,c,0.2,0.2,0.6\n4,d,0.1,0.1,0.8\n"
    found = cases(text)

    assert found.task.classes == ("a", "b", "c")
    assert found.predictions["y_true"].tolist() == [0, 1, 2]
    assert found.kind == "probability"
    assert "1 case of classes without a score left out, such as 'd'." in said(found)
    assert cases(text.replace("0.6,0.3,0.1", "0.6,0.3,0.9")).kind == "score"


def test_two_scores_for_two_classes_are_one_question():
    found = cases("case,NORMAL,ILL,truth\na,0.8,0.2,NORMAL\nb,0.1,0.9,ILL\n")

    assert found.task.classes == ("NORMAL", "ILL")
    assert found.predictions["probability"].tolist() == [0.2, 0.9]


def test_columns_that_are_not_used_are_said():
    found = cases("case,B_score,B_truth,eff_ai,A_truth\n1,0.2,0,0.3,1\n2,0.9,1,0.4,0\n")

    assert "Columns that are not used: 'eff_ai', 'A_truth'." in said(found)
    assert "not used" not in said(cases("case,score\na,0.2\nb,0.9\n", "case,truth\na,0\nb,1\n"))
    many = ",".join(f"x{number}" for number in range(9))
    wide = cases(f"case,score,truth,{many}\n" + f"a,0.2,0{',k' * 9}\nb,0.9,1{',k' * 9}\n")
    assert "'x5' and 3 more." in said(wide)
