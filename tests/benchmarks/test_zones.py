import numpy as np

from benchmarks import zones


def test_each_kind_of_sample_is_counted(capsys):
    zones.main(["--draws", "4"])

    rows = capsys.readouterr().out.splitlines()[2:]
    assert len(rows) == 14
    assert "of 4 kept" in rows[0]


def test_patients_share_their_label():
    films = zones.clustered(0.5, 2.0, films=3)(np.random.default_rng(0), 300)

    assert len(np.unique(films.patients)) == 100
    for patient in range(5):
        assert len(np.unique(films.labels[films.patients == patient])) == 1
