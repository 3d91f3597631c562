"""Shutters of DICOM images: what is outside is black, what is inside stays."""

import numpy as np
import pytest

from tests.app.core.images.dicom_films import refusal, shown
from tests.pictures import coloured, dicom

FILM = np.add.outer(np.arange(48), np.arange(64)).astype(np.uint8) + 60
ROWS, COLUMNS = np.mgrid[1:49, 1:65]
WINDOW = {"WindowCenter": 128, "WindowWidth": 256}
RECTANGLE = {
    "ShutterUpperHorizontalEdge": 5, "ShutterLowerHorizontalEdge": 40,
    "ShutterLeftVerticalEdge": 11, "ShutterRightVerticalEdge": 64,
}  # fmt: skip
CIRCLE = {"CenterOfCircularShutter": [24, 30], "RadiusOfCircularShutter": 20}
IN_RECTANGLE = (ROWS >= 5) & (ROWS <= 40) & (COLUMNS >= 11)
IN_CIRCLE = (ROWS - 24) ** 2 + (COLUMNS - 30) ** 2 <= 400
# Row and column of each corner: a triangle with legs along the first column and the last row.
TRIANGLE = {"VerticesOfThePolygonalShutter": [1, 1, 48, 1, 48, 48]}


@pytest.mark.parametrize(
    ("elements", "is_open"),
    [
        ({"ShutterShape": "RECTANGULAR", **RECTANGLE}, IN_RECTANGLE),
        ({"ShutterShape": "CIRCULAR", **CIRCLE}, IN_CIRCLE),
        ({"ShutterShape": "POLYGONAL", **TRIANGLE}, COLUMNS <= ROWS),
        (
            {"ShutterShape": ["RECTANGULAR", "CIRCULAR"], **RECTANGLE, **CIRCLE},
            IN_RECTANGLE & IN_CIRCLE,
        ),
    ],
    ids=["rectangle", "circle", "polygon", "both"],
)
def test_what_a_shutter_covers_is_black(elements, is_open):
    np.testing.assert_array_equal(shown(dicom(FILM, **WINDOW, **elements)), FILM * is_open)
    inverted = dicom(FILM, PhotometricInterpretation="MONOCHROME1", **WINDOW, **elements)
    np.testing.assert_array_equal(shown(inverted), (255 - FILM) * is_open)
    photo = coloured(FILM)
    np.testing.assert_array_equal(shown(dicom(photo, **elements)), photo * is_open[..., None])


@pytest.mark.parametrize(
    "elements",
    [
        {"ShutterShape": "RECTANGULAR"},
        {"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [1, 2]},
        {"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 2, 3]},
        {"ShutterShape": "BITMAP"},
    ],
)
def test_a_shutter_that_is_nowhere_is_refused(elements):
    assert refusal(dicom(FILM, **elements)).code == "invalid_header"
