import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from app.core.adaptation.fitting import Decision
from app.core.adaptation.holding_out import adapt_decision
from app.core.adaptation.wanted import Wanted
from app.core.adaptation.writing import make_adaptation, reach_of, write_adaptation
from app.core.bundles.adaptation import ADAPTATION
from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_files import file_sha256
from app.core.bundles.bundle_folders import find_bundles, shown_name
from app.core.bundles.provenance import check_files
from app.core.errors import BundleError, OverreadError
from app.core.scoring.engine import Engine
from app.core.scoring.prediction import predict
from tests.app.core.adaptation.local_films import local_films


@pytest.fixture
def base(bundle, tmp_path):
    return load_bundle(shutil.copytree(bundle.path, tmp_path / "models" / "small"))


@pytest.fixture
def films():
    return local_films(200, shift=2.0)


def adapted_at(out, bundle, films, place="Ward 3"):
    decided = Decision(bundle.manifest.calibration, bundle.manifest.thresholds)
    fitted = adapt_decision(films, decided, bundle.manifest.task, Wanted())
    adaptation = make_adaptation(bundle, films, fitted, place)
    return write_adaptation(out, adaptation, bundle, films, fitted)


@pytest.fixture
def adapted(base, films):
    return adapted_at(base.path.with_name("small@ward-3"), base, films)


def test_it_is_a_bundle_of_its_own_with_the_same_network(base, adapted):
    assert adapted.name == "small, adapted to Ward 3"
    assert adapted.sha256 == file_sha256(adapted.adapted_in / ADAPTATION) != base.sha256
    assert adapted.network_sha256 == base.sha256
    assert adapted.path.resolve() == base.path
    assert adapted.manifest.thresholds != base.manifest.thresholds
    assert adapted.manifest.input == base.manifest.input
    assert Engine(adapted).backend.num_logits == 1


def test_it_predicts_by_what_was_fitted(base, adapted):
    logits = np.array([0.0, 1.0])

    assert predict(logits, base.manifest).is_positive
    assert not predict(logits, adapted.manifest).is_positive


def test_its_predictions_are_those_of_the_place(adapted, films):
    table = adapted.predictions()

    assert set(table["split"]) == {"local"}
    assert table["y_true"].tolist() == films.labels.tolist()
    assert table["logit"].to_numpy() == pytest.approx(films.logits[:, 1] - films.logits[:, 0])


def test_no_name_in_its_tables_becomes_a_formula_or_markup(base):
    patients = np.array([f"@p_{number}" for number in range(60)])
    films = replace(local_films(60), names=np.full(60, "=HYPERLINK(1)"), patient_ids=patients)
    adapted = adapted_at(base.path.with_name("small@x"), base, films, "Ward *3*")
    table = adapted.predictions()

    assert set(table["path"]) == {"'=HYPERLINK(1)"}
    assert table["patient_id"].iloc[-1] == "'@p_59"
    assert adapted.card().startswith(r"# small, adapted to Ward \*3\*")


def test_its_files_are_checked_with_those_of_the_bundle(base, adapted):
    checks = {check.name: check.word for check in check_files(adapted)}

    assert set(checks.values()) == {"unchanged"}
    assert set(base.manifest.files) < set(checks)
    assert {"small@ward-3/predictions.csv", "small@ward-3/ADAPTATION.md"} < set(checks)


def test_its_card_comes_before_that_of_the_bundle(base, adapted):
    card = adapted.card()

    assert card.startswith("# small, adapted to Ward 3")
    assert card.endswith(base.card())
    assert "100 Normal, 100 Pneumonia" in card
    assert "| sensitivity |" in card


def test_it_is_listed_beside_its_bundle_and_removing_it_leaves_the_bundle(base, adapted):
    models = base.path.parent

    assert [path.name for path in find_bundles(models)] == ["small", "small@ward-3"]
    assert [shown_name(path) for path in find_bundles(models)] == [
        "small", "small, adapted to Ward 3"
    ]  # fmt: skip
    shutil.rmtree(adapted.adapted_in)
    assert load_bundle(models / "small") == base


def test_an_adaptation_of_another_version_is_refused(base, adapted):
    manifest = base.path / "bundle.json"
    content = json.loads(manifest.read_text())
    content["data"]["name"] = "retrained"
    manifest.write_text(json.dumps(content))

    with pytest.raises(BundleError, match="made for another version") as caught:
        load_bundle(adapted.adapted_in)
    assert adapted.network_sha256[:12] in str(caught.value)
    assert "overread adapt" in str(caught.value)


def test_an_adaptation_without_its_bundle_is_refused(base, adapted):
    shutil.rmtree(base.path)

    with pytest.raises(BundleError, match=r"'small'.* is not beside it"):
        load_bundle(adapted.adapted_in)


def test_it_may_lie_elsewhere_while_the_bundle_stays(base, films, tmp_path):
    adapted = adapted_at(tmp_path / "elsewhere" / "ward", base, films)

    assert load_bundle(adapted.adapted_in) == adapted
    assert adapted.path.resolve() == base.path


@pytest.mark.parametrize("name", ["predictions.csv", "ADAPTATION.md"])
def test_a_changed_file_is_refused(adapted, name):
    with (adapted.adapted_in / name).open("a") as file:
        file.write(" ")

    with pytest.raises(BundleError, match=f"{name} of the bundle 'small@ward-3' was changed"):
        load_bundle(adapted.adapted_in)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 3}, "has format 3"),
        ({"format": True}, "has format True"),
        ({"place": ""}, "place"),
        ({"files": {}}, "does not list"),
        ({"cropped": ["cropped_top"]}, "does not list cropped.npz"),
        ({"reach": 0.5}, "reach"),
        ({"reach": 1e6}, "reach"),
        ({"calibration": {"method": "temperature_and_offset", "temperature": 1.0,
                          "offset": [0.0, 1.0, 2.0], "fitted_on": "x"}}, "does not fit"),
    ],
)  # fmt: skip
def test_an_adaptation_that_is_not_one_is_refused(adapted, change, message):
    file = adapted.adapted_in / ADAPTATION
    file.write_text(json.dumps(json.loads(file.read_text()) | change))

    with pytest.raises(BundleError, match=message):
        load_bundle(adapted.adapted_in)


def test_no_folder_is_written_over(adapted, base, films):
    with pytest.raises(OverreadError, match="exists already"):
        adapted_at(adapted.adapted_in, base, films)


@pytest.mark.parametrize(
    ("distances", "expected"),
    [([], 1.0), ([0.5] * 50, 1.0), ([1.2] * 50, 1.2), ([0.9] * 49 + [9.0], 1.0), ([9.0], 1.5)],
)
def test_the_limit_of_distance_grows_to_hold_98_percent_but_not_far(distances, expected):
    films = local_films(50)
    object.__setattr__(films, "distances", np.array(distances))

    assert reach_of(films) == pytest.approx(expected, abs=0.01)


def test_an_adaptation_of_the_format_before_is_read(adapted):
    file = adapted.adapted_in / ADAPTATION
    content = json.loads(file.read_text()) | {"format": 1}
    del content["cropped"], content["taken_for_cropped"]
    file.write_text(json.dumps(content))

    assert load_bundle(adapted.adapted_in).manifest == adapted.manifest
