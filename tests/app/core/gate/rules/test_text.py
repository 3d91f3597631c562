"""A line of six letters is text; a marker is none."""

import math

import pytest

from app.core.errors import RefusedImageError
from app.core.gate.rules.text import check_text
from tests.app.core.gate.rules.looks import look


def test_a_line_of_text_is_refused():
    with pytest.raises(RefusedImageError) as refused:
        check_text(look({"letters": math.log2(1 + 6)}, letters=(0, 0.3)))

    assert refused.value.code == "text"


@pytest.mark.parametrize(
    ("letters", "most"), [(math.log2(1 + 5), 0.3), (math.log2(1 + 9), 3.5), (0, 0.3)]
)
def test_others_pass(letters, most):
    check_text(look({"letters": letters}, letters=(0, most)))
