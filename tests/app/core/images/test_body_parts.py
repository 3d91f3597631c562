"""Terms of the standard are known in any spelling, and free text is none."""

import pytest

from app.core.images.body_parts import body_part, is_same_region, view


@pytest.mark.parametrize(
    ("term", "part"),
    [
        ("CHEST", "CHEST"), ("Thorax", "CHEST"), (" chest ", "CHEST"), ("EXTREMITY", "EXTREMITY"),
        ("UP_EXM", None), ("LOW EXTREMITY", "EXTREMITY"), ("TIBIA/FIBULA", "TIBIA"),
        ("C-SPINE", "CSPINE"), ("CHEST_ABDOMEN", "CHESTABDOMEN"), ("Mrs Smith", None), ("", None),
        ("KNEE RIGHT", "KNEE"), ("HAND_L", "HAND"), ("L SPINE", "LSPINE"), ("L HIP AP", "HIP"),
        ("Chest PA", "CHEST"), ("HANDS", "HAND"), ("Feet", "FOOT"), ("L", None),
        ("KNEE SMITH", None),
    ],
)  # fmt: skip
def test_body_parts(term, part):
    assert body_part(term) == part


@pytest.mark.parametrize(
    ("term", "expected"),
    [("PA", "PA"), ("ll", "LATERAL"), ("RL", "LATERAL"), ("Lateral", "LATERAL"), ("LLD", "LLD"),
     ("Smith", None), ("", None)],
)  # fmt: skip
def test_views(term, expected):
    assert view(term) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CHEST", "CHEST", True), ("RIB", "CHEST", True), ("CHEST", "RIB", True),
        ("KNEE", "HAND", False), ("KNEE", "EXTREMITY", True), ("HEAD", "CHEST", False),
        ("CHESTABDOMEN", "ABDOMEN", True), ("CHESTABDOMEN", "HEAD", False),
    ],
)  # fmt: skip
def test_regions(one, other, same):
    assert is_same_region(one, other) is same
