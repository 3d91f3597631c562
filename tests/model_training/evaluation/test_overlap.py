import pandas as pd

from model_training.evaluation.overlap import overlap_note, seen_in_training
from tests.model_training.altered_bundles import altered


def test_images_seen_in_training_are_reported(bundle, tmp_path):
    split = pd.DataFrame({"image_id": ["a", "b", "c"], "split": ["train", "train", "test"]})
    other = altered(bundle, tmp_path / "other", lambda table: table, split=split)
    validation = bundle.predictions().query("split == 'val'")["image_id"].iloc[0]

    assert seen_in_training(other)["a"] == "train"
    note = overlap_note(other, ["a", "b", "c", "new", validation])
    assert "2 of 5 were used to train it" in note
    assert overlap_note(other, ["c", "new"]) == ""
    assert overlap_note(bundle, ["a", "b"]) == ""  # without the list nobody knows
