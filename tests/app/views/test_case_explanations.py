"""Heatmaps on the Case page: methods, layers, scales, and what is not computed again."""

import threading
import time
from concurrent.futures import Future

import cv2
import numpy as np
import pytest

from app.core.explanations.explainer import Explainer, Explanation
from app.core.explanations.methods import METHODS
from app.core.explanations.selection import Choice, Scale
from app.core.images import decoding, display
from app.core.images.film import Film
from app.core.rendering import heatmaps
from app.core.results.result_store import ResultStore, ResultStoreError
from app.core.review import installed_models
from app.core.sources.source import Source
from app.ui.cache import explanations, models, pictures
from app.ui.cache import films as cached_films
from app.ui.cache.models import Opening
from app.ui.case import viewer
from tests.app.views.conftest import review_folder
from tests.app.views.test_case import open_case
from tests.app.views.test_review import texts


def choose_method(at, method):
    """Opens the popover and picks a method; a slow one is asked for."""
    open_methods(at)
    at.selectbox(key="case_method").set_value(method).run()
    if METHODS[method].is_slow and not is_waited_for(at):
        at.button(key="case_method_compute").click().run()
    return at


def open_methods(at):
    """Opens the popover and waits until it lists the layers of the network."""
    at.session_state["case_methods"] = True
    at.run()
    deadline = time.monotonic() + 60
    while at.get("progress") and time.monotonic() < deadline:
        time.sleep(0.1)
        at.run()


def is_waited_for(at):
    return not any(button.key == "case_method_compute" for button in at.button)


def chosen_method(at):
    return at.session_state["case_method"]


@pytest.fixture
def forget():
    """Empties the memory of the app, as a restart does; what is on disk stays."""
    installed_models._installed.cache_clear()
    yield installed_models._installed.cache_clear
    installed_models._installed.cache_clear()


@pytest.fixture
def made_up(monkeypatch):
    """Lets every method find a map that a test makes up."""

    def use(evidence):
        def explain(self, film, *, method, class_index, layer=None, progress=None):
            progress(1, 2)
            return Explanation(METHODS[method], class_index, layer, evidence)

        monkeypatch.setattr(Explainer, "explain", explain)

    return use


def fail(*args, **kwargs):
    raise AssertionError("nothing was to be computed")


def test_every_film_comes_with_grad_cam_on_the_scale_of_all_films(app, data_root, monkeypatch):
    monkeypatch.setattr(Explainer, "explain", fail)
    at = open_case(app, data_root / "ward" / "film_0.png")

    assert not at.exception
    at.segmented_control(key="case_class").set_value("NORMAL").run()
    shown = texts(at)
    at.segmented_control(key="case_class").set_value("PNEUMONIA").run()
    shown += texts(at)
    assert "0.05 logits, the same" in shown
    assert "the maximum of this film" not in shown


@pytest.mark.parametrize("method", METHODS)
def test_a_method_is_explained_with_the_unit_of_its_values(app, data_root, method, forget, made_up):
    made_up(np.array([[-1.0, 1545.2], [0.0, 3.0]], np.float32))
    at = choose_method(open_case(app, data_root / "ward" / "film_0.png"), method)
    open_methods(at)

    assert not at.exception
    assert METHODS[method].sentence in texts(at)
    assert f"cells covering the film, in {METHODS[method].unit}." in texts(at)
    assert any(box.key.startswith("case_layer") for box in at.selectbox) == (
        METHODS[method].uses_layer
    )
    if method in ("grad_cam", "hires_cam"):
        assert "the same for every film" in texts(at) or "No positive evidence" in texts(at)
    else:
        words = (
            f"Colours up to 1,545 {METHODS[method].unit}, the maximum of this film; not comparable"
        )
        assert words in texts(at)


@pytest.mark.slow
def test_the_page_goes_on_while_the_network_is_opened(app, data_root, forget, made_up, monkeypatch):
    made_up(np.array([[-1.0, 3.0]], np.float32))
    ended = Future()
    monkeypatch.setattr(models, "opening", lambda bundle: Opening(ended, time.monotonic() - 7))
    at = open_case(app, data_root / "ward" / "film_0.png")
    at.session_state["case_methods"] = True
    at.run()

    assert not at.exception
    assert at.get("progress")[0].proto.text == "Layers: opening the network, 7 s"
    assert not any(box.key.startswith("case_layer") for box in at.selectbox)

    threading.Timer(1, ended.set_result, [None]).start()
    at.selectbox(key="case_method").set_value("hires_cam").run()

    assert ended.done()
    assert "1 × 2 cells covering the film" in texts(at)
    assert any(box.key.startswith("case_layer") for box in at.selectbox)


@pytest.mark.parametrize("method", ["hires_cam", "occlusion"])
def test_the_same_view_is_there_again_without_computing(
    app, data_root, method, forget, monkeypatch
):
    film = data_root / "ward" / "film_0.png"
    first = texts(choose_method(open_case(app, film), method))
    assert "The heatmap is being computed" not in first

    forget()
    monkeypatch.setattr(Explainer, "explain", fail)
    at = app.run()

    assert not at.exception
    assert chosen_method(at) == method
    assert "could not be computed" not in texts(at)
    assert "The heatmap is being computed" not in texts(at)


def test_another_layer_has_a_scale_of_its_own(app, bundle, data_root, forget):
    at = choose_method(open_case(app, data_root / "ward" / "film_0.png"), "layer_cam")
    box = next(box for box in at.selectbox if box.key.startswith("case_layer"))
    layers = explanations.explainer(bundle).layers
    assert box.value == bundle.manifest.heatmap.layer

    box.set_value(layers[1]).run()

    assert not at.exception
    assert f"LayerCAM at {layers[1]}." in texts(at)
    assert "the maximum of this film" in texts(at)


def test_without_positive_evidence_nothing_is_drawn(app, data_root, forget, made_up):
    made_up(np.full((3, 3), -2.0, np.float32))
    at = choose_method(open_case(app, data_root / "ward" / "film_0.png"), "occlusion")

    assert "No positive evidence" in texts(at)
    assert "the maximum of this film" not in texts(at)
    at.segmented_control(key="case_class").set_value("NORMAL").run()
    assert "2 logits" in texts(at)


def test_a_slow_method_does_not_run_on_the_next_film(app, data_root, forget, monkeypatch):
    at = review_folder(app, "ward")
    names = at.dataframe[0].value["Name"].tolist()
    at.session_state["case"] = Source(names[0], (data_root / names[0]).resolve())
    choose_method(at.switch_page("views/case.py").run(), "occlusion")
    assert chosen_method(at) == "occlusion"

    monkeypatch.setattr(Explainer, "explain", fail)
    at.button(key="case_next").click().run()

    assert not at.exception
    assert chosen_method(at) == "grad_cam"
    assert "could not be computed" not in texts(at)


def test_a_fast_method_stays_for_the_next_film(app, data_root, forget):
    at = review_folder(app, "ward")
    names = at.dataframe[0].value["Name"].tolist()
    at.session_state["case"] = Source(names[0], (data_root / names[0]).resolve())
    choose_method(at.switch_page("views/case.py").run(), "grad_cam_plus_plus")
    at.session_state["case_methods"] = False

    at.button(key="case_next").click().run()

    assert not at.exception
    assert chosen_method(at) == "grad_cam_plus_plus"
    assert "The heatmap is being computed" not in texts(at)


def test_a_method_that_fails_is_a_sentence_and_cancel_returns(app, data_root, forget, monkeypatch):
    def explain(*args, **kwargs):
        raise ValueError("graph disconnected: <KerasTensor>")

    monkeypatch.setattr(Explainer, "explain", explain)
    at = choose_method(open_case(app, data_root / "ward" / "film_0.png"), "score_cam")

    assert not at.exception
    assert "could not be computed (ValueError)" in at.error[0].value
    assert "KerasTensor" not in texts(at)
    at.button(key="case_method_cancel").click().run()
    assert not at.error
    assert chosen_method(at) == "grad_cam"


def test_results_that_cannot_be_cached_are_still_shown(
    app, data_root, forget, made_up, monkeypatch
):
    def full(*args, **kwargs):
        raise ResultStoreError("full")

    monkeypatch.setattr(ResultStore, "add", full)
    monkeypatch.setattr(ResultStore, "get", full)
    made_up(np.ones((3, 3), np.float32))
    at = choose_method(open_case(app, data_root / "ward" / "film_0.png"), "smooth_grad")

    assert not at.exception
    assert "1 logits per full grey range" in texts(at)


def test_an_interrupted_computation_is_not_cached(app, bundle, data_root, forget):
    class InterruptedRun(BaseException):
        """What Streamlit raises in a script that a click interrupts."""

    def interrupt(done, total):
        raise InterruptedRun

    path = data_root / "ward" / "film_0.png"
    at = open_case(app, path)
    source = at.session_state["case"]
    case = cached_films.case(bundle, source)
    choice = Choice("occlusion", None, 1)
    with pytest.raises(InterruptedRun):
        explanations.explain(bundle, source, case.image_id, choice, progress=interrupt)

    assert explanations.explanation(bundle, case.image_id, choice) is None


def test_a_film_that_is_opened_again_is_not_drawn_again(app, data_root, monkeypatch):
    films = [data_root / "ward" / f"film_{number}.png" for number in range(2)]
    for path in films:
        first = open_case(app, path)
        assert not first.exception
    for module, function in (
        (decoding, "decode"), (display, "jpeg"), (heatmaps, "png"), (heatmaps, "blend"),
        (pictures.prediction_charts, "probability_figure"),
    ):  # fmt: skip
        monkeypatch.setattr(module, function, fail)

    again = open_case(app, films[0])

    assert not again.exception
    assert [button.label for button in again.get("download_button")] == ["Overlay as PNG"]
    assert "Colours up to" in texts(again)


def test_the_overlay_to_keep_is_drawn_when_it_is_asked_for_and_at_full_size(
    app, data_root, monkeypatch
):
    monkeypatch.setattr(heatmaps, "blend", fail)
    assert not open_case(app, data_root / "ward" / "film_0.png").exception
    monkeypatch.undo()

    film = Film(np.full((900, 1200), 100, np.uint8))
    view = viewer.View("Blended", 0.6, 1)
    drawn = viewer._overlay(film, np.ones((3, 4), np.float32), Scale(1.0, is_shared=True), view)

    pixels = cv2.imdecode(np.frombuffer(drawn, np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (900, 1200, 3)
    assert pixels[0, 0].tolist() != [100, 100, 100]
