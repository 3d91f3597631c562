"""Files that leave open how to read them are offered a choice on the page of their worklist."""

from io import BytesIO

import cv2
import numpy as np
import pytest
import tifffile

from tests.app.views.conftest import opened, review_folder, wait_for_worklist
from tests.app.views.test_worklists import texts

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
    listed = opened(at)
    return dict(zip(listed.names, [one.status for one in listed.results()], strict=True))


def choice(elements, name):
    """The widget of a choice; each worklist and reading has its own."""
    return next(one for one in elements if str(one.key).startswith(f"review_{name}_"))


def test_a_choice_is_offered_and_taken(app, open_files):
    at = review_folder(app, "open")
    before = statuses(at)
    assert "refused" in before["stack.tif"]
    assert "refused" in before["deep.png"]
    assert choice(at.button, "read_as").disabled

    choice(at.number_input, "frame").set_value(2)
    choice(at.number_input, "black").set_value(0)
    choice(at.number_input, "white").set_value(4080).run()
    choice(at.button, "read_as").click().run()
    wait_for_worklist(at)

    assert not at.exception
    after = statuses(at)
    assert "refused" not in "".join(after.values())
    assert opened(at).result(2).chosen.frame == 2
    assert choice(at.number_input, "frame").value == 2
    assert choice(at.button, "read_as").disabled


def test_nothing_is_offered_where_nothing_is_open(app):
    at = review_folder(app, "ward")
    assert not [one for one in at.button if str(one.key).startswith("review_read_as")]


def test_the_window_of_the_model_answers_and_can_be_overridden(
    app, open_files, windowed_bundle, monkeypatch
):
    monkeypatch.setenv("OVERREAD_MODELS", str(windowed_bundle.path.parent))
    at = review_folder(app, "open")
    own = statuses(at)
    assert "refused" in own["stack.tif"]
    assert own["deep.png"] == own["film.png"]
    assert "without a choice 0 to 4080, as the model was trained" in texts(at)

    choice(at.number_input, "black").set_value(60_000)
    choice(at.number_input, "white").set_value(65_000).run()
    choice(at.button, "read_as").click().run()
    wait_for_worklist(at)

    assert not at.exception
    assert "refused" in statuses(at)["deep.png"]  # all of it is black
    assert statuses(at)["film.png"] == own["film.png"]
