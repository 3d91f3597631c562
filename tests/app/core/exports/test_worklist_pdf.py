import re
from dataclasses import replace
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from app.core.exports.overlays import Drawn
from app.core.exports.rows import READING_COLUMNS, reading_rows
from app.core.exports.snapshot import as_readers_see_it
from app.core.exports.tables import csv
from app.core.exports.worklist_pdf import case_pdf, worklist_pdf
from app.core.images.reading import ReadOptions
from app.core.record.audit import audit
from app.core.record.log import all_entries
from app.core.reliance.readings import in_force
from app.core.review.refusals import second_look_note


def draw(item):
    if item == 3:
        return Drawn(None, "file_not_found")
    return Drawn(np.full((40, 30, 3), 90, np.uint8), scale=0.5)


def pages(content):
    """The text of each page, without the controls that pypdf puts where the font changes."""
    texts = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
    return [re.sub(r"[\x00-\x08]", "", text) for text in texts]


@pytest.fixture(scope="module")
def written(contents):
    return worklist_pdf(contents, draw)


def test_every_page_says_what_it_is_for(written):
    found = pages(written)

    assert len(found) >= 3
    for number, text in enumerate(found, 1):
        assert "Research use only, not a medical device." in text
        assert f"page {number}" in text
        assert "Night shift" in text


def test_audit_csv_and_pdf_agree_to_the_last_row(contents, read, written):
    assert audit(read.database).is_sound
    entries = list(all_entries(read.database, worklist_id=read.worklist.id))
    held = [one for one in in_force(entries) if one.event != "clear"]
    table = pd.read_csv(BytesIO(csv(reading_rows(contents), READING_COLUMNS)))
    in_table = {
        int(number): digest
        for what in ("call", "verdict", "adjudication")
        for number, digest in zip(table[f"{what}_entry"], table[f"{what}_hash"], strict=True)
        if number == number
    }
    in_pdf = re.findall(r"Entry (\d+), ", "".join(pages(written)))

    assert in_table == {one.number: one.hash for one in held}
    assert sorted(map(int, in_pdf)) == sorted(in_table)
    assert entries[-1].hash in "".join(pages(written))


def test_names_and_comments_of_any_script_can_be_read(written):
    text = "".join(pages(written))

    assert "PNEUMONIA/肺 2.png" in text
    assert "opacité 肺" in text
    assert "<b>" in text


def test_a_character_that_no_font_has_is_written_as_its_number(contents):
    named = replace(contents, names=("a\u2715b.png", *contents.names[1:]))

    assert "a[U+2715]b.png" in "".join(pages(case_pdf(named, 0, draw)))


def test_a_long_comment_is_there_to_the_end(contents):
    last = contents.entries[-1]
    commented = replace(last, item=1, comment="opaque " * 1000 + "end")
    longer = replace(contents, entries=(*contents.entries[:-1], commented))

    text = "".join(pages(case_pdf(longer, 1, draw)))

    assert text.count("opaque") == 1000
    assert "end" in text


def test_a_film_that_cannot_be_drawn_keeps_its_place(written):
    text = "".join(pages(written))

    assert "could not be drawn (file not found)" in text
    assert "refused: It is turned." in text


def test_the_report_says_where_everything_is_from(contents, written):
    first = pages(written)[0]

    assert contents.bundle.sha256 in first
    assert contents.worklist.id in first
    assert "blind first" in first


def test_what_a_figure_counts_is_written_in_full(written):
    text = " ".join("".join(pages(written)).split())

    assert "wrong in the end as the model was, among right calls on which the model was wrong" in (
        text
    )


def test_a_film_whose_name_is_hidden_is_headed_by_its_number_once(contents):
    hidden = as_readers_see_it(contents)

    (text,) = pages(case_pdf(hidden, 1, draw))

    assert hidden.names[1] == "Film 2"
    assert text.count("Film 2") == 1


@pytest.mark.parametrize(("item", "is_decided"), [(0, True), (1, True), (2, False)])
def test_one_reader_alone_decides_nothing(contents, item, is_decided):
    assert ("Decided" in "".join(pages(case_pdf(contents, item, draw)))) == is_decided


def test_a_film_that_was_judged_although_it_was_refused_says_so(contents):
    chosen = ReadOptions(remedy="invert", override="Known hand, for teaching")
    judged = replace(contents.results[0], chosen=chosen)
    changed = replace(contents, results=(judged, *contents.results[1:]))

    text = " ".join("".join(pages(case_pdf(changed, 0, draw))).split())

    assert second_look_note(chosen) in text
    assert "Known hand" not in "".join(pages(case_pdf(contents, 0, draw)))


def test_the_threshold_of_a_worklist_is_said(contents):
    moved = replace(contents, worklist=replace(contents.worklist, threshold=0.62))

    assert "62.0 %, chosen for this worklist instead of the model's" in pages(
        worklist_pdf(moved, draw)
    )[0].replace("\n", " ")


def test_an_unread_worklist_has_a_report(contents):
    assert "none yet" in pages(worklist_pdf(replace(contents, entries=()), draw))[0]
