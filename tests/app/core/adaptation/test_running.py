from dataclasses import replace

import cv2
import numpy as np
import pytest

from app.core.adaptation.labels import Labelled
from app.core.adaptation.running import Adapting
from app.core.adaptation.wanted import Wanted
from app.core.errors import OverreadError
from app.core.sources.source import Source


@pytest.fixture
def labelled(tmp_path, film):
    found = []
    for number in range(24):
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), np.roll(film, 5 * number, axis=1))
        found.append(Labelled(Source(path.name, path), number % 2))
    return found


def adapting(engine, labelled, **settings):
    return Adapting(labelled, bundle=engine.bundle, place="Ward 3", wanted=Wanted(**settings))


def test_it_ends_with_an_outcome(engine, labelled):
    running = adapting(engine, labelled, miss_rate=0.3)
    assert running.running
    running.start(engine)
    running.wait(60)

    assert not running.running
    assert running.error == ""
    assert running.adapted.adaptation.place == "Ward 3"
    assert running.adapted.adaptation.thresholds.guarantee.rule_out.promised == 0.3
    assert running.stage.text == "24 of 24 films scored."
    assert running.stage.fraction == pytest.approx(0.5)


def test_it_is_given_up_and_nothing_can_be_written(engine, labelled, tmp_path):
    running = adapting(engine, labelled)
    running.cancel()
    running.start(engine)
    running.wait(60)

    assert running.error.startswith("Cancelled")
    with pytest.raises(OverreadError, match="no adaptation to write"):
        running.write(tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_what_is_wrong_with_the_films_is_its_error(engine, labelled):
    running = adapting(engine, labelled[:8])
    running.start(engine)
    running.wait(60)

    assert "too few labelled films" in running.error
    assert running.adapted is None
    # Of these films, also where each is another object, as in an archive that was opened again.
    archived = [replace(one, source=replace(one.source, content=object())) for one in labelled]
    assert running.is_of(archived[:8])
    assert not running.is_of(labelled)
