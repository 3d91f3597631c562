import numpy as np

from app.charts.findings import co_occurrence_matrix
from app.core.performance.findings import CoOccurrence


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
