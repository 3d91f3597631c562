"""Tables of an inspection."""

from model_training.audit import tables
from model_training.audit.checks import inspect
from model_training.audit.observations import observations
from model_training.data.datasets import read_dataset
from tests.model_training.films import draw, write


def shared_and_titles(folder):
    inspection = inspect(read_dataset(folder), name="films")
    titles = [observation.title for observation in observations(inspection)]
    return tables.shared(inspection).rows, titles


def test_unknown_patients_are_not_said_to_be_in_one_split(tmp_path):
    for number, split in enumerate(("train", "train", "test", "test")):
        name = f"{split}/{'normal' if number % 2 else 'tb'}/{number}.png"
        write(tmp_path / name, draw(0, number, side=64))

    rows, titles = shared_and_titles(tmp_path)

    assert rows == [("train and test", "not known", 0, 0)]
    assert "No file or near-duplicate is in two splits." in titles
    text = "path,patient_id\ntrain/tb/0.png,a\ntest/tb/2.png,b\n"
    (tmp_path / "manifest.csv").write_text(text)
    rows, titles = shared_and_titles(tmp_path)
    assert rows == [("train and test", 0, 0, 0)]
    assert "No known patient, file or near-duplicate is in two splits." in titles
