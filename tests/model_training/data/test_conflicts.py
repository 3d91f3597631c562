import pytest

from app.core.errors import DatasetError
from model_training.data.conflicts import contradicting, refuse


def written(folder, *contents):
    paths = []
    for number, content in enumerate(contents):
        paths.append(folder / f"{number}.png")
        paths[-1].write_bytes(content)
    return paths


def test_only_identical_files_with_different_labels_contradict(tmp_path):
    long = bytes(range(256)) * 64
    paths = written(
        tmp_path, b"same", b"same", b"alike", b"alike", b"four", b"", b"",
        long, long, long[:8000] + b"x" + long[8001:],
    )  # fmt: skip
    labels = ["a", "b", "a", "a", "b", "a", "b", "a", "b", "b"]

    # Neither empty files nor one that differs in its middle.
    assert contradicting(paths, labels) == [[0, 1], [7, 8]]


def test_a_group_is_named_with_all_its_images(tmp_path):
    paths = written(tmp_path, b"x", b"x", b"x")

    assert contradicting(paths, ["a", "a", "b"]) == [[0, 1, 2]]


def test_a_file_that_is_gone_contradicts_nobody(tmp_path):
    paths = written(tmp_path, b"x", b"x")
    paths[1].unlink()

    assert contradicting(paths, ["a", "b"]) == []
    assert contradicting([], []) == []


def test_images_that_contradict_are_refused_by_name_and_label():
    refuse([], [], [])
    with pytest.raises(
        DatasetError, match=r"2 images .*--conflicts drop.*\n  x\.png \(a\), z\.png"
    ):
        refuse([[0, 2]], ["x.png", "y.png", "z.png"], ["a", "a", "b"])


def test_of_many_the_first_are_named():
    names = [f"{n}.png" for n in range(50)]
    with pytest.raises(DatasetError) as caught:
        refuse([[n, n + 1] for n in range(0, 50, 2)], names, ["a", "b"] * 25)

    assert str(caught.value).startswith("50 images")
    assert str(caught.value).endswith("\n  38.png (a), 39.png (b)\n  and 5 more")
