"""A film as its reader's browser is told of it."""

import time

import cv2
import numpy as np
import pytest

from app.core.review.patients import look_up_patients
from app.reading import shelf
from app.reading.routes import ROUTES
from tests.app.reading.conftest import browser_of, named
from tests.folder_films import ward_film
from tests.pictures import dicom


def got(browser, path):
    answered = browser.get(path if path.startswith("/") else f"/reading/{path}")
    assert answered.status_code == 200, answered.text
    return answered


def test_a_film_comes_with_its_picture_its_heatmap_and_what_the_model_says(make, ward):
    opened, browser = make()
    film = got(browser, "films/1?next=2,99,x").json()
    prediction = opened.result(1).prediction
    task = opened.bundle.manifest.task

    assert (film["item"], film["name"], film["status"]) == (1, "film_1.png", "ok")
    assert film["image_id"] == opened.result(1).image_id
    assert film["prediction"]["probability"] == prediction.probability
    assert film["prediction"]["sentence"].endswith(".")
    assert [one["label"] for one in film["prediction"]["classes"]] == list(task.classes)
    assert (film["asks"], film["verdict"], film["call"], film["others"]) == (
        "agreement", None, None, [],
    )  # fmt: skip
    picture = got(browser, film["film"]["url"])
    decoded = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(decoded, cv2.imread(str(ward / "film_1.png"), -1))
    assert "immutable" in picture.headers["cache-control"]
    shown = film["heatmaps"]["shown"]
    if not shown["empty"]:
        colours = got(browser, shown["url"]).content
        assert cv2.imdecode(np.frombuffer(colours, np.uint8), -1).shape[-1] == 4
    evidence = got(browser, f"{shown['url']}?grid=1").json()["evidence"]
    assert np.shape(evidence) == (shown["rows"], shown["columns"])
    assert shown["highest"] == pytest.approx(np.max(evidence))
    # No address names anybody.
    assert "film_" not in film["film"]["url"] + shown["url"]


def test_the_address_of_another_film_or_worklist_gets_nothing(make):
    _, browser = make()
    url = got(browser, "films/1").json()["film"]["url"]

    assert browser.get(url.replace("/1/", "/2/")).status_code == 404
    assert browser.get("/reading/films/4").status_code == 404
    assert browser.get(url, headers={"Authorization": "Bearer x"}).status_code == 401


def test_a_deep_film_is_sent_in_two_bytes_and_names_no_patient(make, ward):
    ramp = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    (ward / "film_0.png").write_bytes(
        dicom(ramp, BitsStored=12, HighBit=11, WindowCenter=1000.5, WindowWidth=1001,
              ImagerPixelSpacing=[0.2, 0.2], PatientName="CANARY^DORIS", PatientID="CANARY",
              PatientAge="043Y", BodyPartExamined="CHEST")
    )  # fmt: skip
    _, browser = make()
    answered = got(browser, "films/0")
    film = answered.json()
    pixels = got(browser, film["film"]["url"]).content
    blue, low, high = cv2.split(cv2.imdecode(np.frombuffer(pixels, np.uint8), -1))

    np.testing.assert_array_equal(high.astype(int) * 256 + low, ramp)
    assert not blue.any()
    assert (film["film"]["bits"], film["film"]["highest"]) == (12, 4095)
    assert film["film"]["window"] == {"low": 500.0, "high": 1500.0}
    assert (film["film"]["spacing"], film["film"]["spacing_note"]) == (
        [0.2, 0.2], "at the detector",
    )  # fmt: skip
    assert ["Patient's age", "43 y"] in film["details"]
    assert "CANARY" not in answered.text
    assert b"CANARY" not in pixels


def test_a_large_film_can_be_had_in_all_of_its_pixels(make, ward):
    large = cv2.resize(ward_film(9), (2400, 2400), interpolation=cv2.INTER_NEAREST)
    cv2.imwrite(str(ward / "large.png"), large)
    opened, browser = make()
    told = got(browser, f"films/{opened.names.index('large.png')}").json()["film"]
    small = got(browser, f"films/{opened.names.index('film_0.png')}").json()["film"]

    assert (told["rows"], told["scale"]) == (2048, pytest.approx(2400 / 2048))
    sent = got(browser, told["full"]).content
    np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(sent, np.uint8), 0), large)
    assert (small["full"], small["scale"]) == (None, 1)
    assert browser.get(f"{small['url']}?full=1").status_code == 404


def test_a_film_that_is_gone_costs_its_own_row_only(make, ward):
    _, browser = make()
    (ward / "film_2.png").unlink()
    film = got(browser, "films/2").json()

    assert film["film"] is None
    assert film["heatmaps"] is None or film["heatmaps"]["shown"] is None
    assert film["reason"]
    assert got(browser, "films/3").json()["film"]


def test_the_next_films_are_made_ahead(make):
    opened, browser = make()
    got(browser, "films/0?next=2,1")
    shelf._ahead._threads.submit(lambda: None).result(timeout=30)
    made = set()
    for item in (1, 2):
        picture = shelf._pictures.get(shelf._key(opened, item), lambda: pytest.fail("not made"))
        made.add(picture.image_id)

    assert made == {opened.result(item).image_id for item in (1, 2)}


@pytest.mark.slow
def test_another_heatmap_is_computed_while_its_reader_waits(make):
    _, browser = make()
    path = "/reading/films/0/heatmap?method=hires_cam&class=1"
    waited = browser.get(path)
    assert waited.status_code == 202
    assert "HiResCAM is being computed" in waited.json()["wait"]
    for _ in range(300):
        answered = browser.get(path)
        if answered.status_code != 202:
            break
        time.sleep(0.1)

    assert answered.status_code == 200
    assert "HiResCAM" in answered.json()["title"]


def test_a_heatmap_that_cannot_be_is_refused(make):
    _, browser = make()
    for query in ("method=doe&class=1", "method=grad_cam&class=9", "method=grad_cam&class=x", ""):
        assert browser.get(f"/reading/films/0/heatmap?{query}").status_code == 404


def test_the_state_tells_how_far_a_reader_is(make):
    opened, browser = make()
    state = got(browser, "state").json()

    assert (state["done"], state["total"], state["running"], state["error"]) == (4, 4, False, "")
    assert state["worklist"] == {"name": "Ward", "mode": "open", "closed": False}
    assert state["reader"] == "Reader 1"
    assert state["counts"] == {"read": 0, "unread": 4}
    other = browser_of(opened, named("Reader 2"))
    assert got(other, "state").json()["reader"] == "Reader 2"


@pytest.mark.parametrize("mode", ["blind_first", "second_reader"])
def test_before_the_call_nothing_of_the_model_leaves_the_server(make, mode, known_ward):
    """Every route, by every way that there is, is asked; what is answered is read as text."""
    opened, browser = make(mode=mode, model=known_ward)
    task = opened.bundle.manifest.task
    telling = {*task.classes, *map(task.display_name, task.classes), "Positive", "Negative",
               "Uncertain", "Clear", "film_", "zone_word"}  # fmt: skip
    for result in opened.results():
        telling |= {f"{one:.4f}" for one in result.prediction.class_probabilities}
    action = {"action": "0" * 36, "label": task.classes[0], "agreement": "agree"}
    asked = [
        browser.get("/reading/state"),
        browser.post("/reading/order", json={"sort": {"column": "probability"}}),
        browser.post("/reading/order", json={"sort": {"column": "prediction"}}),
        browser.post("/reading/order", json={"filter": {"predictions": [task.classes[1]]}}),
        browser.post("/reading/order", json={"filter": {"lowest": 0.5}}),
        browser.post("/reading/rows", json={"items": [0, 1, 2, 3]}),
    ]
    for item in range(4):
        digest = opened.result(item).image_id[:32]
        asked += [
            browser.get(f"/reading/films/{item}?next=0,1,2,3"),
            browser.get(f"/reading/films/{item}/priors"),
            browser.get(f"/reading/films/{item}/overlay"),
            browser.get(f"/reading/films/{item}/report"),
            *(browser.get(f"/reading/films/{item}/heatmap?method=grad_cam&class={index}")
              for index in (0, 1)),
            browser.get(f"/reading/heatmaps/{item}/grad_cam/1/{digest}"),
            browser.get(f"/reading/heatmaps/{item}/grad_cam/1/{digest}?grid=1"),
            browser.get(
                f"/reading/similar/{item}/{known_ward.sha256[:32]}/{opened.result(0).image_id}"
            ),
            browser.post(f"/reading/films/{item}/verdict", json=action),
            browser.post(f"/reading/films/{item}/undo", json=action),
            browser.post(f"/reading/films/{item}/mark", json=action | {"event": "seen"}),
            browser.post(f"/reading/films/{item}/judge", json=action | {"reason": "seen"}),
            browser.post(f"/reading/films/{item}/leave", json=action),
        ]  # fmt: skip

    for answered in asked:
        text = answered.text + str(answered.headers)
        assert not [word for word in telling if word in text], (answered.url, text)
    films = [one.json() for one in asked if "next=" in str(one.url)]
    assert all(one["asks"] == "call" for one in films)
    hidden = ("prediction", "heatmaps", "truth", "second_look", "similar")
    assert not any(one[part] for one in films for part in hidden)
    orders = [one.json()["items"] for one in asked if str(one.url).endswith("/order")]
    assert all(items in ([0, 1, 2, 3], []) for items in orders)
    assert {one.status_code for one in asked if "heatmap" in str(one.url)} == {409}
    assert {one.status_code for one in asked if "similar" in str(one.url)} == {409}
    assert not opened.answers.films()
    walked = {one.request.url.path for one in asked}
    not_asked = {one.path for one in ROUTES if not any(map(one.path_regex.match, walked))}
    # Pictures, the call itself, and files by tickets that nobody has.
    assert not_asked == {
        "/reading/thumbnails/{item:int}/{digest}", "/reading/films/{item:int}/call",
        "/reading/pixels/{item:int}/{digest}", "/reading/downloads/{ticket}",
    }  # fmt: skip


def test_after_the_call_the_model_is_shown_to_this_reader_alone(make):
    opened, browser = make(mode="blind_first")
    label = opened.bundle.manifest.task.classes[0]
    body = {"action": "1" * 36, "label": label, "confidence": 0.75, "reading_seconds": 4}
    called = browser.post("/reading/films/0/call", json=body)
    other = browser_of(opened, named("Reader 2"))

    assert called.status_code == 200
    film = called.json()
    assert (film["call"]["label"], film["call"]["confidence"]) == (label, 0.75)
    assert film["prediction"]["probability"] == opened.result(0).prediction.probability
    assert (film["asks"], film["verdict"]) == ("confirm", None)
    assert film["heatmaps"]["shown"]
    assert got(other, "films/0").json()["prediction"] is None
    assert got(browser, "films/1").json()["prediction"] is None


def test_other_films_of_the_patient_are_told_once_they_are_found(make, ward):
    for number in (1, 2):
        cv2.imwrite(str(ward / f"person7_virus_{number}.png"), ward_film(number + 10))
    opened, browser = make(mode="blind_first")
    item = opened.names.index("person7_virus_1.png")
    assert got(browser, f"films/{opened.names.index('film_0.png')}/priors").json() == {"priors": []}

    assert browser.get(f"/reading/films/{item}/priors").status_code == 202
    look_up_patients(opened)

    (prior,) = got(browser, f"films/{item}/priors").json()["priors"]
    assert prior == {
        "item": opened.names.index("person7_virus_2.png"), "label": "Same patient by file name",
    }  # fmt: skip
