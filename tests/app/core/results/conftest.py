"""A bundle of two classes with held-out films that a folder is compared with."""

import pytest

from tests.app.core.results.sample_tables import coordinates_of, table_of
from tests.known_films import with_known_films


@pytest.fixture(scope="module")
def binary(bundle, tmp_path_factory):
    threshold = bundle.manifest.thresholds.decision
    table = table_of(60, probability=[0.0, threshold, 0.999] * 20)
    folder = tmp_path_factory.mktemp("binary") / bundle.name
    return with_known_films(bundle, folder, table, coordinates_of(60))
