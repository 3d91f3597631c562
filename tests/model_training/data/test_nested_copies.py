import pytest

from app.core.errors import DatasetError
from model_training.data.nested_copies import Place, without_nested_copies


def place(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    class_name, *below = name.split("/")[:-1]
    return Place(path, "", class_name, tuple(below))


def test_without_folders_of_two_classes_nothing_changes(tmp_path):
    places = [place(tmp_path, "yes/1.png", b"1"), place(tmp_path, "no/old/2.png", b"2")]

    assert without_nested_copies(places) == (places, [])


def test_copies_of_images_of_the_same_class_are_left_out_and_counted(tmp_path):
    kept = [place(tmp_path, "yes/1.png", b"1"), place(tmp_path, "no/2.png", b"2")]
    copies = [place(tmp_path, "copy/yes/x.png", b"1"), place(tmp_path, "copy/NO/y.png", b"2")]

    found, notes = without_nested_copies([*kept, *copies])

    assert found == kept
    assert notes == [
        "Left out: 2 copies of images of the same class inside a class "
        "(1 in copy/yes, 1 in copy/NO)."
    ]


@pytest.mark.parametrize("content", [b"new", b"2"], ids=["new", "of the other class"])
def test_anything_else_in_a_folder_of_two_classes_is_refused(tmp_path, content):
    places = [
        place(tmp_path, "yes/1.png", b"1"),
        place(tmp_path, "no/2.png", b"2"),
        place(tmp_path, "copy/yes/x.png", content),
    ]

    with pytest.raises(DatasetError, match=r"1 images .*\(1 in copy/yes\).*--exclude 'copy/yes'"):
        without_nested_copies(places)


def test_a_class_in_its_own_folder_is_that_class(tmp_path):
    places = [place(tmp_path, "yes/yes/1.png", b"1"), place(tmp_path, "no/2.png", b"2")]

    assert without_nested_copies(places) == (places, [])
