"""The pointing game: maxima of heatmaps against outlines."""

import numpy as np
import pytest
from PIL import Image

from app.core.bundles.bundle import load_bundle
from app.core.errors import DatasetError
from benchmarks.pointing import (
    Pointing,
    as_markdown,
    dilated,
    highest,
    labelled,
    masks_by_name,
    measure,
)
from model_training.data.datasets import Case
from tests.test_architecture import ROOT

PHANTOMS = ROOT / "models" / "phantom-chest"


def test_the_highest_cell_is_found_at_its_place_on_the_film():
    evidence = np.zeros((4, 4), np.float32)
    evidence[1, 3] = 2.0

    row, column = highest(evidence, (80, 160))

    assert 20 <= row < 40
    assert 120 <= column < 160


def test_a_point_grows_to_a_disc():
    mask = np.zeros((100, 200), bool)
    mask[50, 50] = True

    grown = dilated(mask, 0.03)

    rows, columns = np.nonzero(grown)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (44, 56, 44, 56)
    assert grown.sum() == pytest.approx(np.pi * 6**2, rel=0.15)
    np.testing.assert_array_equal(dilated(mask, 0.0), mask)


def test_hits_are_counted_with_an_interval_over_patients():
    """Ten patients, half of them hits: Wilson's interval of 9, the design effect being 10 / 9."""
    apart = [Pointing(f"P{number}", number % 2 == 0, 0.1) for number in range(10)]
    together = [Pointing(f"P{number % 2}", number % 2 == 0, 0.1) for number in range(10)]

    assert "| 50.0% | 22.7% to 77.3% | 5 of 10 true positives of 10 patients |" in _plain(apart)
    assert "| a random point of the foreground | 10.0% |" in _plain(apart)
    assert "of 2 patients" in _plain(together)
    assert "22.7%" not in _plain(together)


def test_only_true_positives_with_a_mask_count(tmp_path):
    """On masks of everything every maximum is a hit, on empty ones none."""
    bundle = load_bundle(PHANTOMS)
    films = [*sorted((PHANTOMS / "samples" / "PNEUMONIA").iterdir())[:3],
             *sorted((PHANTOMS / "samples" / "NORMAL").iterdir())[:1]]  # fmt: skip
    cases = [Case(film, film.name, 1, "", "", "") for film in films]
    for number, film in enumerate([films[0], films[1], films[3]]):
        rows, columns = np.asarray(Image.open(film)).shape[:2]
        mask = np.full((rows, columns), 255 * (number != 1), np.uint8)
        Image.fromarray(mask).save(tmp_path / f"{film.stem}.png")

    points = list(measure(bundle, cases, masks_by_name(tmp_path), 0.03))

    # The third film has no mask, and the last one is called normal.
    assert [(point.patient, point.hits, point.chance) for point in points] == [
        (films[0].name, True, 1.0),
        (films[1].name, False, 0.0),
    ]


def test_data_without_the_positive_class_are_refused(tmp_path):
    bundle = load_bundle(PHANTOMS)

    with pytest.raises(DatasetError):
        labelled(tmp_path, bundle, held_out=False)


def _plain(points):
    """The table with single blanks."""
    return " ".join(as_markdown(points).split())
