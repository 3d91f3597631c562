"""With labelled images, an import measures everything that a training does."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.errors import DatasetError
from app.core.networks.network import load_network
from model_training.config import TrainingConfig
from model_training.data.datasets import read_dataset
from model_training.fitting.publishing import Description
from model_training.importing.description import Provenance
from model_training.importing.imported import Said, import_network
from model_training.importing.measured import (
    aligned,
    films_for,
    for_measuring,
    publish_measured,
)
from tests.model_training.films import write_classes
from tests.model_training.importing.model_files import CLASSES, saved, tiny

pytestmark = pytest.mark.filterwarnings("ignore")
CONFIG = TrainingConfig.from_preset("basic-cnn", shifted_validation=False)


def imported_from(tmp_path, classes=CLASSES, **head):
    path = saved(tiny(**head), tmp_path / "model.keras")
    return import_network(path, Said(classes=classes, scale="0..1")), Provenance(path, fit="pad")


@pytest.mark.slow
def test_half_of_the_patients_decide_and_the_figures_are_of_the_others(tmp_path):
    write_classes(tmp_path / "films", CLASSES, patients=21)
    imported, provenance = imported_from(tmp_path)

    said = {
        "description": Description(source="generated"),
        "provenance": provenance,
        "config": CONFIG,
    }
    films = films_for(imported, read_dataset(tmp_path / "films"), **said)
    bundle = publish_measured(tmp_path / "measured", imported, films, **said)

    table = bundle.predictions()
    patients = table.groupby("split")["patient_id"].agg(set)
    assert len(table) == 84
    assert not patients["val"] & patients["test"]
    assert bundle.manifest.quality == "measured"
    assert bundle.manifest.thresholds.chosen_on == "validation"
    assert bundle.manifest.input.fit == "pad"
    assert (bundle.manifest.input.height, bundle.manifest.input.width) == (32, 48)
    assert "| AUC " in bundle.card()
    assert "Which images the model was trained on is not known." in bundle.card()
    assert bundle.card().count("The positive class is") == 1
    pixels = np.zeros((1, 32, 48, 1), np.float32)
    np.testing.assert_allclose(
        load_network(bundle).model(pixels), imported.network.model(pixels), atol=1e-6
    )


@pytest.mark.slow
def test_what_is_odd_about_the_answers_is_said_and_stands_in_the_card(tmp_path, capsys):
    write_classes(tmp_path / "films", CLASSES, patients=21)
    imported, provenance = imported_from(tmp_path)
    for weight in imported.network.model.weights:
        weight.assign(np.zeros(weight.shape))

    said = {"description": Description(), "provenance": provenance, "config": CONFIG}
    films = films_for(imported, read_dataset(tmp_path / "films"), **said)
    bundle = publish_measured(tmp_path / "measured", imported, films, **said)

    printed, card = capsys.readouterr().err, bundle.card()
    for told in ("The answer is the same for every film.", "hardly tells these classes apart"):
        assert told in printed
        assert told in card


def test_too_few_images_are_refused_with_what_to_do(tmp_path):
    write_classes(tmp_path / "films", CLASSES, patients=2)
    imported, provenance = imported_from(tmp_path)

    with pytest.raises(DatasetError, match=r"at least 20 are needed.*leave --data out"):
        films_for(
            imported,
            read_dataset(tmp_path / "films"),
            description=Description(),
            provenance=provenance,
            config=CONFIG,
        )


def test_training_images_take_no_part_and_small_splits_are_divided_anew(tmp_path):
    for split, patients, first in (("train", 5, 0), ("val", 2, 50), ("test", 12, 100)):
        write_classes(tmp_path / "films", CLASSES, patients=patients, split=split, first=first)

    measured = for_measuring(read_dataset(tmp_path / "films"))

    assert len(measured.cases) == 56
    assert {case.split for case in measured.cases} == {""}
    assert any("Left out: 20 images of the train split" in note for note in measured.notes)
    assert any("divided anew" in note for note in measured.notes)


def test_classes_in_another_order_are_those_of_the_outputs(tmp_path):
    write_classes(tmp_path / "films", ("A", "B", "C"), patients=1, films_each=1)
    imported, _ = imported_from(tmp_path, ("C", "A", "B"), units=3, activation="softmax")
    dataset = read_dataset(tmp_path / "films")

    found = aligned(dataset, imported)

    assert found.classes == ("C", "A", "B")
    for case in found.cases:
        assert found.classes[case.label] == case.path.parent.name


def test_other_classes_are_refused(tmp_path):
    write_classes(tmp_path / "films", ("A", "B", "C"), patients=1, films_each=1)
    imported, _ = imported_from(tmp_path)

    with pytest.raises(DatasetError, match="the model tells NORMAL, PNEUMONIA"):
        aligned(read_dataset(tmp_path / "films"), imported)
