from app.core.adaptation.labels import LabelRow
from app.core.adaptation.matching import match
from app.core.scoring.result import Result
from app.core.sources.source import Source


def batch(*names):
    """Results of films; the digest of each is its place in the batch, 64 times."""
    return [
        Result(Source(name, None), f"{number:x}" * 64, "ok") for number, name in enumerate(names)
    ]


def test_films_are_found_by_path_digest_or_file_name():
    results = batch("ward/a.png", "ward/b.png", "c.png")
    rows = [
        LabelRow("ward/a.png", 1, "p1"),
        LabelRow("1" * 64, 0),
        LabelRow("other/place/c.png", 1),
        LabelRow("ward\\a.png", 0),
    ]

    found = match(rows, results)

    assert [(one.source.name, one.label, one.patient_id) for one in found.labelled] == [
        ("ward/a.png", 1, "p1"), ("ward/b.png", 0, ""), ("c.png", 1, ""), ("ward/a.png", 0, ""),
    ]  # fmt: skip
    assert found.unknown == found.ambiguous == ()


def test_a_file_name_that_two_films_have_is_not_guessed():
    found = match([LabelRow("a.png", 1), LabelRow("x/a.png", 0)], batch("x/a.png", "y/a.png"))

    assert found.ambiguous == ("a.png",)
    assert [one.source.name for one in found.labelled] == ["x/a.png"]


def test_copies_have_one_digest():
    first, second = batch("x/a.png", "y/a.png")
    copy = Result(second.source, first.image_id, "ok")

    found = match([LabelRow(first.image_id.upper(), 1)], [first, copy])

    assert [one.source.name for one in found.labelled] == ["x/a.png"]


def test_a_film_that_is_not_in_the_batch_is_named():
    found = match([LabelRow("gone.png", 1)], batch("a.png"))

    assert (found.labelled, found.unknown) == ((), ("gone.png",))


def test_what_a_spreadsheet_was_kept_from_reading_as_a_formula_is_found():
    found = match([LabelRow("'=a.png", 1)], batch("=a.png"))

    assert [one.source.name for one in found.labelled] == ["=a.png"]
