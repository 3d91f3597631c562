"""The folder's comparison as it is drawn on Review."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.core.gate.image_statistics import NAMES
from app.core.gate.shift import compare
from app.core.markdown import escape_markdown
from app.core.scoring.gatekeeper import NO_REFERENCE
from app.core.statistics.metrics import Proportion
from tests.app.core.gate.samples import filled, films
from tests.known_films import held_out, with_known_films


def draw(shift, folder):
    from pathlib import Path

    from app.core.bundles.bundle import load_bundle
    from app.ui.worklist import shift as page

    page.show(shift, load_bundle(Path(folder)))


def drawn(shift, bundle) -> AppTest:
    at = AppTest.from_function(draw, args=(shift, str(bundle.path)), default_timeout=60).run()
    assert not at.exception
    return at


@pytest.fixture(scope="module")
def known(bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("known") / bundle.name
    return with_known_films(bundle, folder, held_out(bundle, 4), np.zeros((4, 1), np.float32))


def told(at: AppTest) -> str:
    """What is said: a sentence that is always seen, and the rest below it."""
    (fold,) = at.expander
    first = fold.label.removesuffix(" :small[More]")
    return " ".join([first, *(one.value for one in fold.markdown if one.value)])


def _compare(folder, *, refused=0):
    return compare(
        filled(folder, refused=refused), films(300, seed=0),
        reference_refused=Proportion(6, 300), answers=("Normal", "Pneumonia"),
    )  # fmt: skip


def test_a_difference_is_a_warning_with_its_proof_below(known):
    dark = films(100, seed=1)
    dark.statistics[:, NAMES.index("mean")] -= 5
    shift = _compare(dark)

    at = drawn(shift, known)

    assert "darker" in told(at)
    assert told(at) == escape_markdown(shift.sentence)
    assert len(at.get("plotly_chart")) == 1
    table = at.dataframe[0].value
    shown = ["Refused", "Predicted: Pneumonia", "How they were made", "Mean grey level"]
    assert list(table["What"]) == shown
    assert table["These films"][0] == "0.0 % (0.0 to 3.7 %; 0 of 100)"
    assert f"{shift.answers[1]} of 100" in table["These films"][1]
    effects = {one.what: f"{one.effect:.2f}" for one in shift.differences}
    tested = ("refused", "answers", "statistics", "mean")
    assert list(table["Effect"]) == [effects[one] for one in tested]
    assert table["p"][0] == "1.000"
    assert table["p"][3] == "< 0.001"
    assert [one.value for one in at.caption] == [shift.detail]


def test_medians_along_a_logarithm_are_said_as_they_are(known):
    large = films(100, seed=1)
    large.statistics[:, NAMES.index("size")] = 10

    table = drawn(_compare(large), known).dataframe[0].value.set_index("What")

    assert table.loc["Pixels a side", "These films"] == "median 1,024 pixels"


def test_what_does_not_matter_is_one_line(known):
    shift = _compare(films(100, seed=1))

    at = drawn(shift, known)

    assert not at.warning
    assert not at.expander
    assert [one.value for one in at.caption] == [shift.detail]


def test_a_folder_that_is_all_foreign_has_its_message_alone(known):
    shift = _compare(films(0, seed=1), refused=3)

    at = drawn(shift, known)

    assert [one.value for one in at.warning] == [escape_markdown(shift.sentence)]
    assert "All 3 images were refused" in shift.sentence
    assert not at.expander


def test_a_model_without_a_reference_says_so_in_a_line(bundle):
    at = drawn(None, bundle)

    assert [one.value for one in at.caption] == [NO_REFERENCE]
    assert not at.warning
