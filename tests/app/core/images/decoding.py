"""What tests ask of decoding: pixels, or the reason why there are none."""

import pytest

from app.core.errors import ImageError
from app.core.images import decoding


def refusal(data):
    with pytest.raises(ImageError) as caught:
        decoding.decode(data)
    return caught.value


def decoded(data):
    return decoding.decode(data).pixels
