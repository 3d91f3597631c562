"""Of which films copies are made with a part cut off."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from app.core.adaptation.cut_films import look_at_cut_films
from tests.app.core.adaptation.local_films import local_films
from tests.app.core.adaptation.test_cropped_probes import reference


def test_films_of_few_patients_are_not_read():
    """With patients for less than five folds, no part could be judged by probes of the others."""
    engine = SimpleNamespace(gatekeeper=SimpleNamespace(reference=reference()))
    patients = [f"patient {number % 4}" for number in range(60)]
    films = replace(local_films(60, patients=patients), distances=np.full(60, 0.5))

    assert look_at_cut_films(engine, films, reach=1.0, seed=0) is None
