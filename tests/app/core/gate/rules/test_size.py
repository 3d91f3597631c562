"""A film is too small beside the network's input, unless the training films were so small."""

import pytest

from app.core.errors import RefusedImageError
from app.core.gate.rules.size import check_size
from tests.app.core.gate.rules.looks import look


def test_a_thumbnail_is_refused():
    with pytest.raises(RefusedImageError) as refused:
        check_size(look({"size": 6.0}, shape=(64, 95), size=(6.8, 8.8)))

    assert refused.value.code == "small_for_model"
    assert "95 × 64" in str(refused.value)
    assert "192 × 192" in str(refused.value)


@pytest.mark.parametrize(
    ("shape", "size", "lowest"), [((64, 96), 6.3, 6.8), ((64, 64), 6.0, 5.5), ((224, 224), 7.8, 9)]
)
def test_others_pass(shape, size, lowest):
    check_size(look({"size": size}, shape=shape, size=(lowest, 12)))
