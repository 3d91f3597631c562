import pytest

from app.core.bundles.task import Task
from app.core.errors import DatasetError
from app.core.record.worklist_items import NewItem, add_items
from app.core.record.worklist_truth import set_table_truth
from app.core.record.worklists import set_truth, worklist
from app.core.reliance.performance import own_films
from app.core.reliance.truth import known_truth, truth_of_folders, truth_of_table
from app.core.scoring.prediction import Prediction
from app.core.scoring.result import Result
from app.core.sources.source import Source

TASK = Task(
    title="Pneumonia", classes=("NORMAL", "PNEUMONIA"), positive="PNEUMONIA",
    display_names={"NORMAL": "No finding"},
)  # fmt: skip


def result(name, *, digest="", duplicate_of="", judged=True):
    prediction = Prediction("NORMAL", 0, 0.2, 0.2, 0.5, "negative", (0.8, 0.2)) if judged else None
    status = "ok" if judged else "refused"
    return Result(
        Source(name, None), digest, status, prediction=prediction, duplicate_of=duplicate_of
    )


def test_folders_of_a_class_give_the_truth():
    names = [
        "NORMAL/1.png", "test/pneumonia/2.png", "films.zip/No Finding/3.png", "4.png", "NORMAL.png",
    ]  # fmt: skip

    found = truth_of_folders(names, TASK)

    assert found.labels == {0: 0, 1: 1, 2: 0}
    assert (found.ambiguous, found.num_without) == ((), 2)


def test_a_film_in_folders_of_two_classes_has_no_truth():
    found = truth_of_folders(["NORMAL/PNEUMONIA/1.png", "NORMAL/normal/2.png"], TASK)

    assert found.labels == {1: 0}
    assert found.ambiguous == (0,)


def test_folders_say_nothing_of_findings():
    task = Task(title="Findings", kind="any-of", classes=("EFFUSION", "NODULE"))

    assert truth_of_folders(["NODULE/1.png"], task).labels == {}


def test_a_table_gives_the_truth():
    results = [result("a/1.png"), result("b/2.png", digest="ff"), None, result("b/4.png")]
    table = (
        b"path,label\na/1.png,normal\nFF,PNEUMONIA\n4.png,NORMAL\n4.png,PNEUMONIA\n5.png,NORMAL\n"
    )

    found = truth_of_table(table, "labels.csv", TASK, results)

    assert found.labels == {0: 0, 1: 1}
    assert found.unknown == ("5.png",)
    assert found.contradicting == (3,)


def test_a_label_that_is_no_class_is_refused():
    with pytest.raises(DatasetError, match="does not know"):
        truth_of_table(b"path,label\n1.png,TUMOUR\n", "labels.csv", TASK, [result("1.png")])


def test_own_films_are_those_with_truth_and_prediction():
    results = [
        result("1.png", digest="01"), result("2.png", digest="02", duplicate_of="1.png"),
        result("3.png", judged=False), None, result("5.png"),
    ]  # fmt: skip

    found = own_films(results, {0: 0, 1: 1, 2: 1, 3: 0}, num_classes=2)

    assert (found.items, found.not_judged) == ((0, 1), (2, 3))
    assert found.cases.y_true.tolist() == [0, 1]
    assert found.cases.patients[0] == found.cases.patients[1]
    assert found.cases.unit == "group"


def test_without_truth_there_are_no_own_films():
    found = own_films([result("1.png")], {}, num_classes=2)

    assert found.cases.num_images == 0
    assert found.cases.probabilities.shape == (0, 2)


def test_the_truth_of_a_worklist_is_where_the_record_says(blind):
    names = ["NORMAL/1.png", "PNEUMONIA/2.png", "3.png"]
    add_items(blind.database, blind.worklist.id, map(NewItem, names))

    def known():
        return known_truth(blind.database, worklist(blind.database, blind.worklist.id), names, TASK)

    assert known() == {}
    set_truth(blind.database, blind.worklist.id, "folders")
    assert known() == {0: 0, 1: 1}
    set_table_truth(blind.database, blind.worklist.id, {0: "PNEUMONIA", 2: "gone since"})
    assert known() == {0: 1}
