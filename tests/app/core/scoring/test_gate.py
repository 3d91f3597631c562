"""What the gate refuses, what is offered, and what is judged after all, through the engine."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest

from app.core.errors import RefusedImageError
from app.core.gate.admission import Impression
from app.core.images.preparation import PIPELINE_VERSION, prepare
from app.core.images.reading import ReadOptions
from app.core.results.bundle_results import BundleResults
from app.core.results.result_store import ResultStore
from app.core.results.rows import row
from app.core.scoring.engine import Engine
from app.core.scoring.gatekeeper import Gatekeeper
from app.core.scoring.second_look import ApplyRemedies
from app.core.sources.source import Source
from tests.references import familiar_film, foreign_film

FILMS = {
    "familiar.png": familiar_film(1000),
    "inverted.png": 255 - familiar_film(1001),
    "upside_down.png": familiar_film(1002)[::-1],
    "foreign.png": foreign_film(1),
}


@pytest.fixture(scope="module")
def referenced(referenced_bundle):
    return Engine(referenced_bundle, backend="tensorflow")


@pytest.fixture
def films(tmp_path):
    for name, pixels in FILMS.items():
        cv2.imwrite(str(tmp_path / name), pixels)
    return {name: Source(name, tmp_path / name) for name in FILMS}


def by_name(results):
    return {result.source.name: result for result in results}


def test_a_familiar_film_is_judged_and_a_foreign_one_is_not(referenced, films):
    found = by_name(referenced.score(films.values()))

    assert found["familiar.png"].status == "ok"
    assert 0 < found["familiar.png"].observation.distance < 1
    foreign = found["foreign.png"]
    assert (foreign.status, foreign.reason_code) == ("refused", "unfamiliar")
    assert foreign.prediction is None
    assert foreign.evidence is None
    assert foreign.observation.distance > 1
    assert foreign.observation.coordinates.shape == (2,)
    assert foreign.observation.statistics.dtype == np.float32
    assert foreign.remedy is None


@pytest.mark.parametrize(
    ("name", "code", "remedy"),
    [
        ("inverted.png", "inverted", "invert"),
        ("upside_down.png", "turned_180", "turn_180"),
    ],
)
def test_what_can_be_put_right_is_offered_and_judged_only_when_asked(
    referenced, films, name, code, remedy
):
    (refused,) = referenced.score([films[name]])
    assert (refused.status, refused.reason_code, refused.remedy) == ("refused", code, remedy)
    assert refused.prediction is None

    (judged,) = referenced.score([films[name]], second_look=ApplyRemedies())

    assert judged.status == "ok"
    assert judged.chosen.remedy == judged.source.reading.remedy == remedy
    assert judged.image_id != refused.image_id
    assert judged.observation.distance < 1
    # What the network is given is the film as it should be, before its resizing.
    upright = FILMS[name][::-1, ::-1] if remedy == "turn_180" else 255 - FILMS[name]
    kept = films[name].path.with_name("right.png")
    cv2.imwrite(str(kept), upright)
    (expected,) = referenced.score([Source("right.png", kept)])
    assert judged.prediction == expected.prediction
    np.testing.assert_allclose(judged.evidence, expected.evidence, atol=1e-6)


@pytest.mark.parametrize("later", ["replaced", "removed"])
def test_a_film_that_is_not_the_same_when_read_again_is_an_error_of_its_row(
    referenced, films, tmp_path, later
):
    """Whether a remedy helps is seen in the file, which is read once more for it."""
    path = films["inverted.png"].path
    source = ReadOnce("inverted.png", path, then=foreign_film(2) if later == "replaced" else None)
    store = ResultStore(tmp_path / "results")
    known = BundleResults(store, referenced.bundle)
    changed, judged = referenced.score([source, films["familiar.png"]], known=known)
    kept = list(known.image_ids())
    store.close()

    assert (changed.status, changed.reason_code, changed.remedy) == ("unreadable", "changed", None)
    assert changed.prediction is None
    assert kept == [judged.image_id]  # of the other there is nothing to be relied on


def test_films_of_a_batch_are_looked_at_put_right_in_one_pass(referenced, films, monkeypatch):
    gone = ReadOnce("gone.png", films["inverted.png"].path.with_name("gone.png"))
    cv2.imwrite(str(gone.path), FILMS["inverted.png"])
    run, passes = referenced.backend.run, []
    monkeypatch.setattr(
        referenced.backend, "run", lambda pixels: passes.append(len(pixels)) or run(pixels)
    )
    found = by_name(referenced.score([gone, *films.values()]))

    assert passes[0] == 5
    assert len(passes) == 2
    assert found["gone.png"].reason_code == "changed"
    assert found["inverted.png"].remedy == "invert"
    assert found["upside_down.png"].remedy == "turn_180"
    assert found["familiar.png"].status == "ok"


@dataclass(frozen=True)
class ReadOnce(Source):
    """A film that is another one, or gone, once it was read."""

    then: np.ndarray | None = None

    def read(self):
        content = super().read()
        if self.then is None:
            self.path.unlink()
        else:
            cv2.imwrite(str(self.path), self.then)
        return content


@pytest.mark.parametrize("found", ["refusal", "spoilt"])
def test_a_remedy_after_which_a_rule_refuses_the_film_is_not_offered(
    referenced, films, monkeypatch, found
):
    dark = Impression(**{found: RefusedImageError("too_dark", "The film is too dark.")})
    # Only the film as it would be is looked at by itself.
    monkeypatch.setattr(Gatekeeper, "look_at", lambda self, film: dark)

    (refused,) = referenced.score([films["inverted.png"]])

    assert (refused.reason_code, refused.remedy) == ("inverted", None)
    assert refused.reason.endswith(" it is like those the model learned from. Choose the original.")


def test_a_film_that_stays_foreign_with_a_remedy_stays_refused(referenced, films):
    """Offered by hand, as the gate would not: what is judged then is looked at as well."""
    turned = replace(films["foreign.png"], reading=ReadOptions(remedy="invert"))
    (result,) = referenced.score([turned], second_look=ApplyRemedies())

    assert result.status == "refused"
    assert result.prediction is None
    assert result.chosen.remedy == "invert"


def test_an_override_passes_the_gate_and_says_so(referenced, films):
    source = replace(films["foreign.png"], reading=ReadOptions(override="Seen by a radiologist"))
    (judged,) = referenced.score([source])
    (refused,) = referenced.score([films["foreign.png"]])

    assert judged.status == "ok"
    assert judged.observation.distance == pytest.approx(refused.observation.distance, rel=1e-4)
    assert judged.image_id != refused.image_id
    values = row(judged, referenced.bundle)
    assert values["override"] == "Seen by a radiologist"
    assert values["distance"] == pytest.approx(judged.observation.distance, abs=1e-4)
    assert values["probability"] is not None
    values = row(refused, referenced.bundle)
    assert (values["override"], values["probability"], values["remedy"]) == (None, None, None)
    assert values["distance"] > 1


def test_an_override_does_not_make_a_file_readable(referenced, tmp_path):
    (tmp_path / "empty.png").write_bytes(b"")
    source = Source("empty.png", tmp_path / "empty.png", reading=ReadOptions(override="please"))
    (result,) = referenced.score([source])

    assert (result.status, result.reason_code) == ("unreadable", "empty_file")
    assert result.chosen.override == ""


def test_an_override_passes_a_picture_in_colour(referenced, tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "colour.png"), colours)
    plain = Source("colour.png", tmp_path / "colour.png")
    results = referenced.score([plain, replace(plain, reading=ReadOptions(override="tinted"))])

    assert [one.status for one in results] == ["refused", "ok"]


def test_a_folder_that_is_all_foreign_and_a_batch_of_one(referenced, tmp_path):
    sources = []
    for number in range(10):
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), foreign_film(number))
        sources.append(Source(path.name, path))
    results = list(referenced.score(sources, second_look=ApplyRemedies()))

    assert [one.status for one in results] == ["refused"] * 10
    assert all(one.observation.distance > 1 for one in results)
    assert [one.status for one in referenced.score(sources[:1])] == ["refused"]


def test_a_bundle_without_a_reference_judges_as_before(engine, films):
    found = by_name(engine.score(films.values()))

    assert {result.status for result in found.values()} == {"ok"}
    assert all(result.observation is None for result in found.values())


def test_known_results_come_back_with_what_the_gate_saw(referenced, films, tmp_path):
    store = ResultStore(tmp_path / "results")
    known = BundleResults(store, referenced.bundle)
    overridden = replace(films["foreign.png"], reading=ReadOptions(override="a reason"))
    sources = [*films.values(), overridden]
    first = list(referenced.score(sources, known=known, second_look=ApplyRemedies()))
    for source in sources:
        if source.reading.override == "":
            source.path.rename(source.path.with_suffix(".gone"))
    moved = [replace(one, path=one.path.with_suffix(".gone")) for one in sources]
    prepared = []
    looked = replace_glance(referenced, prepared.append)
    again = list(looked.score(moved, known=known, second_look=ApplyRemedies()))
    store.close()

    assert PIPELINE_VERSION == 13
    assert prepared == []  # nothing was scored again
    for one, other in zip(first, again, strict=True):
        assert (one.status, one.image_id, one.chosen, one.remedy, one.prediction) == (
            other.status, other.image_id, other.chosen, other.remedy, other.prediction
        )  # fmt: skip
        assert one.observation.distance == other.observation.distance
        assert one.observation.fault == other.observation.fault
        for name in ("coordinates", "statistics"):
            np.testing.assert_array_equal(
                getattr(one.observation, name), getattr(other.observation, name)
            )
            assert getattr(one.observation, name).dtype == getattr(other.observation, name).dtype


def replace_glance(engine, note):
    """The same engine, whose gate notes every film that it is shown."""
    again = Engine(engine.bundle, backend="tensorflow")
    glance = again.gatekeeper.glance
    again.gatekeeper.glance = lambda film: note(film) or glance(film)
    return again


def test_judging_one_film_says_the_same_as_scoring_it(referenced, films):
    found = by_name(referenced.score(films.values()))
    for name, source in films.items():
        prepared = prepare(source.read(), referenced.bundle.manifest.input)
        judged = referenced.judge(prepared, source)

        # A matrix product rounds in another way for a batch of another size.
        distance = found[name].observation.distance
        assert judged.observation.distance == pytest.approx(distance, rel=1e-4)
        if found[name].status == "ok":
            assert judged.prediction.probability == pytest.approx(
                found[name].prediction.probability
            )
            assert len(judged.evidence) == 2
        else:
            assert judged.prediction is None
            assert judged.error.code == found[name].reason_code
            assert judged.error.remedy == found[name].remedy


def test_openvino_refuses_the_same_films(referenced, films):
    """Both libraries give the same distances, so that no film is refused by one of them only."""
    other = Engine(referenced.bundle, backend="openvino")
    for one, two in zip(referenced.score(films.values()), other.score(films.values()), strict=True):
        assert (one.status, one.reason_code, one.remedy) == (
            two.status, two.reason_code, two.remedy
        )  # fmt: skip
        assert one.observation.distance == pytest.approx(two.observation.distance, rel=1e-3)
