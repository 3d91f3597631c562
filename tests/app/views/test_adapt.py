"""The page that adapts a model to a place, on a small bundle and real files."""

import errno
import shutil
import time

import cv2
import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app.core.adaptation import folder
from app.core.adaptation.adapt import Adapted
from tests.app.views.conftest import MAIN, made, texts
from tests.app.views.light_bundles import drawn_table, write_bundle
from tests.homes import link_converted

PAGE = "views/adapt.py"
NUM_FILMS = 24


@pytest.fixture
def models(bundle, tmp_path, monkeypatch):
    """A folder of models that may be written to."""
    folder = tmp_path / "models"
    folder.mkdir()
    shutil.copytree(bundle.path, folder / bundle.path.name)
    monkeypatch.setenv("OVERREAD_MODELS", str(folder))
    return folder


@pytest.fixture
def labelled(data_root, film):
    """Twelve films of each class in the data root."""
    for number in range(NUM_FILMS):
        folder = data_root / "labelled" / ("NORMAL", "PNEUMONIA")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{number}.png"), np.roll(film, 5 * number, axis=1))
    return "labelled"


@pytest.fixture
def page(app, models):
    return app.switch_page(PAGE)


def adapt(at, relative, *, place="Ward 3"):
    """Adapts to a folder or table of the data root, and waits for the outcome."""
    give(at, relative, place=place).button(key="adapt_start").click().run()
    return wait(at)


def give(at, relative, *, place="Ward 3"):
    """Names a folder or table of the data root, and the place."""
    at.run()
    at.segmented_control(key="adapt_origin").set_value("Server folder or table").run()
    at.text_input(key="adapt_folder").set_value(relative).run()
    return at.text_input(key="adapt_place").set_value(place).run()


def wait(at):
    deadline = time.monotonic() + 60
    while any(one.key == "adapt_cancel" for one in at.button) and time.monotonic() < deadline:
        time.sleep(0.1)
        at.run()
    return at


def keys(at):
    return {one.key for one in at.button}


def test_it_opens_with_what_it_is_for_and_what_the_model_is(page):
    page.run()

    assert not page.exception
    assert page.title[0].value == "Adapt"
    assert "From 50 to 200 films of your place" in texts(page)
    assert "Chosen model: small, not adapted" in texts(page)
    assert page.button(key="adapt_start").disabled


def test_a_server_folder_becomes_zones_and_a_comparison(page, labelled):
    at = adapt(page, labelled)

    assert not at.exception
    assert "24 labelled films (12 Normal, 12 Pneumonia)" in texts(at)
    assert "24 labelled films used (12 Normal, 12 Pneumonia)" in texts(at)
    # 12 positives show nothing of 5 %, and this is said instead of a number.
    assert "12 positives cannot show less than" in texts(at)
    assert "more labelled films are needed" in texts(at)
    figures = at.dataframe[0].value
    assert list(figures) == ["On held-out films", "Before", "After", "Change"]
    assert figures["Before"].str.contains("of 12").any()


def test_it_is_saved_chosen_and_removed_again(page, labelled, models):
    at = adapt(page, labelled)
    at.button(key="adapt_save").click().run()

    assert (models / "small@ward-3" / "adaptation.json").is_file()
    assert "Saved as small, adapted to Ward 3" in texts(at)
    at.button(key="adapt_use").click().run()
    assert at.selectbox(key="model_picker").value == "small@ward-3"
    assert [one.value for one in at.sidebar.text] == ["small, adapted to Ward 3"]
    assert "The chosen model is adapted already: small, adapted to Ward 3" in texts(at)
    assert "adapt_start" not in keys(at)

    at.button(key="adapt_remove").click().run()
    assert not at.exception
    assert at.selectbox(key="model_picker").value == "small"
    assert "adapt_use" not in keys(at)
    assert not (models / "small@ward-3").exists()

    restore = next(one for one in at.button if str(one.key).startswith("adapt_restore_"))
    restore.click().run()
    assert at.selectbox(key="model_picker").value == "small@ward-3"
    assert (models / "small@ward-3" / "adaptation.json").is_file()


def test_a_saved_one_is_checked_on_films_it_was_not_adapted_to(page, labelled, data_root, film):
    at = adapt(page, labelled)
    at.button(key="adapt_save").click().run()
    at.button(key="adapt_use").click().run()
    for number in range(4):
        path = data_root / labelled / ("NORMAL", "PNEUMONIA")[number % 2] / f"new_{number}.png"
        cv2.imwrite(str(path), np.roll(film, 3 + 7 * number, axis=0))
    at.segmented_control(key="check_origin").set_value("Server folder or table").run()
    at.text_input(key="check_folder").set_value(labelled).run()
    at.button(key="check_start").click().run()
    wait(at)

    assert not at.exception
    assert "4 films used (2 Normal, 2 Pneumonia)" in texts(at)
    assert "24 films are left out: the model was adapted to them" in texts(at)
    table = at.dataframe[0].value
    assert table["Promised"].tolist() == ["nothing", "nothing"]
    assert table["Promise"].tolist() == ["no such zone", "no such zone"]


def test_promises_follow_from_the_labels_unless_they_are_chosen(page, labelled):
    at = page.run()
    at.segmented_control(key="adapt_origin").set_value("Server folder or table").run()
    at.text_input(key="adapt_folder").set_value(labelled).run()

    assert "12 of 24 films have Pneumonia: too few to rule anything out" in texts(at)
    assert not at.button(key="adapt_start").disabled
    assert not [one for one in at.number_input if one.key == "adapt_miss_rate"]
    at.segmented_control(key="adapt_promises").set_value("Choose them").run()
    assert "takes 72 with it; 12 of 24 films have it: about 120 more films" in texts(at)
    assert at.number_input(key="adapt_miss_rate").value == 5.0
    assert at.number_input(key="adapt_precision").value == 90.0


def test_an_adaptation_that_somebody_else_removed_is_not_chosen(page, labelled, models):
    at = adapt(page, labelled)
    at.button(key="adapt_save").click().run()
    shutil.rmtree(models / "small@ward-3")
    at.button(key="adapt_use").click().run()

    assert not at.exception
    assert at.selectbox(key="model_picker").value == "small"


def test_what_is_left_out_is_told(page, labelled, data_root):
    names = [f"{('NORMAL', 'PNEUMONIA')[number % 2]}/{number}.png" for number in range(NUM_FILMS)]
    rows = pd.DataFrame({"path": names, "label": ["NORMAL", "PNEUMONIA"] * (NUM_FILMS // 2)})
    rows.loc[len(rows)] = [names[0], "PNEUMONIA"]  # which is NORMAL above
    rows.loc[len(rows)] = ["../ward/torn.png", "NORMAL"]
    rows.to_csv(data_root / labelled / "table.csv", index=False)

    at = adapt(page, f"{labelled}/table.csv")

    assert "23 labelled films used (11 Normal, 12 Pneumonia)." in texts(at)
    assert "1 film is left out: it cannot be read (1 damaged)." in texts(at)
    assert "2 labels contradict each other" in texts(at)
    assert "two classes (labelled/NORMAL/0" in texts(at)


def test_a_place_is_not_overwritten(page, labelled, models):
    at = adapt(page, labelled)
    (models / "small@ward-3").mkdir()
    at.button(key="adapt_save").click().run()

    assert "There is an adaptation 'small@ward-3' already" in at.error[0].value
    assert not list((models / "small@ward-3").iterdir())
    assert "adapt_save" in keys(at)
    # Nor are films scored for a name that is taken.
    at.button(key="adapt_start").click().run()
    assert "There is an adaptation 'small@ward-3' already" in at.error[0].value
    assert at.text_input(key="adapt_place").value == "Ward 3"


def test_a_folder_of_models_that_may_only_be_read_is_told_first_and_where_it_fails(
    page, labelled, monkeypatch
):
    def refuse(*arguments):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(folder, "may_be_written", lambda models: False)
    monkeypatch.setattr(Adapted, "write", refuse)
    at = adapt(page, labelled)
    assert "Nothing can be saved here: the folder of models may only be read" in texts(at)

    at.button(key="adapt_save").click().run()

    assert not at.exception
    assert "could not be written into the folder of models (Read-only" in at.error[0].value
    assert "adapt_save" in keys(at)


def test_labels_that_contradict_each_other_are_told_before_adapting(page, labelled, data_root):
    films = sorted((data_root / labelled).rglob("*.png"))
    rows = [f"{one.relative_to(data_root).as_posix()},{one.parent.name}" for one in films]
    rows.append(rows[0].replace(",NORMAL", ",PNEUMONIA"))
    (data_root / "twice.csv").write_text("\n".join(["path,label", *rows]))

    at = give(page, "twice.csv")

    assert [one.value for one in at.warning] == [
        "Labelled as two classes: 1 film (labelled/NORMAL/0.png). Such films are left out."
    ]


def test_what_was_wrong_with_other_labels_is_said_no_longer(page, labelled, data_root):
    rows = [f"labelled/{one.parent.name}/{one.name},{one.parent.name}" for one in
            sorted((data_root / "labelled").glob("*/*"))]  # fmt: skip
    turned = [row.replace(",NORMAL", ",PNEUMONIA") for row in rows]
    (data_root / "twice.csv").write_text("\n".join(["path,label", *rows, *turned]))
    at = adapt(page, "twice.csv")
    assert "labels contradict each other" in at.error[0].value

    at.text_input(key="adapt_folder").set_value(labelled).run()
    assert not at.error


def test_of_one_class_only_it_is_said_what_is_missing_and_nothing_typed_is_lost(
    page, labelled, data_root
):
    shutil.rmtree(data_root / "labelled" / "PNEUMONIA")
    at = give(page, labelled)

    assert "too few labelled films to adapt to (12 Normal, 0 Pneumonia)" in at.warning[0].value
    assert "Label at least 8 more films, of them at least 5 with Pneumonia" in at.warning[0].value
    assert at.button(key="adapt_start").disabled
    assert at.text_input(key="adapt_place").value == "Ward 3"
    assert at.text_input(key="adapt_folder").value == labelled
    assert "adapt_save" not in keys(at)


@pytest.mark.parametrize(
    ("relative", "message"),
    [("../elsewhere", "outside the configured data root"), ("ward", "no folder of a class")],
)
def test_a_folder_without_labels_is_an_error_where_it_is_named(page, relative, message):
    page.run()
    page.segmented_control(key="adapt_origin").set_value("Server folder or table").run()
    page.text_input(key="adapt_folder").set_value(relative).run()

    assert message in page.error[0].value
    assert page.button(key="adapt_start").disabled


def test_a_place_without_a_name_is_an_error(page, labelled):
    at = adapt(page, labelled, place="")

    assert "Expected a name of 1 to 80 characters" in at.error[0].value


def test_a_table_of_the_films_under_review(page, models, labelled, data_root):
    made(page, labelled)
    page.switch_page(PAGE).run()
    assert "24 of the 24 films under review" in texts(page)

    rows = pd.DataFrame({"name": [f"{number}.png" for number in range(NUM_FILMS)]})
    rows["label"] = ["NORMAL", "PNEUMONIA"] * (NUM_FILMS // 2)
    rows["patient_id"] = [f"p{number // 2}" for number in range(NUM_FILMS)]
    rows.loc[len(rows)] = ["gone.png", "NORMAL", ""]
    page.file_uploader(key="adapt_upload").set_value(
        ("labels.csv", rows.to_csv(index=False).encode(), "text/csv")
    ).run()

    assert "Left out: 1 row not among the films under review (gone" in texts(page)
    assert "24 labelled films (12 Normal, 12 Pneumonia) of 12 patients" in texts(page)
    page.text_input(key="adapt_place").set_value("Ward 3").run()
    page.button(key="adapt_start").click().run()
    at = wait(page)
    assert not at.exception
    assert "The promises count one film of each patient" in texts(at)


def test_a_table_that_is_not_understood_is_an_error(page, models, labelled):
    made(page, labelled)
    page.switch_page(PAGE).run()
    page.file_uploader(key="adapt_upload").set_value(
        ("labels.csv", b"path,label\n0.png,TUMOUR\n", "text/csv")
    ).run()

    assert "labels 'TUMOUR', which the model does not know" in page.error[0].value


def test_three_classes_have_one_zone_of_clear_predictions(
    three_class_bundle, data_root, film, tmp_path, monkeypatch
):
    for number in range(NUM_FILMS):
        folder = data_root / "labelled" / three_class_bundle.manifest.task.classes[number % 3]
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{number}.png"), np.roll(film, 5 * number, axis=1))
    monkeypatch.setenv("OVERREAD_MODELS", str(three_class_bundle.path.parent))
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(data_root))
    monkeypatch.setenv("OVERREAD_HOME", str(link_converted(tmp_path / "home")))
    at = adapt(AppTest.from_file(MAIN, default_timeout=60).switch_page(PAGE), "labelled")

    assert not at.exception
    assert "No clear zone" in texts(at)
    assert at.dataframe[0].value["On held-out films"].tolist() == [
        "Accuracy", "Right where clear", "Clear", "Calibration error"
    ]  # fmt: skip
    assert not [one for one in at.number_input if one.key == "adapt_miss_rate"]


def test_a_model_of_findings_is_not_adapted(monkeypatch, tmp_path):
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OVERREAD_MODELS", "models")
    at = AppTest.from_file(MAIN, default_timeout=60).switch_page(PAGE).run()
    at.selectbox(key="model_picker").set_value("phantom-findings").run()

    assert not at.exception
    assert "has findings that do not exclude each other" in at.info[0].value
    assert "adapt_start" not in keys(at)


def test_without_a_data_root_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("OVERREAD_MODELS", str(tmp_path))
    monkeypatch.setenv("OVERREAD_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("OVERREAD_DATA_ROOT", raising=False)
    write_bundle(tmp_path, drawn_table(("NORMAL", "PNEUMONIA"), per_class=4))
    at = AppTest.from_file(MAIN, default_timeout=60).switch_page(PAGE).run()

    assert not at.exception
    assert "No server folder is configured" in at.info[0].value
