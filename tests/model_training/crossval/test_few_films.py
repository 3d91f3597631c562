"""Cross-validation of a few films: what is enough, and what a stopped run says and keeps."""

from contextlib import redirect_stderr
from io import StringIO

import pandas as pd
import pytest

from model_training.cli import main
from model_training.crossval import folds as fold_training
from tests.model_training.crossval.calls import arguments
from tests.model_training.films import write_classes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Nine patients a class: no test part of ten images could be drawn."""
    root = tmp_path_factory.mktemp("few") / "films"
    write_classes(root, ("NORMAL", "PNEUMONIA"), patients=9, films_each=1)
    return root


def interrupt(*_, **__):
    raise KeyboardInterrupt


@pytest.fixture(scope="module")
def run(few, tmp_path_factory):
    """A run that was stopped four times and then came to its end, and what each call said."""
    folder = tmp_path_factory.mktemp("run") / "cv"
    said = []

    def called(status):
        with redirect_stderr(StringIO()) as stream:
            assert main(arguments(few, folder)) == status
        said.append(stream.getvalue())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold_training, "_train_fold", interrupt)
        called(130)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold_training, "evaluate_films", interrupt)
        called(130)
    once = fold_training._train_fold
    with pytest.MonkeyPatch.context() as patch:
        calls = iter([once, interrupt])
        patch.setattr(fold_training, "_train_fold", lambda *given: next(calls)(*given))
        called(130)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fold_training, "evaluate_films", interrupt)
        called(130)
    called(0)
    return folder, said


def test_an_interrupted_run_says_what_is_kept_and_how_to_resume(run):
    at_once, in_the_first_fold, after_it, in_the_second, finished = run[1]

    assert "Kept" not in at_once
    assert (
        "\nKept: 2 epochs of fold 1. Run the same command again to resume.\n" in in_the_first_fold
    )
    assert "Kept: 1 of 3 folds" in after_it
    assert "Kept: 1 of 3 folds and 2 epochs of fold 2" in in_the_second
    assert "Fold 1 of 3" not in finished
    assert "Kept" not in finished


def test_a_few_films_without_a_test_split_are_enough(run):
    table = pd.read_csv(run[0] / "predictions.csv")

    assert len(table) == 18
    assert table.groupby("fold")["y_true"].value_counts().tolist() == [3] * 6


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--folds", "10"], "NORMAL has 9 patients; 10 folds"),
        (["--validation-fraction", "0.1"], "--validation-fraction 0.1"),
        (["--ensemble", "together"], "split gets"),
    ],
)
def test_too_few_films_are_a_sentence_before_any_training(few, more, message, tmp_path, capsys):
    assert main(arguments(few, tmp_path / "cv", *more)) == 1

    assert message in capsys.readouterr().err
    assert not (tmp_path / "cv").exists()
