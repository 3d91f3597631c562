"""Few grey levels count where the training films have many."""

import pytest

from app.core.errors import RefusedImageError
from app.core.gate.rules.grey_levels import check_grey_levels
from tests.app.core.gate.rules.looks import look


def test_a_mask_is_refused():
    with pytest.raises(RefusedImageError) as refused:
        check_grey_levels(look({"levels": 2 / 256}, levels=(0.3, 1)))

    assert refused.value.code == "few_grey_levels"
    assert "2 of 256" in str(refused.value)


@pytest.mark.parametrize(("levels", "lowest"), [(25 / 256, 0.3), (2 / 256, 0.0), (0.5, 0.3)])
def test_others_pass(levels, lowest):
    check_grey_levels(look({"levels": levels}, levels=(lowest, 1)))
