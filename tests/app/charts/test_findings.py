import numpy as np

from app.charts import palette
from app.charts.findings import co_occurrence_matrix, finding_bars
from app.core.performance.findings import CoOccurrence
from app.core.scoring.prediction import predict


def test_bars_have_the_threshold_and_zone_of_their_finding(findings_bundle):
    manifest = findings_bundle.manifest
    prediction = predict(np.array([-3.0, 2.0, -1.0]), manifest)

    figure = finding_bars(prediction, manifest)

    bars, words = figure.data
    assert list(bars.y) == ["Effusion", "Nodule", "Cardiomegaly"]
    assert list(bars.x) == list(prediction.class_probabilities)
    assert list(words.text) == ["8.3 % ○ Negative", "81.8 % ▲ Positive", "50.0 % ◆ Uncertain"]
    assert min(words.x) > 1
    assert not any(trace.showlegend for trace in figure.data)
    assert list(bars.marker.color) == [palette.MUTED, palette.ACCENT, palette.ACCENT]
    zones = [(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"]
    lines = [shape.x0 for shape in figure.layout.shapes if shape.type == "line"]
    np.testing.assert_allclose(zones, [(0.4, 0.6), (0.3, 0.6), (0.2, 0.6)])
    np.testing.assert_allclose(lines, [0.5, 0.4, 0.3])


def test_co_occurrence_shows_counts_with_denominators():
    found = CoOccurrence(np.array([[30, 10], [10, 12]]), np.array([[100, 25], [10, 90]]))

    figure = co_occurrence_matrix(found, ["Effusion", "Nodule"])

    heat, texts = figure.data
    np.testing.assert_allclose(heat.z, [[0, 0.4], [1.0, 0]])
    assert list(texts.text) == ["<i>30 of 100</i>", "10 of 25", "10 of 10", "<i>12 of 90</i>"]
    assert texts.hovertext[1].startswith(
        "Of 25 images with Effusion and labelled for Nodule, 10 show both"
    )
    assert "100 images labelled for Effusion show it" in texts.hovertext[0]


def test_a_pair_without_images_is_empty():
    found = CoOccurrence(np.zeros((2, 2), int), np.array([[5, 0], [0, 5]]))

    figure = co_occurrence_matrix(found, ["A", "B"])

    assert np.isfinite(np.asarray(figure.data[0].z)).all()
    assert figure.data[1].text[1] == "0 of 0"
    assert "no interval" in figure.data[1].hovertext[1]
