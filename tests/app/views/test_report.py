"""The report of a worklist, as its readers see it."""

import pytest

from app.core.record.entry import Draft
from app.core.record.log import append
from app.core.record.readers import known_reader
from app.core.review import making
from app.core.review.installed_models import installed_models
from app.core.review.making import Plan
from app.core.review.worklist_registry import open_worklists
from app.core.settings import read_settings
from tests.app.views.conftest import READER, made, texts

pytestmark = pytest.mark.slow


def say(found, item: int, name: str, agreement: str, event: str = "verdict") -> None:
    """A reader's verdict on a film, with the prediction that was shown."""
    record, result = open_worklists().record, found.result(item)
    draft = Draft(
        event=event, image_id=result.image_id, bundle_sha256=found.bundle.sha256, reader=name,
        reader_id=known_reader(record, name).id, worklist_id=found.worklist.id, item=item,
        prediction=result.prediction.label, agreement=agreement, reading_seconds=10.0,
    )  # fmt: skip
    append(record, draft)


def judged(found) -> list[int]:
    return [at for at, one in enumerate(found.results()) if one and one.prediction is not None]


def test_agreement_of_two_readers_and_the_files(app):
    found = made(app, "ward")
    items = judged(found)
    for place, item in enumerate(items):
        say(found, item, READER, "agree")
        say(found, item, "Grace", "disagree" if place == 0 else "agree")

    at = app.switch_page("views/report.py").run()

    assert not at.exception
    (agreement,) = (one.value for one in at.dataframe if "Between" in one.value)
    of_both = agreement[agreement["Between"].str.contains(READER) &
                        agreement["Between"].str.contains("Grace")]  # fmt: skip
    share = of_both["Same class"].item()
    assert f"{len(items) - 1} of {len(items)}" in share
    assert "Median reading time 10 s" in texts(at)
    assert {one.label for one in at.get("download_button")} >= {"By reader (CSV)", "By film (CSV)"}

    row = {"rows": [int(of_both.index[0])], "columns": []}
    at.session_state["report_agreement"] = {"selection": row}
    at.run()

    assert not at.exception
    assert f"another class on 1 film of {len(items)}" in texts(at)
    (differing,) = (one.value for one in at.dataframe if "Verdict" in one.value)
    assert sorted(zip(differing["Film"], differing["Reader"], strict=True)) == [
        (str(items[0] + 1), reader) for reader in sorted((READER, "Grace"))
    ]


def test_a_report_stays_closed_until_a_blind_reader_has_decided_every_film(app):
    settings, models = read_settings(), installed_models()
    bundle = made(app, "ward").bundle
    plan = Plan(name="Blind", bundle=models.bundle(bundle.path), mode="blind_first")
    blind = making.of_folder(open_worklists(), plan, "ward", settings=settings)
    blind.wait_until_scored(60)
    app.session_state["id"] = blind.worklist.id

    at = app.switch_page("views/report.py").run()

    assert not at.exception
    assert "It opens once you have made a call and then a verdict on every film" in texts(at)
    assert not at.dataframe
    assert not at.get("download_button")
