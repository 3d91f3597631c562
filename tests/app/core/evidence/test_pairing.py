import numpy as np
import pandas as pd
import pytest

from app.core.bundles.bundle import load_bundle
from app.core.errors import DatasetError
from app.core.evidence.matching import Names, matched
from app.core.evidence.pairing import finding_of, pair, side
from tests.app.core.evidence.tables import csv
from tests.app.core.evidence.test_evidence import written
from tests.app.views.light_bundles import table, write_bundle

ROWS = [
    ("test", f"p{number // 2}", "", number % 2, round(0.3 + 0.03 * number, 2))
    for number in range(12)
]  # fmt: skip


def results(folder, text, *, name="vendor", **asked):
    return written(folder, csv(text), name=name, **asked)


def rows(numbers, *, heading="case,score,truth", ending=".png", truth=None):
    """Cases called like the films of `ROWS`, with a truth like theirs."""
    lines = [f"film{n}{ending},{n / 100},{n % 2 if truth is None else truth(n)}" for n in numbers]
    return "\n".join([heading, *lines]) + "\n"


def paired(first, second, *, splits=("cases", "cases")):
    sides = zip((first, second), splits, strict=True)
    return pair(*(side(one, one.predictions(), split) for one, split in sides))


def bundle(folder):
    return load_bundle(write_bundle(folder, table(ROWS)))


def test_a_table_and_a_bundle_are_matched_by_file_and_what_is_not_shared_is_counted(tmp_path):
    vendor = results(tmp_path, rows(range(2, 20), ending=""))

    found = paired(vendor, bundle(tmp_path), splits=("cases", "test"))

    assert found.matched_by == "the names of their files without the ending"
    assert (found.cases.num_images, found.only_first, found.only_second) == (10, 8, 2)
    assert found.first.names.tolist() == [f"film{n}" for n in range(2, 12)]
    assert found.second.names[0] == "test/NORMAL/film2.png"
    np.testing.assert_allclose(found.second.cases.probabilities[:, 1], [r[4] for r in ROWS[2:]])
    # The bundle knows the patients, which hold for both.
    assert found.first.cases.unit == "patient"
    assert found.first.cases.named_patients.tolist() == [f"p{n // 2}" for n in range(2, 12)]
    assert "'vendor' does not name its finding" in found.notes[0]


def test_groups_hold_for_both_where_no_patient_is_known(tmp_path):
    alone = results(tmp_path, rows(range(12)))
    grouped = "".join(f"film{n}.png,g{n // 3},0.5,{n % 2}\n" for n in range(12))
    other = results(tmp_path, f"case,group_id,score,truth\n{grouped}", name="other")

    for found in (paired(alone, other), paired(other, alone)):
        assert len(set(found.first.cases.patients)) == 4
        assert found.first.cases.patients.tolist() == found.second.cases.patients.tolist()


def test_films_are_known_by_their_content_whatever_they_are_called():
    def named(names, ids):
        return Names(np.array(names), np.array(ids))

    one = named(["a", "b", "c", "d"], ["1", "2", "2", ""])
    other = named(["x", "y", "z", "a"], ["2", "1", "", "7"])

    # The second and third film are alike, so neither is matched.
    found = matched(one, other)
    assert (found.first.tolist(), found.second.tolist()) == ([0], [1])
    assert found.by == "the content of their films"


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        (["x/1.png", "y/1.png", "2.png"], ["x/1.png", "2.png"], [0, 2]),
        (["x/1.png", "y/1.png", "y/2.png"], ["1.png", "2.png"], []),
        (["-1", "b\\c.png"], ["'-1", "b/c.png"], [0, 1]),
        (["0001", "1"], ["1", "01"], [1]),
        (["b.png", "a.png"], ["a.dcm", "b.dcm"], [0, 1]),
    ],
)
def test_names_are_matched_as_far_as_they_are_safe(first, second, shared):
    names = [Names(np.array(one), np.array([""] * len(one))) for one in (first, second)]

    found = matched(*names)

    assert found.first.tolist() == shared
    assert bool(found.by) == bool(shared)


def test_cases_that_look_like_numbers_keep_their_zeros(tmp_path):
    text = "case,site,score,truth\n" + "".join(f"00{n},0{n % 2},0.{n},{n // 3}\n" for n in range(6))

    found = results(tmp_path, text).predictions()

    assert found["case"][0] == "000"
    assert set(found["split"]) == {"cases", "00", "01"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (rows(range(30, 40)), "have no case in common"),
        (rows(range(3)), "share 3 cases, of 1 group in the smallest class"),
        (rows(range(12), truth=lambda n: n > 5), "state a different truth for 6 of 12 shared"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(tmp_path, text, told):
    with pytest.raises(DatasetError, match=told) as refused:
        paired(results(tmp_path, text), results(tmp_path, rows(range(12)), name="other"))

    assert str(refused.value).count(". ") <= 1


def test_different_questions_are_not_compared(tmp_path):
    effusion = results(tmp_path, rows(range(12)), finding="Effusion", name="effusion")
    nodule = results(tmp_path, rows(range(12)), finding="nodule", name="nodule")
    again = results(tmp_path, rows(range(12)), finding="EFFUSION", name="again")
    turned = results(
        tmp_path, rows(range(12), truth=lambda n: ("normal", "Effusion")[n % 2]), name="turned",
        positive=("normal",),
    )  # fmt: skip

    with pytest.raises(DatasetError, match="different questions cannot be compared"):
        paired(effusion, nodule)
    with pytest.raises(DatasetError, match="different questions cannot be compared"):
        paired(effusion, turned)
    assert paired(effusion, again).cases.num_images == 12


def test_classes_are_compared_whatever_their_order(tmp_path):
    cases = [(n, "abc"[n % 3], *np.roll([7, 2, 1], n % 3 + n // 9)) for n in range(12)]
    frame = pd.DataFrame(cases, columns=["case", "class", "a", "b", "c"])
    one = results(tmp_path, frame.to_csv(index=False), name="one")
    other = results(
        tmp_path, frame[["case", "class", "c", "a", "b"]].to_csv(index=False), name="other"
    )
    assert other.manifest.task.classes == ("c", "a", "b")

    found = paired(one, other)

    assert found.second.task.classes == ("a", "b", "c")
    np.testing.assert_array_equal(found.first.cases.probabilities, found.second.cases.probabilities)
    np.testing.assert_array_equal(found.first.predicted, found.second.predicted)
    with pytest.raises(DatasetError, match="tells a, b and c apart and 'two' negative and pos"):
        paired(one, results(tmp_path, rows(range(12), ending=""), name="two"))


def test_one_finding_of_several_is_compared_by_its_name(tmp_path):
    lines = "".join(f"film{n},{n / 12},{n % 2},{1 - n / 12},{n // 6}\n" for n in range(12))
    several = results(tmp_path, f"case,Effusion_score,Effusion_truth,B_score,B_truth\n{lines}")
    one = results(tmp_path, rows(range(12)), finding="effusion", name="one")

    with pytest.raises(DatasetError, match="choose it with --finding"):
        paired(several, one)
    with pytest.raises(DatasetError, match="not for 'nodule': that is another question"):
        finding_of(several, "nodule")
    found = paired(finding_of(several, "effusion"), one)
    assert found.cases.num_images == 12
    assert found.matched_by == "the names of their files without the ending"
