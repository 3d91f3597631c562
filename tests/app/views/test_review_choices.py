"""Files that leave open how to read them are offered a choice on the Review page."""

from io import BytesIO

import cv2
import numpy as np
import pytest
import tifffile

from tests.app.views.conftest import review_folder, wait_for_worklist
from tests.app.views.test_review import texts

pytestmark = pytest.mark.slow


@pytest.fixture
def open_files(data_root, film):
    folder = data_root / "open"
    folder.mkdir()
    stack = BytesIO()
    tifffile.imwrite(stack, np.stack([film, 255 - film]), photometric="minisblack")
    (folder / "stack.tif").write_bytes(stack.getvalue())
    cv2.imwrite(str(folder / "deep.png"), film.astype(np.uint16) * 16)
    cv2.imwrite(str(folder / "film.png"), film)


def statuses(at):
    table = at.dataframe[0].value
    return dict(zip(table["Name"].str.split("/").str[-1], table["Status"], strict=True))


def test_a_choice_is_offered_and_taken(app, open_files):
    at = review_folder(app, "open")
    before = statuses(at)
    assert "Refused" in before["stack.tif"]
    assert "Refused" in before["deep.png"]
    assert at.button(key="review_read_as_1").disabled

    at.number_input(key="review_frame_1").set_value(2)
    at.number_input(key="review_black_1").set_value(0)
    at.number_input(key="review_white_1").set_value(4080).run()
    at.button(key="review_read_as_1").click().run()
    wait_for_worklist(at)

    assert not at.exception
    after = statuses(at)
    assert "Refused" not in "".join(after.values())
    assert set(after) == {"stack.tif · image 2", "deep.png", "film.png"}
    assert at.number_input(key="review_frame_2").value == 2
    assert at.button(key="review_read_as_2").disabled


def test_nothing_is_offered_where_nothing_is_open(app):
    at = review_folder(app, "ward")
    assert not [one for one in at.button if str(one.key).startswith("review_read_as")]


def test_the_window_of_the_model_answers_and_can_be_overridden(
    app, open_files, windowed_bundle, monkeypatch
):
    monkeypatch.setenv("OVERREAD_MODELS", str(windowed_bundle.path.parent))
    at = review_folder(app, "open")
    own = statuses(at)
    assert "Refused" in own["stack.tif"]
    assert own["deep.png"] == own["film.png"]
    assert "without a choice 0 to 4080, as the model was trained" in texts(at)

    at.number_input(key="review_black_1").set_value(60_000)
    at.number_input(key="review_white_1").set_value(65_000).run()
    at.button(key="review_read_as_1").click().run()
    wait_for_worklist(at)

    assert not at.exception
    assert "Refused" in statuses(at)["deep.png"]  # all of it is black
    assert statuses(at)["film.png"] == own["film.png"]
