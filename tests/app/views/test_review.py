import gc
import json
import shutil
import threading

import cv2
import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from app.core.performance.formatting import probability
from app.core.results import rows
from app.core.review import worklist
from app.core.review.worklist import Order
from app.core.scoring.engine import Engine
from app.core.sources.source import Source
from app.ui.review import choices
from tests.app.core.record.earlier_records import write_reviews
from tests.app.views.conftest import MAIN, review_folder, start_review


def texts(at) -> str:
    return "\n".join(
        element.value
        for kind in (at.markdown, at.caption, at.error, at.warning, at.info)
        for element in kind
    )


def test_it_opens_with_what_to_do_and_the_disclaimer(app):
    app.run()

    assert not app.exception
    assert app.title[0].value == "Review"
    assert "Research use only, not a medical device." in texts(app)
    assert not app.dataframe


def test_a_folder_becomes_a_worklist(app):
    at = review_folder(app, "ward")

    assert not at.exception
    table = at.dataframe[0].value
    assert len(table) == 7
    assert table["Name"].iloc[-1] == "ward/torn.png"
    assert table["Status"].iloc[-1] == "✕ Unreadable"
    assert table["Film"].iloc[0].startswith("data:image/jpeg;base64,")
    assert table["Film"].isna().tolist() == [False] * 6 + [True]
    assert pd.isna(table["Probability"].iloc[-1])
    assert "1 ✕ Unreadable" in texts(at)
    assert "0 of 7 reviewed" in texts(at)


def shown_texts(table) -> pd.DataFrame:
    """What the browser writes in the cells of a table."""
    return pa.ipc.open_stream(table.proto.arrow_data.styler.display_values).read_pandas()


def test_probabilities_are_written_as_on_the_case_page_and_long_names_in_one_line(app, data_root):
    long = data_root / "ward" / f"{'TCGA_CS_4941_' * 3}19960909_02.png"
    shutil.copy(data_root / "ward" / "film_0.png", long)
    at = review_folder(app, "ward")

    values, shown = at.dataframe[0].value, shown_texts(at.dataframe[0])
    scored = values["Probability"].notna()
    assert scored.sum() == 7
    assert shown["Probability"][scored].tolist() == [
        probability(value) for value in values["Probability"][scored]
    ]
    assert set(values["Name"]) - set(shown["Name"]) == {f"ward/{long.name}"}
    assert set(shown["Name"]) - set(values["Name"]) == {"ward/TCGA_CS…CS_4941_19960909_02.png"}


def test_filters_narrow_the_worklist_and_say_when_nothing_is_left(app):
    at = review_folder(app, "ward")
    at.text_input(key="review_text_1").set_value("FILM_3").run()
    assert at.dataframe[0].value["Name"].tolist() == ["ward/film_3.png"]

    at.text_input(key="review_text_1").set_value("nobody").run()
    assert not at.dataframe
    assert "No film matches these filters" in texts(at)


def test_a_filter_of_the_last_batch_does_not_hide_the_next(app, data_root):
    at = review_folder(app, "ward")
    at.text_input(key="review_text_1").set_value("film_3").run()
    at.pills(key="review_verdicts_1").set_value(["not reviewed"]).run()
    assert len(at.dataframe[0].value) == 1

    shutil.copytree(data_root / "ward", data_root / "other")
    at = review_folder(at, "other")

    assert not at.exception
    assert len(at.dataframe[0].value) == 7
    assert at.text_input(key="review_text_2").value == ""


def test_an_order_is_that_of_all_pages_and_of_next_and_previous(app, data_root, film):
    for number in range(60):
        cv2.imwrite(str(data_root / "ward" / f"more_{number:02d}.png"), film + number)
    at = review_folder(app, "ward")
    by_urgency = at.dataframe[0].value["Name"].tolist()

    at.session_state["worklist_order"] = Order("name", descending=True)
    at.run()
    by_name = at.dataframe[0].value["Name"].tolist()
    assert by_name == [
        "ward/torn.png",
        *(f"ward/more_{number:02d}.png" for number in range(59, 10, -1)),
    ]
    assert "67 films on 2 pages, by name, descending." in texts(at)

    at.session_state["case"] = Source(by_name[0], (data_root / by_name[0]).resolve())
    at.switch_page("views/case.py").run()
    at.button(key="case_next").click().run()
    assert at.session_state["case"].name == by_name[1]

    at.session_state["worklist_order"] = Order()
    at.switch_page("views/review.py").run()
    assert at.dataframe[0].value["Name"].tolist() == by_urgency


def test_nothing_is_worked_out_for_every_film_at_every_run(app, monkeypatch):
    at = review_folder(app, "ward")
    built = []
    for module, function in (
        (rows, "row"),
        (worklist, "_passes"),
        (worklist, "status_of"),
        (worklist, "count_reviewed"),
        (choices, "_left_open"),
    ):
        monkeypatch.setattr(module, function, lambda *given: built.append(given))
    at.run()
    at.run()

    assert not at.exception
    assert not built


@pytest.mark.parametrize("relative", ["../", "ward/../../..", "/etc", "nowhere"])
def test_folders_outside_the_root_are_refused(app, relative):
    app.run()
    app.segmented_control(key="review_origin").set_value("Server folder").run()
    app.text_input(key="review_folder").set_value(relative).run()

    assert not app.exception
    assert len(app.error) == 1
    assert "Choose" in app.error[0].value
    assert not any(button.key == "review_server" for button in app.button)


def test_folders_that_are_not_shown_are_counted(app, data_root):
    for number in range(61):
        (data_root / f"week_{number:02d}").mkdir()
    app.run()
    app.segmented_control(key="review_origin").set_value("Server folder").run()

    assert len(app.pills(key="review_subfolder").options) == 60
    assert "The first 60 of 62 folders are shown." in texts(app)


def test_a_folder_without_images_says_so(app):
    app.run()
    app.segmented_control(key="review_origin").set_value("Server folder").run()
    app.text_input(key="review_folder").set_value("ward/week_1").run()
    app.button(key="review_server").click().run()

    assert "contains no images" in texts(app)


def test_without_a_data_root_the_page_says_how_to_set_one(app, monkeypatch):
    monkeypatch.delenv("OVERREAD_DATA_ROOT")
    app.run()
    app.segmented_control(key="review_origin").set_value("Server folder").run()

    assert "OVERREAD_DATA_ROOT" in texts(app)


def test_a_model_without_samples_says_so(app):
    app.run()
    app.segmented_control(key="review_origin").set_value("Sample films").run()

    assert "has no sample films" in texts(app)


def test_without_a_model_the_page_says_what_to_do(app, tmp_path, monkeypatch):
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path / "none"))
    app.run()

    assert not app.exception
    assert "overread-train fit" in texts(app)


def test_a_changed_bundle_is_a_sentence_not_a_traceback(app, bundle, tmp_path, monkeypatch):
    copied = tmp_path / "models" / "small"
    shutil.copytree(bundle.path, copied)
    with (copied / "predictions.csv").open("a") as file:
        file.write("\n")
    monkeypatch.setenv("OVERREAD_MODELS", str(copied.parent))
    app.run()

    assert not app.exception
    assert "predictions.csv of the bundle 'small' was changed" in app.error[0].value


@pytest.fixture
def gate(monkeypatch):
    """Lets so many results of the real engine through as the test allows."""
    allowed = threading.Semaphore(0)
    original = Engine.score

    def score(self, *arguments, **options):
        for result in original(self, *arguments, **options):
            allowed.acquire()
            yield result

    monkeypatch.setattr(Engine, "score", score)
    yield allowed
    allowed.release(1000)


def let_through(gate, at, count, *, until):
    gate.release(count)
    for _ in range(300):
        at.run()
        if until():
            return
    raise AssertionError(texts(at))


def test_films_are_listed_as_they_come_and_then_when_they_are_asked_for(app, gate, data_root, film):
    for number in range(20):
        cv2.imwrite(str(data_root / "ward" / f"more_{number:02d}.png"), film + number)
    start_review(app, "ward")
    assert not app.dataframe
    assert app.button(key="review_cancel")

    let_through(gate, app, 3, until=lambda: app.dataframe and len(app.dataframe[0].value) == 3)
    let_through(gate, app, 11, until=lambda: len(app.dataframe[0].value) == 14)
    assert not app.get("download_button")
    let_through(gate, app, 5, until=lambda: "List 5 more" in [b.label for b in app.button])
    assert len(app.dataframe[0].value) == 14  # nothing moves while it is read
    app.button(key="review_list_new").click().run()
    assert len(app.dataframe[0].value) == 19
    let_through(gate, app, 100, until=lambda: app.get("download_button"))
    assert len(app.dataframe[0].value) == 27
    assert not app.exception


def test_a_folder_that_was_scored_before_needs_no_network(app, monkeypatch):
    first = review_folder(app, "ward").dataframe[0].value

    def never(self, pixels):
        raise AssertionError("the network was run")

    monkeypatch.setattr(Engine, "run", never)
    another_session = AppTest.from_file(MAIN, default_timeout=60)
    again = review_folder(another_session, "ward")

    assert not again.exception
    pd.testing.assert_frame_equal(again.dataframe[0].value, first)


def test_a_setting_that_cannot_be_is_a_sentence(app, monkeypatch):
    monkeypatch.setenv("OVERREAD_RESULTS_MB", "plenty")
    app.run()

    assert not app.exception
    assert r"OVERREAD\_RESULTS\_MB is 'plenty'; expected a whole number" in texts(app)


def test_a_batch_that_is_replaced_stops_and_its_uploads_go(app, gate, data_root):
    app.run()
    app.segmented_control(key="review_origin").set_value("Files or ZIP").run()
    films = [(path.name, path.read_bytes()) for path in sorted((data_root / "ward").glob("*.png"))]
    app.file_uploader[0].set_value([(name, data, "image/png") for name, data in films]).run()
    app.button(key="review_uploaded").click().run()
    first = app.session_state["batch"]
    folder = first._spooled.folder
    assert first.progress.running
    assert folder.exists()

    start_review(app, "ward")
    gate.release(100)
    first.wait(60)
    second = app.session_state["batch"]
    second.wait(60)

    assert first is not second
    assert first.progress.cancelled
    assert first.progress.done < len(films)
    assert second.progress.done == len(films)
    assert not second.progress.cancelled
    del first
    app.run()
    gc.collect()
    assert not folder.exists()


@pytest.mark.slow
def test_a_batch_of_another_model_can_be_stopped(app, gate, bundle, tmp_path, monkeypatch):
    for name in ("one", "two"):
        copied = tmp_path / "models" / name
        shutil.copytree(bundle.path, copied)
        manifest = json.loads((copied / "bundle.json").read_text())
        (copied / "bundle.json").write_text(json.dumps(manifest | {"name": name}))
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path / "models"))
    start_review(app, "ward")
    batch = app.session_state["batch"]

    app.selectbox(key="model_picker").set_value("two").run()
    assert not app.exception
    assert "The model one is still scoring" in texts(app)
    assert batch.progress.running
    app.button(key="review_cancel").click().run()
    gate.release(100)
    batch.wait(60)
    app.run()

    assert batch.progress.cancelled
    assert "still scoring" not in texts(app)
    assert not any(button.key == "review_cancel" for button in app.button)
    app.selectbox(key="model_picker").set_value("one").run()
    assert len(app.dataframe[0].value) == batch.progress.done


def test_empty_rows_of_an_earlier_version_are_reported(app, tmp_path):
    empty = ("2026-01-01 00:00:00", "a", "b", None, "")
    write_reviews(tmp_path / "home" / "reviews.sqlite3", [empty])

    at = review_folder(app, "ward")

    assert any(
        "Ignored empty rows in the database of verdicts: 1." in one.value for one in at.caption
    )
