from app.core.adaptation.left_out import (
    ADAPTED_TO,
    CONTRADICTING,
    REPEATED,
    TRAINED_ON,
    left_out_sentences,
    not_judged,
)


def test_each_kind_of_reason_is_a_sentence_with_its_count():
    left_out = {
        not_judged("refused", "wrong_view"): 2,
        not_judged("refused", "inverted"): 3,
        not_judged("refused", "border"): 1,
        not_judged("refused", "frame"): 4,
        not_judged("unreadable", "damaged"): 1,
        CONTRADICTING: 2,
        TRAINED_ON: 1,
        ADAPTED_TO: 12,
        REPEATED: 1,
    }

    assert left_out_sentences(left_out, ["a.png"]) == [
        "1 film is left out: the model was trained, tuned or tested on it.",
        "12 films are left out: the model was adapted to them, or to another film of the same "
        "patient.",
        "1 film is left out: the same file is in the list more than once.",
        "2 labels contradict each other: a film is labelled as two classes (a.png). Such films "
        "are left out.",
        "10 films are left out: the model refuses them (5 with a border, 3 inverted, 2 of another "
        "view).",
        "1 film is left out: it cannot be read (1 damaged).",
    ]


def test_what_earlier_versions_counted_is_said_too():
    assert left_out_sentences({"blank": 2}) == [
        "2 films are left out: the model cannot judge them (2 blank)."
    ]
    assert left_out_sentences({}) == []
