import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from app.core.bundles.bundle_files import REFERENCE_SAMPLE
from app.core.errors import BundleError
from app.core.gate.image_statistics import NAMES
from app.core.performance.predictions import group_of_each
from app.core.results.reference_films import answer_names, reference_films
from tests.app.core.results.sample_tables import coordinates_of, table_of
from tests.known_films import with_known_films


def test_the_films_of_a_reference_are_read_with_answers_at_the_threshold_of_the_bundle(binary):
    films = reference_films(binary)

    assert len(films) == 60
    assert list(films.answers[:3]) == [0, 1, 1]
    assert films.scores[:3] == pytest.approx([0, binary.manifest.thresholds.decision, 0.999])
    assert films.coordinates == pytest.approx(coordinates_of(60), abs=2e-3)
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


def test_films_of_a_patient_belong_together_though_the_table_does_not_name_it(bundle, tmp_path):
    predictions = bundle.predictions()
    table = table_of(len(predictions), probability=0.5, image_id=predictions["image_id"])
    known = with_known_films(bundle, tmp_path / "b", table, coordinates_of(len(table)))

    assert list(reference_films(known).groups) == list(group_of_each(predictions))


def test_a_table_without_distances_leaves_them_out(bundle, tmp_path):
    table = table_of(60, probability=0.5).drop(columns="distance")

    films = reference_films(with_known_films(bundle, tmp_path / "b", table, coordinates_of(60)))

    assert np.isnan(films.distances).all()
    assert len(films.familiar()) == 60


def test_of_more_classes_the_likeliest_is_the_answer(three_class_bundle, tmp_path):
    names = three_class_bundle.manifest.task.classes
    table = table_of(4, **dict(zip(names, ([0.5, 0.1, 0.2, 0.3], [0.2] * 4, [0.3, 0.7, 0.6, 0.5]),
                                 strict=True)))  # fmt: skip

    films = reference_films(
        with_known_films(three_class_bundle, tmp_path / "b", table, coordinates_of(4))
    )

    assert list(films.answers) == [0, 2, 2, 2]
    assert films.scores == pytest.approx([0.5, 0.7, 0.6, 0.5])


def test_of_findings_the_answer_is_whether_there_is_any(findings_bundle, tmp_path):
    names = findings_bundle.manifest.task.classes
    rows = {f"y_true:{name}": [0, 0] for name in names}
    rows |= {f"probability:{name}": [0.0, float(name == names[1])] for name in names}
    table = table_of(2, **rows).drop(columns="y_true")

    films = reference_films(
        with_known_films(findings_bundle, tmp_path / "b", table, coordinates_of(2))
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
    table = change(table_of(60, probability=0.5))
    known = with_known_films(bundle, tmp_path / "b", table, coordinates_of(60))

    with pytest.raises(BundleError, match=REFERENCE_SAMPLE):
        reference_films(known)


def test_films_that_only_the_table_knows_belong_to_their_group(bundle, tmp_path):
    """A group is not the patient of the same name whom the predictions know."""
    predictions = bundle.predictions()
    patient = predictions["patient_id"].iloc[0]
    table = table_of(3, probability=0.5, group=[patient, "g", "g"])
    table.loc[0, "image_id"] = predictions["image_id"].iloc[0]
    table.loc[1, "group"] = patient
    known = with_known_films(bundle, tmp_path / "b", table, coordinates_of(3))

    assert list(reference_films(known).groups) == [
        f"patient {patient}", f"group {patient}", "group g"
    ]  # fmt: skip
