"""Of which held-out films a bundle ships pictures: of its errors first."""

import pandas as pd
import pytest

from model_training.reference.held_out_pictures import to_be_shown
from tests.bundles import make_bundle


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("models")).manifest


def table(rows):
    """Rows of split, name, truth and probability."""
    columns = ("split", "image_id", "y_true", "probability")
    shared = {"patient_id": "", "subgroup": "", "logit": 0.0}
    found = pd.DataFrame(rows, columns=columns).assign(**shared)
    return found.assign(path=found["image_id"])


def test_misclassified_test_films_come_first_the_most_confident_before_all(manifest):
    low, high = manifest.thresholds.decision / 4, (3 + manifest.thresholds.decision) / 4
    predictions = table(
        [
            ("val", "val wrong", 1, low),
            ("val", "val right", 1, high),
            ("test", "test right", 0, low),
            ("test", "test wrong", 0, high),
            ("test", "test quite wrong", 1, low / 100),
        ]
    )

    found = to_be_shown(manifest, predictions, sample=["val right", "test wrong"])

    assert found == ["test quite wrong", "test wrong", "val right", "val wrong"]
    assert to_be_shown(manifest, predictions, sample=["val right"], most=3) == found[:3]


def test_each_finding_has_its_own_errors(tmp_path):
    manifest = make_bundle(tmp_path, classes=("effusion", "nodule"), any_of=True).manifest
    first, second = manifest.task.classes[:2]
    predictions = table([("test", "a", 0, 0.0), ("test", "b", 0, 0.0), ("test", "c", 0, 0.0)])
    for finding in manifest.task.classes:
        predictions = predictions.assign(
            **{f"y_true:{finding}": 0.0, f"logit:{finding}": 0.0, f"probability:{finding}": 0.0}
        )
    predictions.loc[0, f"probability:{first}"] = 0.99
    predictions.loc[2, f"probability:{second}"] = 0.999

    assert to_be_shown(manifest, predictions, sample=[]) == ["c", "a"]
