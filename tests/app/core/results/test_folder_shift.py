import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from app.core.bundles.bundle_files import REFERENCE_SAMPLE
from app.core.errors import BundleError
from app.core.gate.image_statistics import NAMES
from app.core.gate.observation import Observation
from app.core.gate.reservoir import Answer, Reservoir
from app.core.images.reading import ReadOptions
from app.core.performance.predictions import group_of_each
from app.core.results.folder_shift import (
    add_result,
    answer_names,
    as_json,
    compare_folder,
    reference_films,
    shift_path,
    write_shift,
)
from app.core.scoring.prediction import predict, predict_findings
from app.core.scoring.result import Result
from app.core.sources.source import Source
from tests.known_films import with_known_films


def _table(num, **columns):
    statistics = np.random.default_rng(1).normal(size=(num, len(NAMES)))
    return pd.DataFrame(
        {
            "image_id": [f"{n:064x}" for n in range(num)],
            "split": "test",
            "y_true": 0,
            "distance": np.linspace(0.1, 1.5, num),
            "group": [f"g{n // 2}" for n in range(num)],
            **columns,
        }
    ).assign(**{name: statistics[:, index] for index, name in enumerate(NAMES)})


def _coordinates(num, seed=0):
    return np.random.default_rng(seed).normal(size=(num, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def binary(bundle, tmp_path_factory):
    threshold = bundle.manifest.thresholds.decision
    table = _table(60, probability=[0.0, threshold, 0.999] * 20)
    folder = tmp_path_factory.mktemp("binary") / bundle.name
    return with_known_films(bundle, folder, table, _coordinates(60))


def test_the_films_of_a_reference_are_read_with_answers_at_the_threshold_of_the_bundle(binary):
    films = reference_films(binary)

    assert len(films) == 60
    assert list(films.answers[:3]) == [0, 1, 1]
    assert films.scores[:3] == pytest.approx([0, binary.manifest.thresholds.decision, 0.999])
    assert films.coordinates == pytest.approx(_coordinates(60), abs=2e-3)
    assert films.distances[-1] == 1.5
    assert list(films.groups[:3]) == ["group g0", "group g0", "group g1"]
    assert films.statistics.shape == (60, len(NAMES))
    assert len(films.familiar()) == sum(films.distances <= 1)


def test_adapted_to_a_place_the_films_of_a_reference_are_shown_by_its_calibration(binary):
    base = binary.manifest.calibration
    half = base.model_copy(update={"temperature": 2 * base.temperature})
    adaptation = SimpleNamespace(base_calibration=base, calibration=half, reach=1.5)
    films = reference_films(dataclasses.replace(binary, adaptation=adaptation))

    # 0.999 are 999 to 1; with half the logit, the square root of that.
    odds = np.sqrt(999)
    assert films.scores[2] == pytest.approx(odds / (1 + odds))
    assert films.distances[-1] == 1.0


@pytest.mark.parametrize(("reach", "refused"), [(1.0, 22), (1.2, 13), (1.5, 0)])
def test_adapted_to_a_place_held_out_films_are_refused_by_its_limit(binary, reach, refused):
    calibration = binary.manifest.calibration
    adaptation = SimpleNamespace(
        base_calibration=calibration, calibration=calibration, reach=reach, place="Ward 3"
    )
    shift = compare_folder(Reservoir(), dataclasses.replace(binary, adaptation=adaptation))

    # Of 60 distances from 0.1 to 1.5, in steps of 0.0237.
    assert (shift.reference_refused.successes, shift.reference_refused.total) == (refused, 60)


def test_films_of_a_patient_belong_together_though_the_table_does_not_name_it(bundle, tmp_path):
    predictions = bundle.predictions()
    table = _table(len(predictions), probability=0.5, image_id=predictions["image_id"])
    known = with_known_films(bundle, tmp_path / "b", table, _coordinates(len(table)))

    assert list(reference_films(known).groups) == list(group_of_each(predictions))


def test_a_table_without_distances_leaves_them_out(bundle, tmp_path):
    table = _table(60, probability=0.5).drop(columns="distance")

    films = reference_films(with_known_films(bundle, tmp_path / "b", table, _coordinates(60)))

    assert np.isnan(films.distances).all()
    assert len(films.familiar()) == 60


def test_of_more_classes_the_likeliest_is_the_answer(three_class_bundle, tmp_path):
    names = three_class_bundle.manifest.task.classes
    table = _table(4, **dict(zip(names, ([0.5, 0.1, 0.2, 0.3], [0.2] * 4, [0.3, 0.7, 0.6, 0.5]),
                                 strict=True)))  # fmt: skip

    films = reference_films(
        with_known_films(three_class_bundle, tmp_path / "b", table, _coordinates(4))
    )

    assert list(films.answers) == [0, 2, 2, 2]
    assert films.scores == pytest.approx([0.5, 0.7, 0.6, 0.5])


def test_of_findings_the_answer_is_whether_there_is_any(findings_bundle, tmp_path):
    names = findings_bundle.manifest.task.classes
    rows = {f"y_true:{name}": [0, 0] for name in names}
    rows |= {f"probability:{name}": [0.0, float(name == names[1])] for name in names}
    table = _table(2, **rows).drop(columns="y_true")

    films = reference_films(
        with_known_films(findings_bundle, tmp_path / "b", table, _coordinates(2))
    )

    assert list(films.answers) == [0, 1]
    assert films.scores[1] == 1
    assert answer_names(findings_bundle.manifest.task) == ("no finding", "a finding")


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.drop(columns="probability"),
        lambda table: table.assign(probability=1.5),
        lambda table: table.assign(distance="far"),
        lambda table: table.iloc[1:],
    ],
    ids=["no probabilities", "no probability", "distances in words", "one film too few"],
)
def test_a_table_of_held_out_films_that_cannot_be_compared_is_refused(bundle, tmp_path, change):
    table = change(_table(60, probability=0.5))
    known = with_known_films(bundle, tmp_path / "b", table, _coordinates(60))

    with pytest.raises(BundleError, match=REFERENCE_SAMPLE):
        reference_films(known)


def test_a_bundle_without_a_reference_is_not_compared(bundle):
    assert reference_films(bundle) is None
    assert compare_folder(Reservoir(), bundle) is None


def _result(status="ok", **fields):
    return Result(Source("film.png", None), "0" * 64, status, **fields)


def test_results_are_counted_by_what_became_of_them(bundle, findings_bundle):
    reservoir, seen = Reservoir(), Observation(0.5, np.zeros(4, np.float16))
    positive = predict(np.array([0.0, 20.0]), bundle.manifest)
    none = predict_findings(
        findings_bundle.manifest, probabilities=[0.0] * 3, raw_probabilities=[0.0] * 3
    )

    add_result(reservoir, _result(prediction=positive, observation=seen))
    add_result(reservoir, _result(prediction=none, observation=seen))
    add_result(reservoir, _result("refused", reason_code="unfamiliar", observation=seen))
    add_result(reservoir, _result("refused", reason_code="too_small"))
    add_result(reservoir, _result("unreadable", reason_code="damaged"))
    # A reader's decision does not make a foreign film familiar; a corrected one is another film.
    far, decided = Observation(1.2, np.zeros(4, np.float16)), ReadOptions(override="seen")
    add_result(reservoir, _result(prediction=positive, observation=far, chosen=decided))
    add_result(reservoir, _result(prediction=positive, observation=seen, chosen=decided))
    corrected = ReadOptions(remedy="invert")
    add_result(reservoir, _result(prediction=positive, observation=seen, chosen=corrected))
    add_result(reservoir, _result("failed", reason_code="invalid_output"))

    assert reservoir.answers == {1: 2, 0: 1}
    assert reservoir.refused == {"unfamiliar": 2, "too_small": 1, "overridden": 1}
    assert reservoir.num_seen == 7
    assert list(reservoir.sample().scores) == pytest.approx(
        [positive.probability, 0.0, positive.probability]
    )
    assert len(reservoir.distances()) == 6


def test_films_that_only_the_table_knows_belong_to_their_group(bundle, tmp_path):
    """A group is not the patient of the same name whom the predictions know."""
    predictions = bundle.predictions()
    patient = predictions["patient_id"].iloc[0]
    table = _table(3, probability=0.5, group=[patient, "g", "g"])
    table.loc[0, "image_id"] = predictions["image_id"].iloc[0]
    table.loc[1, "group"] = patient
    known = with_known_films(bundle, tmp_path / "b", table, _coordinates(3))

    assert list(reference_films(known).groups) == [
        f"patient {patient}", f"group {patient}", "group g"
    ]  # fmt: skip


@pytest.fixture
def dark_folder():
    """60 films, all negative and far darker than the reference, and 40 that were refused."""
    reservoir, rng = Reservoir(), np.random.default_rng(5)
    for place in _coordinates(60, seed=2):
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
