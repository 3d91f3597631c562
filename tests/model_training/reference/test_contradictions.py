"""When similar films contradict the model, and how often: on films counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from model_training.reference.contradictions import Placed, measure_contradictions

# Probabilities on either side of the threshold of the small bundle, which is 0.5.
NORMAL, PNEUMONIA = 0.1, 0.9


class Films:
    """Films of two kinds, which lie around 0 and around 100, with what the model says of them."""

    def __init__(self) -> None:
        self.rows: list[dict] = []
        self.places: list[float] = []

    def add(self, number, *, split, truth, answer, at):
        for _ in range(number):
            place = len(self.rows)
            self.rows.append(
                {
                    "split": split, "image_id": f"id{place}", "path": f"{place}.png",
                    "patient_id": f"p{place}", "subgroup": "", "y_true": truth,
                    "logit": 0.0, "probability": answer,
                }
            )  # fmt: skip
            # Densest in the middle, where the few lie that are asked about.
            spread = (2 * (place * 0.618 % 1) - 1) ** 3
            self.places.append(at + (spread if number > 3 else place / 1e5))

    def placed(self, split) -> Placed:
        which = [place for place, row in enumerate(self.rows) if row["split"] == split]
        coordinates = np.array([[self.places[place]] for place in which])
        return Placed(tuple(self.rows[place]["image_id"] for place in which), coordinates)


@pytest.fixture
def films() -> Films:
    made = Films()
    made.add(160, split="val", truth=0, answer=NORMAL, at=0)
    made.add(2, split="val", truth=0, answer=PNEUMONIA, at=0)  # wrong, and contradicted
    made.add(160, split="val", truth=1, answer=PNEUMONIA, at=100)
    made.add(10, split="test", truth=0, answer=NORMAL, at=0)
    made.add(10, split="test", truth=1, answer=PNEUMONIA, at=100)
    made.add(3, split="test", truth=1, answer=NORMAL, at=100)  # wrong, and contradicted
    made.add(1, split="test", truth=1, answer=NORMAL, at=0)  # wrong, as similar films are
    made.add(1, split="test", truth=1, answer=PNEUMONIA, at=0)  # right, and contradicted
    return made


def measured(manifest, films, predictions=None):
    table = pd.DataFrame(films.rows) if predictions is None else predictions
    return measure_contradictions(
        manifest,
        table,
        known=films.placed("val"),
        held_out={split: films.placed(split) for split in ("val", "test")},
        limit_share=0.02,
    )


def test_the_votes_are_chosen_on_validation_and_counted_on_test_films(bundle, films):
    (found,) = measured(bundle.manifest, films)

    assert bundle.manifest.thresholds.decision == 0.5
    assert found.section.model_dump() == {
        "finding": "", "votes": 6, "on_wrong": 3, "wrong": 4, "on_right": 1, "right": 21,
    }  # fmt: skip
    assert (found.voted_right.successes, found.voted_right.total) == (23, 25)


def test_right_answers_that_are_contradicted_on_validation_silence_similar_films(bundle, films):
    films.add(1, split="val", truth=1, answer=PNEUMONIA, at=0)

    (found,) = measured(bundle.manifest, films)

    assert found.section.votes is None
    assert (found.section.on_wrong, found.section.wrong) == (0, 4)


def test_each_finding_is_a_question_of_its_own_and_needs_a_label(findings_bundle, films):
    table = pd.DataFrame(films.rows)
    names = findings_bundle.manifest.task.classes
    for name in names:
        table[f"y_true:{name}"] = table["y_true"].astype(float)
        table[f"probability:{name}"] = table["probability"]
        table[f"logit:{name}"] = 0.0
    # The one right answer that is contradicted is not labelled for the second finding.
    table.loc[len(table) - 1, f"y_true:{names[1]}"] = np.nan
    table = table.drop(columns=["y_true", "probability", "logit"])

    found = measured(findings_bundle.manifest, films, table)

    assert [one.section.finding for one in found] == list(names)
    assert [one.section.on_right for one in found] == [1, 0, 1]
    assert [one.section.right for one in found] == [21, 20, 21]


def test_films_of_one_patient_alone_measure_nothing(bundle, films):
    for row in films.rows:
        row["patient_id"] = "p0"

    assert measured(bundle.manifest, films) == ()
