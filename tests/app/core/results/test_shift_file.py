import json

import numpy as np
import pytest

from app.core.gate.image_statistics import NAMES
from app.core.gate.observation import Observation
from app.core.gate.reservoir import Answer, Reservoir
from app.core.results.folder_shift import compare_folder
from app.core.results.reference_films import reference_films
from app.core.results.shift_file import as_json, shift_path, write_shift
from tests.app.core.results.sample_tables import coordinates_of


@pytest.fixture
def dark_folder():
    """60 films, all negative and far darker than the reference, and 40 that were refused."""
    reservoir, rng = Reservoir(), np.random.default_rng(5)
    for place in coordinates_of(60, seed=2):
        statistics = rng.normal(size=len(NAMES)).astype(np.float32)
        statistics[NAMES.index("mean")] -= 5
        seen = Observation(rng.uniform(0.1, 1), place.astype(np.float16), statistics=statistics)
        reservoir.add(seen, Answer(0.0, 0))
    for _ in range(40):
        reservoir.add_refused("unfamiliar", Observation(1.5, np.zeros(4, np.float16)))
    return reservoir


def test_the_file_beside_the_table_says_all_with_denominators_and_intervals(
    binary, dark_folder, tmp_path
):
    table = tmp_path / "results.csv"
    shift = compare_folder(dark_folder, binary)

    write_shift(table, shift, binary)

    assert shift_path(table) == tmp_path / "results.csv.shift.json"
    content = json.loads(shift_path(table).read_text(encoding="utf-8"))
    assert content == as_json(shift, binary)
    assert content["matters"] is True
    assert "darker" in content["sentence"]
    assert content["bundle_sha256"] == binary.sha256
    assert content["refused"] == {
        "count": 40, "of": 100, "proportion": 0.4, "low": 0.3094, "high": 0.498,
    }  # fmt: skip
    assert content["reasons"] == {"unfamiliar": 40}
    assert content["refused_of_validation"]["of"] == 50
    assert [one["folder"]["count"] for one in content["answers"]] == [60, 0]
    familiar = reference_films(binary).familiar()
    assert [one["reference"]["of"] for one in content["answers"]] == [len(familiar)] * 2
    tests = {one["what"]: one for one in content["tests"]}
    assert set(tests) == {
        "refused",
        "answers",
        "features",
        "statistics",
        "distance",
        "probability",
        *NAMES,
    }
    assert tests["mean"]["matters"] is True
    assert tests["mean"]["p_corrected"] <= 0.05
    assert tests["mean"]["effect"] > tests["mean"]["least_effect"] >= 0.35
    assert tests["features"]["folder"] is None


def test_an_empty_folder_has_no_intervals(binary, tmp_path):
    write_shift(tmp_path / "t.csv", compare_folder(Reservoir(), binary), binary)

    content = json.loads(shift_path(tmp_path / "t.csv").read_text(encoding="utf-8"))

    assert content["matters"] is False
    assert content["refused"] == {
        "count": 0, "of": 0, "proportion": None, "low": None, "high": None,
    }  # fmt: skip
    assert content["tests"] == []


def test_without_a_reference_the_file_of_an_earlier_table_goes(bundle, tmp_path):
    shift_path(tmp_path / "t.csv").write_text("{}", encoding="utf-8")

    write_shift(tmp_path / "t.csv", None, bundle)

    assert list(tmp_path.iterdir()) == []
