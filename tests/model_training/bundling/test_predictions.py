import numpy as np

from app.core.bundles.predictions_table import GROUP_ID, PREDICTION_COLUMNS
from app.core.statistics.calibration import softmax
from model_training.bundling.predictions import findings_table, predictions_table
from tests.model_training.bundling.split_cases import CLASSES, DIGESTS, LABELS, SPLITS, cases

THREE = ("CLEAR", "EFFUSION", "NODULE")
GROUPS = np.array([6, 5, 7, 7, 8, 6])


def test_predictions_of_two_classes():
    logits = np.array([[0, 9.0], [0, 2.5], [0, -1.25], [0, 0.5], [0, 3.0], [0, 9.0]])
    logits[[0, 5]] = np.nan

    table = predictions_table(
        cases(LABELS, SPLITS), DIGESTS, GROUPS, CLASSES, logits, softmax(logits / 2)
    )

    assert tuple(table.columns) == (*PREDICTION_COLUMNS, GROUP_ID)
    assert table[GROUP_ID].tolist() == [7, 8, 5, 7]
    assert table["split"].tolist() == ["val", "val", "test", "test"]
    assert table["path"].tolist() == ["val/2.png", "val/4.png", "test/1.png", "test/3.png"]
    assert table["image_id"].tolist() == [DIGESTS[n] for n in (2, 4, 1, 3)]
    assert table["patient_id"].tolist() == ["p1", "p2", "p0", "p1"]
    assert table["subgroup"].unique().tolist() == ["virus"]
    assert table["y_true"].tolist() == [0, 1, 1, 0]
    assert table["logit"].tolist() == [-1.25, 3.0, 2.5, 0.5]
    np.testing.assert_allclose(
        table["probability"], 1 / (1 + np.exp(-table["logit"] / 2)), atol=1e-8
    )


def test_predictions_of_three_classes_have_a_column_each():
    logits = np.random.default_rng(0).normal(0, 3, (6, 3))
    shares = softmax(logits)

    table = predictions_table(
        cases((0, 1, 2, 0, 1, 2), SPLITS), DIGESTS, GROUPS, THREE, logits, shares
    )

    assert tuple(table.columns) == (*PREDICTION_COLUMNS, GROUP_ID, *THREE)
    np.testing.assert_allclose(table[list(THREE)], shares[[2, 4, 1, 3]], atol=1e-8)
    np.testing.assert_allclose(table["probability"], shares[[2, 4, 1, 3]].max(axis=1), atol=1e-8)
    np.testing.assert_allclose(table["logit"], logits[[2, 4, 1, 3]].max(axis=1), atol=1e-8)


def test_findings_have_three_columns_each_and_no_label_where_none_is_known():
    labels = np.array([[1, 0], [0, np.nan], [1, 1], [0, 0], [np.nan, 1], [0, 1]])
    logits = np.array([[9.0, 9.0], [-1.5, 0.25], [2.0, 1.0], [-3.0, -0.5], [0.0, 4.0], [9.0, 9.0]])

    table = findings_table(
        cases(LABELS, SPLITS),
        DIGESTS,
        GROUPS,
        ("E", "N"),
        labels,
        logits,
        1 / (1 + np.exp(-logits)),
    )

    assert tuple(table.columns) == (
        "split", "image_id", "path", "patient_id", "subgroup", GROUP_ID,
        "y_true:E", "logit:E", "probability:E", "y_true:N", "logit:N", "probability:N",
    )  # fmt: skip
    assert table["path"].tolist() == ["val/2.png", "val/4.png", "test/1.png", "test/3.png"]
    assert table[GROUP_ID].tolist() == [7, 8, 5, 7]
    assert table["y_true:E"].fillna(-1).tolist() == [1, -1, 0, 0]
    assert table["y_true:N"].fillna(-1).tolist() == [1, 1, -1, 0]
    assert table["logit:E"].tolist() == [2.0, 0.0, -1.5, -3.0]
    assert table["probability:N"].tolist() == [0.731058579, 0.98201379, 0.562176501, 0.377540669]
