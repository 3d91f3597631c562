"""Films like this one on the Case page, from the pass that scores the film."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest

from tests.app.views.conftest import MAIN, review_folder
from tests.app.views.test_case import open_case
from tests.known_films import with_files_as_known_films


def test_films_like_the_open_one_are_shown_and_those_of_the_batch_can_be_opened(
    app, bundle, data_root, tmp_path, monkeypatch
):
    films = sorted((data_root / "ward").glob("film_*.png"))
    known = with_files_as_known_films(
        bundle,
        tmp_path / "models" / bundle.name,
        {path: number % 2 for number, path in enumerate(films)},
    )
    monkeypatch.setenv("OVERREAD_MODELS", str(known.path.parent))
    at = review_folder(AppTest.from_file(MAIN, default_timeout=60), "ward")

    at = open_case(at, films[0])

    assert not at.exception
    (data,) = [
        json.loads(one.proto.json) for one in at.get("bidi_component") if '"rows"' in one.proto.json
    ]
    shown = [film for row in data["rows"] for film in row["films"]]
    # Three of pneumonia, and two normal: the open film itself is not among them.
    assert [film["truth"][0] for film in shown] == ["▲"] * 3 + ["○"] * 2
    assert all(film["can_open"] and film["picture"].startswith("data:image/jpeg") for film in shown)
    assert data["film"].startswith("data:image/jpeg")
    ranks = [float(film["distance"].split()[0]) for film in shown]
    assert ranks == sorted(ranks[:3]) + sorted(ranks[3:])
