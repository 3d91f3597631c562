"""A document has paper and print, both more than the training films."""

import pytest

from app.core.errors import RefusedImageError
from app.core.gate.rules.document import check_document
from tests.app.core.gate.rules.looks import look

CHEST = {"paper": (0, 0.19), "steps": (0, 0.06), "letters": (0, 0.3)}


@pytest.mark.parametrize("print_", [{"steps": 0.25}, {"letters": 3.0}])
def test_paper_with_print_is_refused(print_):
    with pytest.raises(RefusedImageError) as refused:
        check_document(look({"paper": 0.62, **print_}, **CHEST))

    assert refused.value.code == "document"
    assert "62 %" in str(refused.value)


@pytest.mark.parametrize(
    "figures",
    [{"paper": 0.62, "steps": 0.01}, {"paper": 0.1, "steps": 0.25}, {"steps": 0.25, "letters": 3}],
)
def test_paper_or_print_alone_pass(figures):
    check_document(look(figures, **CHEST))
