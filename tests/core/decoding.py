"""What tests ask of decoding: pixels, or the reason why there are none."""

import pytest

from app.core import images
from app.core.errors import ImageError


def refusal(data):
    with pytest.raises(ImageError) as caught:
        images.decode(data)
    return caught.value


def decoded(data):
    return images.decode(data).pixels
