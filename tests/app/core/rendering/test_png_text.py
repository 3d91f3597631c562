"""Text in a PNG is read back, and changes no pixel."""

import cv2
import numpy as np

from app.core.rendering import heatmaps
from app.core.rendering.png_text import text_of, with_text


def test_text_is_read_back_and_the_picture_is_the_same(tmp_path):
    pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    path = tmp_path / "a.png"

    path.write_bytes(with_text(heatmaps.png(pixels), "Evidence scale", "0.5 logits"))

    assert text_of(path, "Evidence scale") == "0.5 logits"
    assert text_of(path, "Author") is None
    np.testing.assert_array_equal(cv2.imread(str(path))[..., ::-1], pixels)


def test_no_text_where_there_is_no_picture(tmp_path):
    broken = tmp_path / "b.png"
    broken.write_bytes(heatmaps.png(np.zeros((4, 5, 3), np.uint8))[:20])

    assert text_of(broken, "Evidence scale") is None
    assert text_of(tmp_path / "missing.png", "Evidence scale") is None
