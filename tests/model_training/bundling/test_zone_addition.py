from dataclasses import replace

import pytest

from app.core.bundles.bundle_files import file_sha256
from app.core.errors import BundleError, DatasetError
from app.core.performance.predictions import select
from app.core.performance.promises import promises
from app.core.performance.proportions import evaluate_zones
from model_training.bundling.card import figures, written_figures
from model_training.bundling.revision import write_copy
from model_training.bundling.zone_addition import add_zones, with_zones
from model_training.cli import main


def with_rule(bundle, rule):
    """A bundle as if its zones promised nothing yet."""
    thresholds = bundle.manifest.thresholds.model_copy(update={"guarantee": None, "rule": rule})
    manifest = bundle.manifest.model_copy(update={"one_of_thresholds": thresholds})
    return replace(bundle, manifest=manifest)


@pytest.fixture
def old(phantom_bundle):
    rule = "half; doubtful between 98 % sensitivity and 98 % specificity"
    return with_rule(phantom_bundle, rule)


def test_an_older_bundle_gets_zones_and_keeps_the_rest(old, tmp_path):
    before = {name: file_sha256(old.path / name) for name in old.manifest.files}
    new = add_zones(old, tmp_path / "new")

    assert new.manifest.format == 3
    assert new.manifest.thresholds.rule == "half"
    for part in ("calibration", "task", "input", "heatmap", "data"):
        assert getattr(new.manifest, part) == getattr(old.manifest, part)
    assert new.manifest.thresholds.decision == old.manifest.thresholds.decision
    changed = {name for name in before if new.manifest.files[name] != before[name]}
    assert changed <= {"MODEL_CARD.md"}
    assert all(
        sentence in new.card() for sentence in promises(new.manifest.thresholds, new.manifest.task)
    )
    assert new.card().count("\n## Decision\n") == 1
    assert written_figures(new.card()) == figures(new.manifest, new.predictions())


def test_what_is_promised_is_what_lies_in_the_zones(old):
    manifest = with_zones(old)
    guarantee = manifest.thresholds.guarantee
    films = select(old.predictions(), manifest.task, split="val")
    found = evaluate_zones(films, manifest.thresholds)

    assert guarantee.units == len(set(films.patients))
    assert guarantee.rule_out.found
    assert found.missed.value <= guarantee.rule_out.promised
    assert 1 - found.precision.value <= guarantee.rule_in.promised
    assert guarantee.rule_out.bound <= guarantee.rule_out.promised


def test_what_an_older_rule_says_of_several_classes_is_left_out(phantom_bundle):
    rule = "The most likely class; uncertain below the probability of 98 % of its errors"

    manifest = with_zones(with_rule(phantom_bundle, rule))

    assert manifest.thresholds.rule == "The most likely class"


def test_each_finding_has_its_own(findings_bundle):
    manifest = with_zones(findings_bundle)

    assert set(manifest.findings) == set(findings_bundle.manifest.task.classes)
    for finding in manifest.findings.values():
        assert finding.thresholds.guarantee is not None


def test_a_bundle_without_validation_films_is_refused(old, monkeypatch):
    table = old.predictions()
    without = table[table["split"] != "val"]
    monkeypatch.setattr(type(old), "predictions", lambda self: without)

    with pytest.raises(DatasetError, match="no predictions of validation films"):
        with_zones(old)


def test_an_adaptation_has_no_versions(old, tmp_path):
    from tests.app.core.adaptation.local_films import BASE

    adaptation = type("OfAPlace", (), {"place": "x", "thresholds": BASE.thresholds})()
    with pytest.raises(BundleError, match="has no versions of its own"):
        write_copy(replace(old, adaptation=adaptation), tmp_path / "new", {})


def test_the_command_writes_a_bundle_and_prints_what_it_promises(phantom_bundle, tmp_path, capsys):
    out = tmp_path / "new"

    assert main(["zones", str(phantom_bundle.path), "--out", str(out)]) == 0
    assert "Ruled out below" in capsys.readouterr().out
    assert main(["zones", str(phantom_bundle.path), "--out", str(out)]) == 2
