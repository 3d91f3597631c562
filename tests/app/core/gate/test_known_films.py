"""The held-out films that a bundle ships: truth, patients, pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.core.bundles.bundle_files import REFERENCE_SAMPLE, SPLIT
from app.core.errors import BundleError
from app.core.gate.film_distances import NOT_LABELLED, Film
from app.core.gate.known_films import load_held_out
from tests.known_films import held_out, with_known_films


def on_a_line(rows: int) -> np.ndarray:
    return np.arange(rows, dtype=np.float32)[:, np.newaxis]


def test_truth_split_patients_and_pictures_are_those_of_the_tables(bundle, tmp_path):
    table = held_out(bundle, 6)
    first = table["image_id"][0]

    sample = load_held_out(
        with_known_films(
            bundle, tmp_path / "copy", table, on_a_line(6), pictures={first: b"a picture"}, votes=9
        )
    )

    assert sample is not None

    # As in `predictions` of tests/bundles.py: two films a patient.
    assert [film.patient for film in sample.known.films] == [
        "val0p0", "val0p0", "val0p1", "val0p1", "val0p2", "val0p2",
    ]  # fmt: skip
    assert sample.known.labels.tolist() == [0] * 6
    assert (sample.known.num_classes, sample.known.votes_needed) == (2, 9)
    assert list(sample.pictures) == [first]
    assert sample.pictures[first].read_bytes() == b"a picture"
    assert set(sample.splits.values()) == {"val"}
    # To the nearest of another patient: 2, 1, 1, 1, 1 and 2 steps.
    distances = sample.known.distances
    assert distances.typical == pytest.approx(distances.limit / 2)


def test_whose_a_film_is_that_is_not_in_the_sample_is_known_from_the_predictions(bundle, tmp_path):
    copy = with_known_films(bundle, tmp_path / "copy", held_out(bundle, 4), on_a_line(4))

    sample = load_held_out(copy)

    assert sample is not None

    other = bundle.predictions().iloc[-1]
    assert sample.owner(other["image_id"]).patient == other["patient_id"] != ""
    assert sample.owner("unknown") == Film("unknown")


def test_each_finding_has_its_own_truth(findings_bundle, tmp_path):
    copy = with_known_films(
        findings_bundle, tmp_path / "copy", held_out(findings_bundle, 60), on_a_line(60)
    )
    finding = copy.manifest.task.classes[1]
    expected = findings_bundle.predictions()[f"y_true:{finding}"].head(60)

    sample = load_held_out(copy.of_finding(finding))

    assert sample is not None

    assert expected.isna().any()
    assert sample.known.labels.tolist() == expected.fillna(NOT_LABELLED).astype(int).tolist()
    # Groups come from the predictions there, where two films are of one.
    assert sample.known.films[0].group == sample.known.films[1].group


@pytest.mark.parametrize(
    ("rows", "change"),
    [
        (3, lambda table: table),
        (4, lambda table: table.drop(columns="y_true")),
        (4, lambda table: table.assign(y_true=[0, 1, 2, 0])),
        (4, lambda table: table.assign(y_true=[0, 1, 0.5, 0])),
        (4, lambda table: table.assign(y_true=[0, 1, -7, 0])),
    ],
    ids=["other number of films", "no truth", "no such class", "half a class", "negative"],
)
def test_a_table_that_does_not_fit_is_refused(bundle, tmp_path, rows, change):
    table = change(held_out(bundle, 4))
    copy = with_known_films(bundle, tmp_path / "copy", table, on_a_line(rows))

    with pytest.raises(BundleError, match=REFERENCE_SAMPLE):
        load_held_out(copy)


def test_a_table_of_splits_that_lacks_patients_is_refused(bundle, tmp_path):
    copy = with_known_films(bundle, tmp_path / "copy", held_out(bundle, 4), on_a_line(4))
    (copy.path / SPLIT).write_text("image_id,split\n0,train\n", encoding="utf-8")
    files = copy.manifest.files | {SPLIT: ""}
    broken = replace(copy, manifest=copy.manifest.model_copy(update={"files": files}))

    with pytest.raises(BundleError, match=r"split\.csv .* lacks the columns \['patient_id'\]"):
        load_held_out(broken)


def test_a_bundle_without_a_reference_has_no_films_to_compare_with(bundle):
    assert load_held_out(bundle) is None


def test_films_of_one_patient_alone_cannot_be_compared(bundle, tmp_path):
    copy = with_known_films(bundle, tmp_path / "copy", held_out(bundle, 2), on_a_line(2))

    with pytest.raises(BundleError, match="no two films of different patients"):
        load_held_out(copy)
