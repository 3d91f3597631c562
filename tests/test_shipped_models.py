"""The bundles of this repository: whole, small, and as good as their cards say."""

from pathlib import Path

import numpy as np
import pytest

from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_folders import find_bundles
from app.core.images.reading import AS_STORED
from app.core.performance.classifications import misclassified
from app.core.performance.predictions import select
from app.core.scoring.engine import Engine
from app.core.sources.source import Source
from app.core.statistics.curves import roc_auc
from app.core.statistics.metrics import operating_point
from benchmarks.homes import HOMES
from model_training.bundling.card import written_figures
from model_training.bundling.card_revision import rewritten, sections
from model_training.bundling.other_sources import NOT_TESTED_ON, ON_OTHER_SOURCES
from model_training.reference.other_kinds import divided, kinds_called

pytestmark = pytest.mark.slow

MODELS = Path(__file__).parents[1] / "models"
MAX_BYTES = 15 * 1024**2
NAMES = (
    "blood-cells",
    "brain-tumour",
    "brain-tumour-type",
    "chest-pneumonia",
    "phantom-chest",
    "phantom-findings",
)
NUM_OUTPUTS = {"blood-cells": 8, "brain-tumour-type": 3, "phantom-findings": 3}
# By their licence, or as they are of no patient.
WITH_PICTURES = ("blood-cells", "chest-pneumonia", "phantom-chest", "phantom-findings")
# Who the patients are is not known, of all images or of some.
OF_UNKNOWN_PATIENTS = ("blood-cells", "brain-tumour", "brain-tumour-type")


def test_exactly_these_are_shipped():
    assert tuple(path.name for path in find_bundles(MODELS)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_is_complete_and_small_and_loads(name):
    bundle = load_bundle(MODELS / name)
    engine = Engine(bundle)

    assert sum(path.stat().st_size for path in bundle.path.rglob("*") if path.is_file()) < MAX_BYTES
    assert engine.network.model.output_shape == (None, NUM_OUTPUTS.get(name, 1))


@pytest.mark.parametrize("name", NAMES)
def test_its_card_opens_with_what_it_was_not_tested_on(name):
    card = load_bundle(MODELS / name).card()

    assert list(sections(card))[:3] == [NOT_TESTED_ON, ON_OTHER_SOURCES, "## Intended use"]
    assert sections(card)[NOT_TESTED_ON].count("\n- ") >= 2


@pytest.mark.parametrize("name", NAMES)
def test_its_card_is_as_it_would_be_written_today(name):
    bundle = load_bundle(MODELS / name)
    card = bundle.card()

    assert rewritten(card, bundle.manifest, written_figures(card)) == card


@pytest.mark.parametrize("name", ["blood-cells", "brain-tumour-type"])
def test_a_model_of_several_classes_says_from_where_its_answers_are_clear(name):
    thresholds = load_bundle(MODELS / name).manifest.thresholds

    assert thresholds.guarantee.rule_in.found
    assert thresholds.guarantee.rule_in.inside >= 0.6 * thresholds.guarantee.units


@pytest.mark.parametrize("name", NAMES)
def test_no_patient_is_in_two_splits(name):
    predictions = load_bundle(MODELS / name).predictions()

    known = predictions[predictions["patient_id"] != ""]
    assert name in OF_UNKNOWN_PATIENTS or len(known) == len(predictions)
    assert (known.groupby("patient_id")["split"].nunique() == 1).all()
    assert predictions.groupby("image_id")["split"].nunique().max() == 1


@pytest.mark.parametrize("split", ["test", "val"])
@pytest.mark.parametrize("name", WITH_PICTURES)
def test_each_misclassified_film_has_a_picture_where_the_licence_allows(name, split):
    bundle = load_bundle(MODELS / name)
    task = bundle.manifest.task

    for own in [bundle.of_finding(one) for one in task.classes] if task.any_of else [bundle]:
        films = misclassified(
            select(own.predictions(), own.manifest.task, split=split),
            threshold=own.manifest.thresholds.decision if own.manifest.task.binary else None,
        )

        assert films
        assert all(bundle.picture(film.image_id) is not None for film in films)


@pytest.mark.parametrize("name", sorted({*NAMES} - {*WITH_PICTURES}))
def test_no_other_source_has_its_pictures_shipped(name):
    files = load_bundle(MODELS / name).manifest.files

    assert not [one for one in files if one.startswith("pictures/")]


@pytest.mark.parametrize(("name", "least_auc", "least_share"), [
    ("brain-tumour", 0.97, 0.83), ("chest-pneumonia", 0.98, 0.93), ("phantom-chest", 0.95, 0.88),
])  # fmt: skip
def test_its_figures_on_its_own_test_split(name, least_auc, least_share):
    bundle = load_bundle(MODELS / name)
    test = bundle.predictions().query("split == 'test'")
    point = operating_point(
        test["y_true"], test["probability"], threshold=bundle.manifest.thresholds.decision
    )

    assert roc_auc(test["y_true"], test["probability"]) >= least_auc
    assert point.sensitivity.value >= least_share
    assert point.specificity.value >= least_share


@pytest.mark.parametrize(
    ("name", "least_accuracy"), [("blood-cells", 0.92), ("brain-tumour-type", 0.9)]
)
def test_the_share_of_right_answers_among_several_classes(name, least_accuracy):
    bundle = load_bundle(MODELS / name)
    test = bundle.predictions().query("split == 'test'")
    classes = list(bundle.manifest.task.classes)

    answers = test[classes].to_numpy().argmax(axis=1)

    assert (answers == test["y_true"]).mean() >= least_accuracy


@pytest.mark.parametrize(("finding", "least_auc", "least_share"), [
    ("CARDIOMEGALY", 0.9, 0.75), ("EFFUSION", 0.95, 0.85), ("NODULE", 0.98, 0.92),
])  # fmt: skip
def test_figures_of_each_finding_on_the_test_split(finding, least_auc, least_share):
    bundle = load_bundle(MODELS / "phantom-findings")
    own = bundle.of_finding(finding)
    test = own.predictions().query("split == 'test'")
    point = operating_point(
        test["y_true"], test["probability"], threshold=own.manifest.thresholds.decision
    )

    assert roc_auc(test["y_true"], test["probability"]) >= least_auc
    assert point.sensitivity.value >= least_share
    assert point.specificity.value >= least_share
    scales = bundle.manifest.heatmap.scale
    assert len(set(scales.values())) == 3


def test_the_samples_show_every_finding():
    bundle = load_bundle(MODELS / "phantom-findings")
    sources = [Source(path.name, path) for path in bundle.samples]
    results = list(Engine(bundle).score(sources))

    assert len(results) == 18
    found = {name for result in results for name in result.prediction.label.split("|")}
    assert found == {*bundle.manifest.task.classes, "none"}


def test_the_samples_are_phantoms_the_model_reads(phantom_bundle):
    engine = Engine(phantom_bundle)
    results = list(engine.score(Source(path.name, path) for path in phantom_bundle.samples))

    assert len(results) == 24
    assert all(result.status == "ok" for result in results)
    assert len({result.prediction.label for result in results}) == 2


@pytest.mark.parametrize("name", ["chest-pneumonia", "brain-tumour", "brain-tumour-type"])
def test_it_refuses_what_it_is_not_for(name, real_data):
    paths = sorted((real_data / "foreign").glob("*/*.*"))[::4]
    results = list(Engine(load_bundle(MODELS / name)).score(Source(p.name, p) for p in paths))

    assert len(results) > 100
    assert sum(result.status == "refused" for result in results) >= 0.95 * len(results)
    assert all(result.prediction is None for result in results if result.status != "ok")


@pytest.mark.parametrize("name", ["brain-tumour", "brain-tumour-type"])
def test_slices_of_another_contrast_that_it_was_not_shown_are_refused(name, real_data):
    bundle = load_bundle(MODELS / name)
    called = [f"{name}={real_data / folder}" for name, folder in HOMES[bundle.name].other_kinds]
    kinds = divided(
        kinds_called(called), (), network_input=bundle.manifest.input, reading=AS_STORED
    )
    told = bundle.manifest.reference.other_kinds

    assert [kind.name for kind in kinds] == [one.name for one in told]
    for kind in kinds:
        paths = [one.case.path for one in kind.held_out[::4]]
        results = Engine(bundle).score(Source(path.name, path) for path in paths)
        codes = [result.reason_code for result in results]
        assert sum(code != "" for code in codes) >= 0.85 * len(codes)
        assert codes.count("other_kind") >= 0.5 * len(codes)


def test_predictions_are_what_the_app_gives_for_the_same_file(real_data):
    bundle = load_bundle(MODELS / "chest-pneumonia")
    rows = bundle.predictions().query("split == 'test'").groupby("y_true").head(15)
    sources = [Source(path, real_data / "chest" / path) for path in rows["path"]]
    results = list(Engine(bundle).score(sources))
    judged = np.array([result.prediction is not None for result in results])
    found = [result.prediction.probability for result in results if result.prediction is not None]

    assert judged.sum() >= 28  # the gate refuses a few
    np.testing.assert_allclose(found, rows["probability"][judged], atol=1e-4)


def test_full_resolution_films_score_like_their_small_copies(real_data):
    """The small copies are what was trained on; the originals are what a ward has."""
    originals = sorted((real_data / "chest-original").rglob("*.jpeg"))
    copies = [
        real_data / "chest" / "train" / path.relative_to(real_data / "chest-original")
        for path in originals
    ]
    engine = Engine(load_bundle(MODELS / "chest-pneumonia"))
    results = [
        list(engine.score(Source(path.name, path) for path in paths))
        for paths in (originals, copies)
    ]
    pairs = [
        (one.prediction.probability, other.prediction.probability)
        for one, other in zip(*results, strict=True)
        if one.prediction is not None and other.prediction is not None
    ]
    original, copy = np.array(pairs).T

    assert len(originals) == 160
    assert len(pairs) >= 150  # the gate refuses a few of either
    assert np.abs(original - copy).mean() <= 0.02
