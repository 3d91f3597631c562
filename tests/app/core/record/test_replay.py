"""A result that was shown is computed again from the film and the model, or it is said why not."""

from dataclasses import replace

import numpy as np
import pytest

from app.cli import main
from app.core.images.preparation import prepare
from app.core.images.reading import ReadOptions
from app.core.record import log
from app.core.record.entry import Draft
from app.core.record.opening import open_record
from app.core.record.shown import heatmap_digest, reading_of, shown, stored_reading
from app.core.record.verdicts import VerdictStore
from app.core.record.worklist_items import NewItem, add_items
from app.core.record.worklists import create_worklist
from app.core.scoring.engine import Engine
from app.core.settings import read_settings
from app.core.sources import sources

pytestmark = pytest.mark.slow


@pytest.fixture
def place(phantom_bundle, tmp_path, monkeypatch):
    """A data root with one film, and the record, all named in the environment."""
    root = tmp_path / "root" / "ward"
    root.mkdir(parents=True)
    (root / "film.png").write_bytes(phantom_bundle.samples[0].read_bytes())
    monkeypatch.setenv("OVERREAD_DATA_ROOT", str(tmp_path / "root"))
    monkeypatch.setenv("OVERREAD_MODELS", str(phantom_bundle.path.parent))
    monkeypatch.setenv("OVERREAD_DATABASE", f"sqlite:///{tmp_path / 'record.sqlite3'}")
    return root / "film.png"


def save(bundle, film, *, reading=ReadOptions(), **changes):  # noqa: B008 (it is frozen)
    """A verdict on a film as the Case page shows it, with what the record is to say instead."""
    prepared = prepare(film.read_bytes(), bundle.manifest.input, reading=reading)
    prediction, maps = Engine(bundle).explain(prepared)
    draft = shown(
        bundle, prepared.image_id, prediction=prediction,
        evidence=maps[prediction.class_index], reading=prepared.film.chosen,
    )  # fmt: skip
    with open_record(read_settings().database_url) as record:
        return VerdictStore(record).record(
            replace(draft, agreement="agree", reader="Ada", **changes)
        )


def test_what_was_shown_is_computed_again(phantom_bundle, place, capsys):
    as_stored = save(phantom_bundle, place)
    turned = save(phantom_bundle, place, reading=ReadOptions(remedy="turn_90", override="seen"))

    for entry in (as_stored, turned):
        assert main(["audit", "replay", str(entry.number)]) == 0
        said = capsys.readouterr().out.splitlines()
        assert said[0].startswith(f"entry {entry.number}: verdict by Ada, 20")
        assert said[1] == "film: ward/film.png, sha256 as recorded"
        assert "heatmap: identical to the last bit" in said
        assert said[-1] == "the same result"
    assert as_stored.image_id != turned.image_id


def test_the_film_is_looked_for_in_its_worklist_first(
    phantom_bundle, place, monkeypatch, capsys
):  # fmt: skip
    with open_record(read_settings().database_url) as record:
        made = create_worklist(
            record, name="Ward", origin="folder", place="ward", model=phantom_bundle.path.name,
            bundle_sha256=phantom_bundle.sha256, network_sha256=phantom_bundle.network_sha256,
        )  # fmt: skip
        add_items(record, made.id, [NewItem("gone.png"), NewItem("film.png")])
    save(phantom_bundle, place, worklist_id=made.id, item=1)
    save(phantom_bundle, place, worklist_id=made.id, item=0)
    searched = []
    monkeypatch.setattr(sources, "below_root", lambda *where: searched.append(where) or [])

    assert main(["audit", "replay", "1"]) == 0
    assert not searched
    assert main(["audit", "replay", "2"]) == 0  # among the samples
    assert searched
    capsys.readouterr()


def test_another_result_is_status_1_and_says_what_differs(phantom_bundle, place, capsys):
    save(phantom_bundle, place, probability=0.123, versions={"numpy": "1.0"}, pipeline=3)

    assert main(["audit", "replay", "1"]) == 1
    said = capsys.readouterr()
    assert "probability: 0.123000 then" in said.out
    assert "numpy: 1.0 then" in said.out
    assert "preprocessing: version 3 then" in said.out
    assert said.err.endswith("The result of entry 1 is not the same.\n")


def test_a_film_or_model_that_is_gone_is_said_to_be(phantom_bundle, place, tmp_path, capsys):
    save(phantom_bundle, place)
    save(phantom_bundle, place, reading=ReadOptions(override="x"))
    place.write_bytes(b"another film")
    place.unlink()

    assert main(["audit", "replay", "1"]) == 0  # it is a sample of the model, too
    with open_record(read_settings().database_url) as record:
        seen = Draft(event="seen", image_id="f" * 64, bundle_sha256=phantom_bundle.sha256)
        shown_of_it = replace(seen, probability=0.5)
        log.append(record, shown_of_it, replace(shown_of_it, bundle_sha256="e" * 64), seen)
    for number, reason in ((3, "No film"), (4, "No model"), (5, "does not say"), (6, "no entry 6")):
        capsys.readouterr()
        assert main(["audit", "replay", str(number)]) == 1
        assert reason in capsys.readouterr().err


def test_a_heatmap_is_known_by_every_bit_and_its_size(phantom_bundle):

    evidence = np.zeros((2, 3), np.float32)
    other = evidence.copy()
    other[1, 2] = np.float32(1e-30)

    assert heatmap_digest(evidence) == heatmap_digest(evidence.copy())
    assert len({heatmap_digest(one) for one in (evidence, evidence.T, other)}) == 3


@pytest.mark.parametrize(
    "reading",
    [ReadOptions(), ReadOptions(frame=2, window=(0.5, 4095)), ReadOptions(model_window=(0, 1)),
     ReadOptions(remedy="invert", override="seen")],
)  # fmt: skip
def test_how_a_film_was_read_is_stored(reading):
    assert reading_of(stored_reading(reading)) == reading
