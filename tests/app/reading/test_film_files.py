"""Files about one film: with what their reader may see, and no more."""

from io import BytesIO

import cv2
import numpy as np
from pypdf import PdfReader

from tests.app.reading.conftest import browser_of, named
from tests.app.reading.test_actions import saved
from tests.folder_films import ward_film


def text_of(browser, item):
    answered = browser.get(f"/reading/films/{item}/report")
    assert answered.status_code == 200, answered.text
    return "".join(page.extract_text() for page in PdfReader(BytesIO(answered.content)).pages)


def test_the_picture_has_the_size_of_the_film_and_the_heatmap_that_was_asked_for(make, ward):
    large = cv2.resize(ward_film(9), (2400, 2300))
    cv2.imwrite(str(ward / "large.png"), large)
    opened, browser = make()
    path = f"/reading/films/{opened.names.index('large.png')}/overlay"
    drawn = {}
    for index in (0, 1):
        png = browser.get(f"{path}?method=grad_cam&class={index}").content
        drawn[index] = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)

    assert drawn[0].shape == drawn[1].shape == (2300, 2400, 3)
    coloured = [np.ptp(one.astype(int), axis=2).max() > 0 for one in drawn.values()]
    assert any(coloured)
    assert not np.array_equal(drawn[0], drawn[1])
    assert browser.get(f"{path}?method=none&class=0").status_code == 404


def test_a_report_tells_what_others_said_only_after_the_own_verdict(make):
    opened, browser = make()
    other = browser_of(opened, named("Reader 2"))
    saved(other, "0/verdict", agreement="disagree", confidence=0.5, comment="hilum")
    before = text_of(browser, 0)
    saved(browser, "0/verdict", agreement="agree")
    after = text_of(browser, 0)

    assert opened.names[0] in before
    assert "Reader 2" not in before
    assert "hilum" not in before
    assert "hilum" in after
    assert "possible" in after


def test_a_report_of_a_blind_film_names_no_file(make):
    opened, browser = make(mode="blind_first")
    label = opened.bundle.manifest.task.classes[0]
    saved(browser, "0/call", label=label, confidence=1)

    text = text_of(browser, 0)
    assert "Film 1" in text
    assert opened.names[0] not in text
    assert browser.get("/reading/films/1/report").status_code == 409
