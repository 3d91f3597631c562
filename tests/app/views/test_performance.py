import hashlib

from streamlit.testing.v1 import AppTest

from app.core.bundles.bundle import load_bundle
from app.core.record.worklist_items import NewItem, add_items
from app.core.record.worklists import create_worklist
from app.core.review.worklist_registry import open_worklists
from tests.app.views.conftest import opened
from tests.app.views.light_bundles import (
    HISTORY_TABLE,
    drawn_table,
    table,
    write_bundle,
)
from tests.app.views.performance_page import (
    MAIN,
    PAGE,
    ROWS,
    captions,
    cards,
    key_of,
    open_page,
    view,
)


def test_without_a_model_the_page_says_what_to_do(models):
    at = open_page()

    assert not at.exception
    assert any("No model is installed" in info.value for info in at.info)
    assert not at.metric


def test_figures_come_with_denominators_and_intervals(models):
    write_bundle(models, table(ROWS))
    at = open_page()

    assert not at.exception
    found = cards(at)
    assert (found["Sensitivity"].value, found["Specificity"].value) == ("75.0 %", "66.7 %")
    assert found["Sensitivity"].delta == "30.1 to 95.4 %"
    assert found["Sensitivity"].proto.delta_description == "3 of 4"
    assert found["PPV"].proto.delta_description == "3 of 4"
    assert found["NPV"].proto.delta_description == "2 of 3"
    assert found["Accuracy"].proto.delta_description == "5 of 7"
    assert found["F1"].value == "75.0 %"
    # Pairs won by positives: 0.90 3, 0.30 2, 0.60 2, 0.55 2 of 3 each.
    assert found["AUC"].value == "0.750"
    assert found["AUC"].proto.delta_description == "5 patients"
    assert found["AUC"].help.startswith("7 images of 5 patients")
    assert "Test split: 7 images of 5 patients (3 Normal, 4 Pneumonia)." in captions(at)
    assert "chosen on the validation split" in captions(at)


def test_images_of_unknown_patients_are_not_counted_as_patients(models):
    rows = [(split, "", subgroup, *rest) for split, _, subgroup, *rest in ROWS]
    write_bundle(models, table(rows).assign(group_id=[n // 2 for n in range(len(rows))]))
    at = open_page()
    groups = -(-7 // 2)

    assert not at.exception
    assert cards(at)["AUC"].proto.delta_description == f"{groups} groups"
    assert f"Test split: 7 images of {groups} groups" in captions(at)
    assert "Patients are unknown: a group is an image with its near-duplicates" in captions(at)
    at.segmented_control(key="performance_view").set_value("Counts").run()
    assert "Groups" in at.dataframe[0].value
    assert "Patients" not in at.dataframe[0].value


def test_the_threshold_changes_all_figures_and_can_be_reset(models):
    write_bundle(models, table(ROWS))
    at = open_page()
    slider = key_of(models)
    assert at.button(key=f"{slider}_back").disabled

    at.slider(key=slider).set_value(0.65).run()
    assert not at.exception
    assert cards(at)["Sensitivity"].value == "25.0 %"
    assert cards(at)["AUC"].value == "0.750"
    assert "The threshold was changed." in captions(at)
    assert "4 films misclassified" in captions(at)

    at.button(key=f"{slider}_back").click().run()
    assert cards(at)["Sensitivity"].value == "75.0 %"
    assert "The threshold was changed." not in captions(at)


def test_a_threshold_between_two_steps_of_the_slider_is_kept_exactly(models):
    # 0.5501 and 0.55 call the image at 0.55 differently.
    write_bundle(models, table(ROWS), decision=0.5501)
    at = open_page()

    assert not at.exception
    assert cards(at)["Sensitivity"].value == "50.0 %"


def test_the_validation_split_warns_that_it_is_optimistic(models):
    write_bundle(models, table(ROWS))
    at = open_page()
    at.segmented_control(key="performance_split_test_val").set_value("val").run()

    assert not at.exception
    assert "Validation split: 2 images of 2 patients" in captions(at)
    assert "figures are optimistic" in captions(at)


def test_only_the_chosen_view_is_shown(models):
    write_bundle(models, table(ROWS))
    at = open_page()
    own = {
        "Calibration": "Expected calibration error",
        "Subgroups": "Small subgroups",
        "Training": "dropout",
        "Counts": "several classes",
        "Misclassified films": "most confident errors first",
    }

    for name in own:
        view(at, name)
        assert not at.exception
        assert [text for text in own.values() if text in captions(at)] == [own[name]]


def test_subgroups_and_counts_are_those_of_the_table(models):
    write_bundle(models, table(ROWS))
    at = view(open_page(), "Subgroups")
    rows = at.dataframe[0].value

    assert rows["Subgroup"].tolist() == ["bacteria", "virus", "none given"]
    assert rows["Figure"].tolist() == ["Sensitivity", "Sensitivity", "Specificity"]
    assert rows["Images"].tolist() == ["1 of 2", "2 of 2", "2 of 3"]

    counts = view(at, "Counts").dataframe[0].value
    assert counts["Images"].tolist() == ["3", "4", "1", "1"]
    assert counts["Patients"].tolist() == ["2", "3", "1", "1"]


def select_first_miss(at, models):
    digest = load_bundle(models / "light").sha256
    at.session_state[f"misclassified_{digest}_test_0.5"] = {
        "selection": {"rows": [0], "columns": []}
    }
    return at.run()


def test_misclassified_films_are_listed_and_a_missing_file_says_what_to_set(models):
    write_bundle(models, table(ROWS))
    at = open_page()
    rows = at.dataframe[0].value
    assert rows["Probability"].tolist() == [0.8, 0.3]
    assert rows["Truth"].tolist() == ["Normal", "Pneumonia"]
    assert rows["To see"].tolist() == ["no picture", "no picture"]
    assert "None of them can be opened" in captions(at)

    select_first_miss(at, models)
    assert not at.exception
    assert "OVERREAD_DATA_ROOT" in at.warning[0].value
    assert at.title[0].value == "Performance"


def test_a_miss_whose_film_is_not_here_shows_the_picture_that_the_model_ships(models):
    frame = table(ROWS)
    write_bundle(models, frame, pictures=[frame.loc[1, "image_id"]])
    at = open_page()
    assert at.dataframe[0].value["To see"].tolist() == ["small picture", "no picture"]
    assert "1 film with a small picture; of 1 there is no picture here" in captions(at)

    select_first_miss(at, models)

    assert not at.exception
    assert not at.warning
    said = " ".join(text.value for text in at.markdown)
    for fact in ("Truth: **Normal**", "Predicted: **Pneumonia**", "**80.0 %**", "Patient: p1"):
        assert fact in said
    assert "There is no heatmap of it" in captions(at)


def test_a_miss_opens_where_it_was_reviewed(models, tmp_path, monkeypatch):
    frame = table(ROWS)
    film = tmp_path / "data" / "ward" / "renamed.png"
    film.parent.mkdir(parents=True)
    film.write_bytes(b"pixels")
    image_id = frame.loc[1, "image_id"] = hashlib.sha256(b"pixels").hexdigest()
    bundle = load_bundle(write_bundle(models, frame))
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(tmp_path / "data"))
    ward = create_worklist(
        open_worklists().record, name="Ward", origin="folder", place="ward", model="light",
        bundle_sha256=bundle.sha256, network_sha256=bundle.network_sha256,
    )  # fmt: skip
    add_items(open_worklists().record, ward.id, [NewItem("renamed.png", image_id)])

    at = open_page()
    assert at.dataframe[0].value["To see"].tolist() == ["film", "no picture"]
    select_first_miss(at, models)

    assert not at.exception
    looked_at = opened(at)
    assert looked_at.source(int(at.session_state["film"])).path == film


def test_a_miss_opens_on_the_case_page(models, tmp_path, monkeypatch):
    frame = table(ROWS)
    film = tmp_path / "data" / frame.loc[1, "path"]
    film.parent.mkdir(parents=True)
    film.write_bytes(b"pixels")
    frame.loc[1, "image_id"] = hashlib.sha256(b"pixels").hexdigest()
    write_bundle(models, frame)
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(tmp_path / "data"))

    at = select_first_miss(open_page(), models)

    assert not at.exception
    looked_at = opened(at)
    item = int(at.session_state["film"])
    assert looked_at.names[item] == frame.loc[1, "path"]
    assert looked_at.source(item).path == film
    assert not any(title.value == "Performance" for title in at.title)

    # The next one goes to the same worklist, the same one is not there twice.
    select_first_miss(at.switch_page(PAGE).run(), models)
    assert opened(at) is looked_at
    assert len(looked_at) == 1


def test_perfect_separation_shows_no_interval_for_the_area(models):
    rows = [("test", f"p{i}", "", i % 2, 0.1 + 0.8 * (i % 2)) for i in range(12)]
    write_bundle(models, table(rows))
    at = open_page()

    assert cards(at)["AUC"].delta == "no interval"
    assert "every resample of the 12 patients gave the same value" in captions(at)
    assert any("Every film was classified correctly" in info.value for info in at.info)


def test_a_split_of_one_class_does_not_fail(models):
    rows = [("test", f"p{i}", "", 1, 0.1 * i) for i in range(1, 10)]
    write_bundle(models, table(rows), history=HISTORY_TABLE.head(0).drop(columns=["epoch"]))
    at = open_page()

    assert cards(at)["Specificity"].value == "none"
    assert cards(at)["AUC"].value == "none"
    assert "both classes" in captions(at)
    for name in ("Calibration", "Training", "Subgroups"):
        assert not view(at, name).exception


def test_a_bundle_without_predictions_says_so(models):
    write_bundle(models, table(ROWS).head(0))
    at = open_page()

    assert not at.exception
    assert any("has no predictions" in info.value for info in at.info)


def test_more_classes_have_no_threshold(models):
    write_bundle(models, drawn_table(("A", "B", "C")), classes=("A", "B", "C"))
    at = open_page()

    assert not at.exception
    assert not at.slider
    assert cards(at)["Accuracy"].proto.delta_description.endswith("of 60")
    assert cards(at)["Macro AUC"].proto.delta_description == "30 patients"
    table_of_classes = at.dataframe[0].value
    assert table_of_classes["Class"].tolist() == ["A", "B", "C"]
    assert "of 20)" in table_of_classes["Sensitivity"][0]
    for name in ("Calibration", "Subgroups", "Training", "Counts"):
        assert not view(at, name).exception


def test_a_changed_bundle_is_a_message_not_a_traceback(models):
    path = write_bundle(models, table(ROWS))
    (path / "history.csv").write_text("epoch\n1\n")
    at = open_page()

    assert not at.exception
    assert "history.csv" in at.error[0].value
    assert not at.metric


def test_the_chosen_model_stays_chosen_when_a_miss_is_opened(models, tmp_path, monkeypatch):
    frame = table(ROWS)
    for row, path in enumerate(frame["path"]):
        film = tmp_path / "data" / path
        film.parent.mkdir(parents=True, exist_ok=True)
        film.write_bytes(path.encode())
        frame.loc[row, "image_id"] = hashlib.sha256(path.encode()).hexdigest()
    write_bundle(models, frame, name="another")
    write_bundle(models, frame)
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(tmp_path / "data"))
    at = AppTest.from_file(MAIN, default_timeout=60).run()
    at.sidebar.selectbox[0].set_value("light").run()

    select_first_miss(at.switch_page(PAGE).run(), models)

    item = int(at.session_state["film"])
    assert opened(at).source(item).path.is_relative_to(tmp_path / "data")
    assert at.sidebar.selectbox[0].value == "light"
