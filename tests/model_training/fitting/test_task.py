"""How the classes of a task are displayed."""

import pytest

from model_training.fitting.task import make_task


@pytest.mark.parametrize(
    ("name", "displayed"),
    [
        ("glioma", "Glioma"),
        ("pituitary_tumour", "Pituitary tumour"),
        ("NO_TUMOUR", "No tumour"),
        ("TB", "TB"),
        ("Pleural Effusion", "Pleural Effusion"),
        ("überlagert", "Überlagert"),
        ("0", "0"),
    ],
)
def test_a_display_name_begins_with_a_capital(name, displayed):
    assert make_task((name, "other"), None).display_name(name) == displayed


def test_names_that_are_no_words_are_stated():
    task = make_task(("ig", "platelet"), None, display_names={"ig": "Immature granulocyte"})

    assert task.title == "Immature granulocyte or Platelet"
    assert task.classes == ("ig", "platelet")
    assert task.positive == "platelet"


def test_classes_that_would_look_the_same_keep_their_names():
    task = make_task(("nodule", "NODULE"), None)

    assert [task.display_name(name) for name in task.classes] == ["nodule", "NODULE"]
