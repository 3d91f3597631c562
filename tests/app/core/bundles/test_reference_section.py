import pytest
from pydantic import ValidationError

from app.core.bundles.reference_section import Reference

REFERENCE = {
    "layers": [{"layer": "pixels", "grid": 4, "spread": True}, {"layer": "stage3"}],
    "limit_share": 0.02,
    "refused": 3,
    "of": 150,
    "faults": ["inverted"],
    "contradictions": [
        {"finding": "", "votes": 8, "on_wrong": 4, "wrong": 31, "on_right": 3, "right": 1013}
    ],
}


def contradicted(**changes):
    """A reference's changes in which the contradictions are others."""
    return {"contradictions": [REFERENCE["contradictions"][0] | changes]}


def test_when_similar_films_contradict_is_known_for_the_task_or_for_each_finding():
    reference = Reference.model_validate(REFERENCE)

    measured = reference.contradictions_of("")
    assert measured is not None
    assert measured.votes == 8
    assert reference.contradictions_of("effusion") is None


def test_a_layer_is_pooled_whole_unless_it_says_otherwise():
    layers = Reference.model_validate(REFERENCE).layers

    assert [(one.layer, one.grid, one.spread) for one in layers] == [
        ("pixels", 4, True),
        ("stage3", 1, False),
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"layers": []}, "layers"),
        ({"limit_share": 0}, "limit_share"),
        ({"refused": 151}, "151 images are refused of 150"),
        ({"layers": [{"layer": "pixels", "grid": 0}]}, "layers.0.grid"),
        (contradicted(votes=5), "contradictions.0.votes"),
        ({"other_kinds": [{"name": "a knee", "refused": 11, "of": 10}]}, "11 images of a kind"),
        ({"other_kinds": [{"name": "", "refused": 1, "of": 10}]}, "other_kinds.0.name"),
        (contradicted(on_wrong=32), "32 of 31 wrong"),
        (contradicted(on_right=1014), "1014 of 1013 right"),
    ],
)
def test_inconsistent_reference(changes, expected):
    with pytest.raises(ValidationError) as caught:
        Reference.model_validate(REFERENCE | changes)
    assert expected in str(caught.value)
