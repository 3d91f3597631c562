"""Overlays that Overread drew are told from films."""

import numpy as np
import pytest

from app.core.errors import RefusedImageError
from app.core.images.decoding import decode
from app.core.images.own_pictures import SCALE_TEXT
from app.core.rendering import heatmaps, png_text

PICTURE = np.random.default_rng(0).integers(0, 256, (40, 50, 3)).astype(np.uint8)


def test_an_overlay_is_refused_and_the_same_picture_is_read():
    png = heatmaps.png(PICTURE)
    np.testing.assert_array_equal(decode(png).pixels, PICTURE)
    with pytest.raises(RefusedImageError) as refused:
        decode(png_text.with_text(png, SCALE_TEXT, "0.5 logits"))
    assert refused.value.code == "overlay"
