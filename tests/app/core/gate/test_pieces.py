"""Pieces of a mask, against those found by looking through all of it."""

import cv2
import numpy as np
import pytest

from app.core.gate.pieces import pieces_of


@pytest.mark.parametrize("share", [0.0, 0.0005, 0.02, 0.4, 1.0])
def test_the_box_around_them_holds_all_pieces(share):
    mask = (np.random.default_rng(3).random((90, 130)) < share).astype(np.uint8)
    mask[:20], mask[:, 70:] = 0, 0
    before = mask.copy()

    found = pieces_of(mask)

    expected = cv2.connectedComponentsWithStats(mask, connectivity=8)[2][1:]
    assert found.dtype == np.int32
    assert sorted(found.tolist()) == sorted(expected.tolist())
    assert np.array_equal(mask, before)


def test_pieces_are_where_they_are():
    mask = np.zeros((9, 9), np.uint8)
    mask[2:4, 5] = mask[4, 6] = mask[8, 0] = 1

    assert pieces_of(mask).tolist() == [[5, 2, 2, 3, 3], [0, 8, 1, 1, 1]]
