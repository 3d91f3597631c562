"""The bars beside a film."""

import pytest

from app.charts import palette
from app.charts.prediction import probability_figure
from app.core.bundles.bundle import load_bundle
from app.core.scoring.prediction import Prediction
from tests.app.views.light_bundles import drawn_table, write_bundle


def predicted(probabilities, index, *, label="PNEUMONIA"):
    return Prediction(
        label=label, class_index=index, probability=probabilities[index],
        raw_probability=probabilities[index], threshold=0.5, zone="positive",
        class_probabilities=tuple(probabilities),
    )  # fmt: skip


@pytest.fixture
def manifest_of(tmp_path):
    def manifest(*classes):
        path = write_bundle(tmp_path, drawn_table(classes), classes=classes)
        manifest = load_bundle(path).manifest
        thresholds = manifest.thresholds.model_copy(
            update={"decision": 0.5, "uncertain_low": 0.4, "uncertain_high": 0.7}
        )
        return manifest.model_copy(update={"one_of_thresholds": thresholds})

    return manifest


def test_two_classes_have_the_threshold_and_its_zone_over_the_positive_one(manifest_of):
    figure = probability_figure(predicted([0.2, 0.8], 1), manifest_of("NORMAL", "PNEUMONIA"))

    [bars] = figure.data
    assert list(bars.y) == ["Normal", "Pneumonia"]
    assert list(bars.x) == [0.2, 0.8]
    assert list(figure.layout.yaxis.tickvals) == list(bars.y)
    assert [label.split("<b>")[1][:6] for label in figure.layout.yaxis.ticktext] == [
        "20.0 %",
        "80.0 %",
    ]
    assert list(bars.marker.color) == [palette.MUTED, palette.ACCENT]
    zone, line = figure.layout.shapes
    assert (zone.type, zone.x0, zone.x1, zone.y0, zone.y1) == ("rect", 0.4, 0.7, 0.5, 1.5)
    assert (line.type, line.x0, line.x1, line.y0, line.y1) == ("line", 0.5, 0.5, 0.5, 1.5)
    assert figure.layout.annotations[0].text == "threshold 50.0 %"
    assert list(figure.layout.xaxis.tickvals) == [0, 0.25, 0.5, 0.75, 1]


def test_a_sign_before_a_probability_is_not_markup(manifest_of):
    figure = probability_figure(predicted([0.0002, 0.9998], 1), manifest_of("NORMAL", "PNEUMONIA"))

    normal, pneumonia = figure.layout.yaxis.ticktext
    assert "<b>&lt; 0.1 %</b>" in normal
    assert "<b>&gt; 99.9 %</b>" in pneumonia
    assert list(figure.data[0].customdata) == ["&lt; 0.1 %", "&gt; 99.9 %"]  # at the pointer


def test_more_classes_have_no_threshold(manifest_of):
    prediction = predicted([0.1, 0.2, 0.7], 2, label="C")

    figure = probability_figure(prediction, manifest_of("A", "B", "C"))

    assert list(figure.data[0].marker.color) == [palette.MUTED, palette.MUTED, palette.ACCENT]
    assert not figure.layout.shapes
    assert not figure.layout.annotations
