"""The Activations page with real small bundles and real files."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.core.bundles.bundle import Bundle
from app.core.explanations.activation_maximisation import Settings
from app.core.networks.layer_descriptions import format_value
from app.core.sources.source import Source
from app.ui.activations.channel_picture import EXPLANATION
from app.ui.activations.layer_walk import EVIDENCE
from app.ui.cache import channel_pictures, models
from app.ui.widget_keys import layer_key
from tests.app.views.conftest import MAIN, made, named, open_film, texts
from tests.bundles import make_bundle, with_window

pytestmark = pytest.mark.slow


def open_page(bundle: Bundle, source: Source | None, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("OVERREAD_MODELS", str(bundle.path.parent))
    at = named(AppTest.from_file(str(MAIN), default_timeout=120))
    if source is not None:
        use(bundle, source, monkeypatch)
        made(at, "", bundle=bundle)
        return open_film(at, source.name, "views/activations.py")
    return at.switch_page("views/activations.py").run()


def use(bundle: Bundle, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the app read the film from its folder, and judge it with the model."""
    monkeypatch.setenv("OVERREAD_MODELS", str(bundle.path.parent))
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(source.path.parent))


def drawn(at: AppTest) -> list[str]:
    """The keys of the elements of the page that are the app's own."""
    keys = [element.key for element in at.get("bidi_component")]
    return [key for key in keys if key.startswith("activations")]


@pytest.fixture
def source(film: np.ndarray, tmp_path: Path) -> Source:
    path = tmp_path / "A film_1.png"
    path.write_bytes(cv2.imencode(".png", film)[1].tobytes())
    return Source(path.name, path)


def test_without_a_film_the_page_says_what_to_do(bundle, monkeypatch):
    at = open_page(bundle, None, monkeypatch)

    assert not at.exception
    assert "No worklist is open" in texts(at)
    assert not at.image


def test_the_walk_starts_at_the_first_convolution(bundle, source, monkeypatch):
    at = open_page(bundle, source, monkeypatch)

    assert not at.exception
    assert not at.error
    assert at.selectbox(key=layer_key(bundle)).value == "conv1"
    assert "16 channels" in texts(at)
    assert "The film at 120 × 90 pixels" in at.image[0].captions[0]
    assert "48 × 48, stretched" in at.image[1].captions[0]
    said = r"Probability of pneumonia [<>]? ?\d+\.\d %, decision threshold 50\.0 %"
    assert re.search(said, texts(at))
    assert drawn(at) == ["activations_strip", "activations_grid"]  # one element each


def test_next_and_previous_step_through_the_layers_to_the_evidence(bundle, source, monkeypatch):
    at = open_page(bundle, source, monkeypatch)
    key = layer_key(bundle)
    at.button(key="activations_next").click().run()
    assert at.selectbox(key=key).value == "conv1_norm"

    at.selectbox(key=key).set_value("conv5_relu").run()
    seen = []
    for _ in range(4):
        at.button(key="activations_next").click().run()
        assert not at.exception
        seen.append(at.selectbox(key=key).value)

    assert seen == ["average", "dropout", "predictions", EVIDENCE]
    assert at.button(key="activations_next").disabled
    assert "for pneumonia" in texts(at)

    at.button(key="activations_previous").click().run()
    assert "channel of conv5_relu" in texts(at)


def test_the_channel_is_chosen_by_rank_and_its_figures_follow(bundle, source, monkeypatch):
    at = open_page(bundle, source, monkeypatch)
    chooser = next(box for box in at.selectbox if box.key.startswith("activations_channel"))
    strongest, second = chooser.options[:2]
    assert f"{strongest.split(' · ')[0]}: mean " in texts(at)

    chooser.select_index(1).run()

    assert not at.exception
    assert f"{second.split(' · ')[0]}: mean " in texts(at)
    assert f"{strongest.split(' · ')[0]}: mean " not in texts(at)


def test_separate_scales_for_each_channel_are_stated(bundle, source, monkeypatch):
    at = open_page(bundle, source, monkeypatch)

    at.toggle(key="activations_own_scale").set_value(True).run()
    at.radio(key="activations_colours").set_value("Violet to yellow").run()

    assert not at.exception
    assert "from its lowest (violet)" in texts(at)
    assert "One scale for the layer" not in texts(at)


@pytest.fixture
def quick_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures of a quarter of the steps, which are enough to be shown."""
    monkeypatch.setattr(channel_pictures, "_SETTINGS", Settings(steps=12))


def channel_chooser(at: AppTest):
    return next(box for box in at.selectbox if box.key.startswith("activations_channel"))


@pytest.mark.usefixtures("quick_search")
def test_the_picture_a_channel_responds_to_most_is_made_on_request(bundle, source, monkeypatch):
    at = open_page(bundle, source, monkeypatch)
    at.selectbox(key=layer_key(bundle)).set_value("conv2_relu").run()
    channel, layer = channel_chooser(at).value, "conv2_relu"
    assert channel_pictures.channel_picture(bundle, layer, channel) is None

    at.button(key="activations_picture").click().run()

    assert not at.exception
    assert not at.error
    assert at.segmented_control(key="activations_view").value == "One channel"
    found = channel_pictures.channel_picture(bundle, layer, channel)
    assert found is not None
    assert len(at.image) == 5  # film, input, map, overlay, picture
    assert f"Mean activation {format_value(found.mean)}; on this film " in texts(at)
    assert EXPLANATION in texts(at)
    assert not any(button.key.startswith("activations_picture") for button in at.button)

    # Another channel has none yet, and does not start by itself.
    channel_chooser(at).select_index(1).run()
    assert len(at.image) == 4
    assert at.button(key="activations_picture")
    # The first one's is still there.
    channel_chooser(at).select_index(0).run()
    assert len(at.image) == 5


def test_what_is_before_the_first_convolution_has_no_such_picture(bundle, source, monkeypatch):
    at = open_page(bundle, source, monkeypatch)

    at.selectbox(key=layer_key(bundle)).set_value("pixels").run()

    assert not at.exception
    assert not any(button.key == "activations_picture" for button in at.button)


@pytest.mark.usefixtures("quick_search")
def test_of_a_dead_channel_there_is_no_picture_but_a_sentence(
    bundle, source, tmp_path, monkeypatch
):
    # With a digest of its own, as its network stays in the app's cache as it is changed here.
    bundle = with_window(bundle, tmp_path / bundle.name, (0, 255))
    use(bundle, source, monkeypatch)
    norm = models.network(bundle).model.get_layer("conv2_norm")
    scale, shift, *moments = norm.get_weights()
    shift[:] = -1000  # so that the ReLU after it cuts off everything
    norm.set_weights([scale, shift, *moments])
    at = open_page(bundle, source, monkeypatch)
    at.selectbox(key=layer_key(bundle)).set_value("conv2_relu").run()

    at.button(key="activations_picture").click().run()

    assert not at.exception
    assert not at.error
    assert "may be dead" in texts(at)
    assert len(at.image) == 4  # film, input, map, overlay


def test_the_list_of_layers_has_shapes_and_adds_up(bundle, source, monkeypatch):
    at = open_page(bundle, source, monkeypatch)

    at.segmented_control(key="activations_view").set_value("List of layers").run()

    table = at.dataframe[0].value
    row = table.set_index("Layer").loc["conv2"]
    assert (row["Kind"], row["Output"], row["Parameters"]) == (
        "Convolution", "24 × 24 × 32", 3 * 3 * 16 * 32
    )  # fmt: skip
    assert f"{table['Parameters'].sum():,} parameters in total" in texts(at)
    assert drawn(at) == ["activations_strip"]  # the grid of channels is not drawn


def test_three_classes_in_colour_with_padding(three_class_bundle, source, monkeypatch):
    at = open_page(three_class_bundle, source, monkeypatch)
    key = layer_key(three_class_bundle)
    assert "48 × 48, with black borders" in at.image[1].captions[0]

    for step in ("pixels", "average", "predictions", EVIDENCE):
        at.selectbox(key=key).set_value(step).run()
        assert not at.exception
        assert not at.error
    at.segmented_control(key="activations_view").set_value("One channel").run()
    at.selectbox(key=key).set_value("pool4").run()

    assert not at.exception
    assert len(at.image) == 4  # film, input, map, overlay


@pytest.mark.parametrize(
    ("preset", "steps"),
    [
        ("probreathe", ("norm3", "dropout5", "flatten", "dense", "predictions", EVIDENCE)),
        ("residual", ("film_statistics", "stage2_add", "stage3_pool", "stage5_out", EVIDENCE)),
    ],
)
def test_layers_of_other_presets_are_drawn(preset, steps, source, tmp_path, monkeypatch):
    bundle = make_bundle(tmp_path, name=preset, preset=preset, image_size=48)
    at = open_page(bundle, source, monkeypatch)

    for step in steps:
        at.selectbox(key=layer_key(bundle)).set_value(step).run()
        assert not at.exception
        assert not at.error
        assert at.selectbox(key=layer_key(bundle)).value == step


@pytest.mark.usefixtures("quick_search")
def test_of_an_ensemble_one_network_is_walked_through_at_a_time(source, tmp_path, monkeypatch):
    bundle = make_bundle(tmp_path, members=2)
    at = open_page(bundle, source, monkeypatch)
    layer = layer_key(bundle)
    member = f"activations_member_{bundle.sha256[:12]}"

    assert at.selectbox(key=layer).value == "m1_conv1"
    assert not any("m2_" in option for option in at.selectbox(key=layer).options)
    at.selectbox(key=layer).set_value("m1_conv2").run()
    at.segmented_control(key=member).set_value(2).run()

    assert not at.exception
    assert at.selectbox(key=layer).value == "m2_conv2"
    assert not any("m1_" in option for option in at.selectbox(key=layer).options)
    at.button(key="activations_picture").click().run()
    assert not at.exception
    assert len(at.image) == 5
    at.segmented_control(key="activations_view").set_value("All channels").run()
    # What the networks share is there with each of them, and stays open.
    at.selectbox(key=layer).set_value("mean_logit").run()
    at.segmented_control(key=member).set_value(1).run()
    assert not at.exception
    assert at.selectbox(key=layer).value == "mean_logit"


def test_a_refused_film_shows_its_reason_and_no_layers(bundle, tmp_path, monkeypatch):
    path = tmp_path / "blank.png"
    path.write_bytes(cv2.imencode(".png", np.full((80, 80), 7, np.uint8))[1].tobytes())

    at = open_page(bundle, Source(path.name, path), monkeypatch)

    assert not at.exception
    assert "between 7 and 7" in texts(at)
    assert not at.main.button


def test_a_film_that_has_gone_is_a_message(bundle, source, monkeypatch):
    at = open_page(bundle, source, monkeypatch)
    source.path.unlink()

    at.run()

    assert not at.exception
    assert "could not be read" in at.error[0].value
    assert str(source.path) not in texts(at)
