"""Phantoms with findings: repeatable, with labels missing, and findings that go together."""

import numpy as np
import pandas as pd
import pytest

from model_training.phantoms.dataset import generator_of
from model_training.phantoms.findings import FINDINGS, TABLE, generate_findings, invent_findings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    out = tmp_path_factory.mktemp("phantoms") / "p"
    assert len(generate_findings(out, count=60, seed=5, size=64)) == 60
    return out


@pytest.fixture(scope="module")
def table(films):
    return pd.read_csv(films / TABLE)


def test_table_lists_the_films(films, table):
    assert sorted(table["path"]) == sorted(
        path.relative_to(films).as_posix() for path in (films / "films").glob("*/*")
    )
    assert (table["path"].str.split("/").str[1] == table["split"]).all()
    assert (table.groupby("patient_id")["split"].nunique() == 1).all()
    assert table["split"].value_counts().to_dict() == {"train": 42, "val": 9, "test": 9}
    assert table["patient_id"].nunique() < 60


def test_labels_are_those_of_the_patient_or_missing(table):
    missing = 0
    for _, row in table.iterrows():
        number = int(row["patient_id"].removeprefix("phantom")) - 1
        _, shown = invent_findings(generator_of(5, number, 0))
        for name, present in zip(FINDINGS, shown, strict=True):
            missing += pd.isna(row[name])
            assert pd.isna(row[name]) or row[name] == present
    assert 0.05 < missing / table[list(FINDINGS)].size < 0.17


def test_same_seed_same_bytes(films, tmp_path):
    again = tmp_path / "again"
    first = generate_findings(again, count=60, seed=5, size=64, progress=lambda films: films[:3])

    assert len(first) == 3
    for record in first:
        assert (again / record.path).read_bytes() == (films / record.path).read_bytes()
    assert (films / TABLE).read_bytes().startswith((again / TABLE).read_bytes())


def test_an_effusion_goes_with_a_large_heart():
    shown = np.array([invent_findings(generator_of(1, number, 0))[1] for number in range(150)])

    large, effusion, nodule = shown.T
    assert effusion[large].mean() > effusion[~large].mean() + 0.15
    assert all(0.15 < share < 0.6 for share in (large.mean(), effusion.mean(), nodule.mean()))


def test_too_few_films(tmp_path):
    with pytest.raises(ValueError, match="at least 60"):
        generate_findings(tmp_path / "p", count=59, seed=0)
