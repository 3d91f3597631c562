"""What the benchmark of similar films says of bundles whose films lie where they were put."""

from __future__ import annotations

import numpy as np

from benchmarks.neighbours import rows
from tests.known_films import held_out, with_known_films


def test_votes_and_contradictions_are_those_of_the_films(bundle, tmp_path):
    # 20 normal films around 0, 20 with pneumonia around 100, two a patient; all of validation.
    places = np.array([[100 * (number // 20) + number] for number in range(40)], np.float32)
    known = with_known_films(bundle, tmp_path / "known", held_out(bundle, 40), places, votes=6)
    validation = bundle.predictions().head(40)
    wrong = int(((validation["probability"] >= 0.5) != validation["y_true"]).sum())

    found = dict(rows(known))

    assert found["held-out films with known truth"] == "40"
    assert found["most of the 11 nearest are of the true class"].endswith("; 40 of 40)")
    assert found["AUC of their votes, PNEUMONIA"].startswith("1.000")
    # As all of a film's neighbours are of its class, every wrong answer is contradicted.
    assert 0 < wrong < 40
    assert f"{wrong} of {wrong}" in found["contradicted, validation, wrong answers"]
    assert f"0 of {40 - wrong}" in found["contradicted, validation, right answers"]
    assert "4 of 31" in found["contradicted, test, wrong answers"]


def test_a_bundle_without_a_reference_has_nothing_to_measure(bundle):
    assert list(rows(bundle)) == [("films to compare with", "none")]
