import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from model_training.audit.shortcuts import border_scores, find_shortcuts

# Every case cross-validates a classifier over a data set.
pytestmark = pytest.mark.slow

NUM = 120


@pytest.fixture
def labels():
    return np.arange(NUM) % 2


def facts(**columns):
    """Files that are all alike but for the columns given."""
    alike = {
        "file_format": "JPEG", "pixel_kind": "grey, 8 bits", "width": 224, "height": 224,
        "num_bytes": 5000, "quantisation": 20.0, "exif": False, "colour_profile": False,
        "comment": False, "mean": 100.0, "deviation": 50.0,
    }  # fmt: skip
    return pd.DataFrame({name: [value] * NUM for name, value in alike.items()}).assign(**columns)


def found(table, labels, *, border=None, classes=("NORMAL", "SICK"), groups=None):
    groups = np.arange(NUM) if groups is None else groups
    return find_shortcuts(table, border, labels, classes=classes, groups=groups)


def test_files_that_are_alike_have_no_shortcut(labels):
    assert found(facts(), labels) == []


def test_compression_that_gives_the_class_away_is_found_with_its_direction(labels):
    quantisation = np.where(labels == 1, 29.0, 5.0)
    quantisation[[0, 1]] = 29.0, 5.0  # one of each class is the other way round

    (shortcut,) = found(facts(quantisation=quantisation), labels)

    assert (shortcut.feature, shortcut.kind) == ("JPEG quantisation", "file")
    assert (shortcut.class_name, shortcut.direction) == ("SICK", "higher")
    assert shortcut.auc.value == roc_auc_score(labels, quantisation) == 59 / 60
    assert 0.9 < shortcut.auc.low < shortcut.auc.value < shortcut.auc.high <= 1


def test_every_number_has_the_area_that_a_rank_test_gives(labels):
    generator = np.random.default_rng(3)
    values = {
        name: generator.normal(1000, 100, NUM).round() + shift * labels
        for name, shift in (("width", 40), ("height", -60), ("mean", 20), ("deviation", -90))
    }
    values["num_bytes"] = generator.normal(5000, 500, NUM).round()
    table = facts(**values)

    shortcuts = {shortcut.feature: shortcut for shortcut in found(table, labels)}

    expected = {
        "image width": values["width"],
        "image height": values["height"],
        "aspect ratio": values["width"] / values["height"],
        "file size": values["num_bytes"],
        "bytes per pixel": values["num_bytes"] / (values["width"] * values["height"]),
        "mean brightness": values["mean"],
        "deviation of brightness": values["deviation"],
    }
    assert set(shortcuts) == set(expected)
    for name, numbers in expected.items():
        statistic = mannwhitneyu(numbers[labels == 1], numbers[labels == 0]).statistic
        area = statistic / 60**2
        assert shortcuts[name].auc.value == pytest.approx(max(area, 1 - area))
        assert shortcuts[name].direction == ("higher" if area >= 0.5 else "lower")
        assert shortcuts[name].auc.low <= shortcuts[name].auc.value <= shortcuts[name].auc.high
    areas = [shortcut.auc.value for shortcut in found(table, labels)]
    assert areas == sorted(areas, reverse=True)


def test_a_file_s_length_is_detail_where_all_are_encoded_alike(labels):
    length = 5000 + 10 * np.arange(NUM)

    (alike,) = found(facts(num_bytes=length), labels)
    several = found(facts(num_bytes=length, quantisation=np.arange(NUM) % 3), labels)

    assert alike.kind == "detail"
    assert {shortcut.kind for shortcut in several} == {"file"}


def test_of_two_formats_one_is_told_and_of_three_each(labels):
    two = found(facts(file_format=np.where(labels, "JPEG", "PNG")), labels)
    three = found(facts(file_format=np.array(["JPEG", "PNG", "TIFF"])[np.arange(NUM) % 3]), labels)

    assert [(s.feature, s.direction, s.auc.value) for s in two] == [
        ("format: JPEG", "more often", 1.0)
    ]
    assert {s.feature for s in three} == {"format: JPEG", "format: PNG", "format: TIFF"}


def test_embedded_data_are_flags(labels):
    exif = labels == 0

    (shortcut,) = found(facts(exif=exif), labels)

    assert (shortcut.feature, shortcut.direction) == ("EXIF data", "less often")
    assert shortcut.auc.value == 1


def test_of_three_classes_each_is_told_from_the_others():
    labels = np.arange(NUM) % 3
    table = facts(mean=np.where(labels == 2, 150.0, 100.0) + np.arange(NUM) % 7)

    shortcuts = {s.class_name: s for s in found(table, labels, classes=("A", "B", "C"))}

    for label, name in enumerate("ABC"):
        area = roc_auc_score(labels == label, table["mean"])
        assert shortcuts[name].auc.value == pytest.approx(max(area, 1 - area))
    assert shortcuts["C"].auc.value == 1
    assert shortcuts["A"].direction == "lower"


def test_intervals_are_over_patients(labels):
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(12) % 2, 10)
    table = facts(mean=labels * 5 + np.repeat(generator.normal(100, 8, 12), 10))

    (by_image,) = found(table, labels)
    (by_patient,) = found(table, labels, groups=np.repeat(np.arange(12), 10))

    assert by_patient.auc.num_groups == 12
    assert by_patient.auc.high - by_patient.auc.low > 1.5 * (by_image.auc.high - by_image.auc.low)


def films(labels, *, edge):
    generator = np.random.default_rng(1)
    thumbnails = generator.integers(0, 120, (NUM, 32, 32)).astype(np.uint8)
    if edge:
        thumbnails[:, 0, 3:9] += (70 * labels)[:, np.newaxis].astype(np.uint8)
    else:
        thumbnails[:, 8:24, 8:24] += (130 * labels)[:, np.newaxis, np.newaxis].astype(np.uint8)
    return thumbnails


def test_a_mark_at_the_border_is_found_and_disease_in_the_middle_is_not(labels):
    folds = np.arange(NUM) // 2 % 5
    told = {}
    for edge in (True, False):
        scores = border_scores(films(labels, edge=edge), labels, folds, num_classes=2)
        (shortcut,) = found(facts(), labels, border=scores)
        assert (shortcut.kind, shortcut.direction) == ("border", "")
        told[edge] = shortcut.auc

    assert told[True].low > 0.8
    assert told[False].low < 0.5
    assert told[False].value < 0.6


def test_border_scores_are_those_of_ridge_regression_on_the_other_folds():
    labels = np.arange(NUM) % 3
    folds = np.arange(NUM) // 3 % 4
    thumbnails = films(labels, edge=True)
    before = thumbnails.copy()

    scores = border_scores(thumbnails, labels, folds, num_classes=3)

    inner = np.zeros((32, 32), bool)
    inner[2:30, 2:30] = True
    border = thumbnails[:, ~inner] / 255
    assert border.shape[1] == 32 * 32 - 28 * 28
    for fold in range(4):
        inside = folds == fold
        ridge = Ridge(alpha=0.01 * (~inside).sum()).fit(border[~inside], np.eye(3)[labels[~inside]])
        np.testing.assert_allclose(scores[inside], ridge.predict(border[inside]), atol=1e-8)
    np.testing.assert_array_equal(thumbnails, before)
