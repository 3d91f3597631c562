from dataclasses import replace

import numpy as np
import pytest

from app.core.gate import statistic_words
from app.core.gate.image_statistics import NAMES
from app.core.gate.sample import matched
from app.core.gate.shift import FEWEST_JUDGED, compare
from app.core.gate.statistic_space import LEAST_STEPS
from app.core.statistics.metrics import Proportion
from tests.app.core.gate.samples import filled, films

ANSWERS = ("Normal", "Pneumonia")
HOME = films(400, seed=0, a_patient=2)
REFUSED_AT_HOME = Proportion(8, 400)


def _compare(reservoir, home=HOME):
    return compare(reservoir, home, reference_refused=REFUSED_AT_HOME, answers=ANSWERS)


def _of(shift, what):
    (found,) = [one for one in shift.differences if one.what == what]
    return found


def _changed(sample, name, by):
    statistics = sample.statistics.copy()
    statistics[:, NAMES.index(name)] += by
    return replace(sample, statistics=statistics)


def test_films_like_those_of_the_reference_raise_no_alarm():
    shift = _compare(filled(films(120, seed=1)))

    assert not shift.matters
    assert shift.sentence == ""
    assert shift.drawn is None
    assert len(shift.differences) == 6 + len(NAMES)
    assert (shift.num_compared, shift.num_reference) == (120, pytest.approx(390, abs=40))


@pytest.mark.slow
def test_false_alarms_are_rare_also_with_two_films_of_a_patient():
    alarms = sum(_compare(filled(films(80, seed=2 + i, a_patient=2))).matters for i in range(10))

    assert alarms <= 1


def test_films_whose_features_lie_elsewhere_differ():
    far = films(50, seed=1)
    far = replace(far, coordinates=far.coordinates + 0.6)

    shift = _compare(filled(far))

    assert _of(shift, "features").matters
    assert _of(shift, "features").p <= 0.05
    assert not _of(shift, "distance").matters
    assert "These films differ" in shift.sentence
    assert shift.drawn.what == "distance"


def test_how_the_films_were_made_is_named_with_the_largest_difference_first():
    made = _changed(_changed(films(80, seed=1), "sharpness", 1.5), "blockiness", -3)

    shift = _compare(filled(made))

    assert _of(shift, "sharpness").matters
    assert _of(shift, "blockiness").matters
    assert "they are less compressed and sharper" in shift.sentence
    assert shift.drawn.what == "blockiness"
    assert len(shift.drawn.folder) == 80


def test_a_model_adapted_to_a_place_is_not_adapted_to_it_again():
    sentence = compare(
        filled(_changed(films(80, seed=1), "mean", 4)), HOME,
        reference_refused=REFUSED_AT_HOME, answers=ANSWERS, place="Ward 3",
    ).sentence  # fmt: skip

    assert "they are brighter" in sentence
    assert "adapted to Ward 3" in sentence
    assert "elsewhere" in sentence


def test_of_two_statistics_that_say_the_same_one_is_named():
    made = _changed(_changed(films(80, seed=1), "levels", 2), "entropy", 3)

    assert _compare(filled(made)).sentence.count("more grey levels") == 1


def test_what_films_are_and_have_is_said_in_one_sentence():
    found = {"frame": (0.5, 0.4, 0.1), "noise": (0.4, 1.0, 2.0), "surround": (0.3, 0.3, 0.1),
             "steps": (0.1, 0.0, 0.1)}  # fmt: skip

    said = "have more of a frame around them and brighter margins, and are smoother"
    assert statistic_words.in_words(found) == said
    few = {"sharpness": (0.2, 0.0, 1.0), "features": (0.3, None, None)}
    assert statistic_words.in_words(few, slightly=True) == "are slightly less sharp"
    assert statistic_words.in_words({}) == ""


def test_every_statistic_has_words_and_a_smallest_step():
    assert set(statistic_words.WORDS) == set(LEAST_STEPS) == set(NAMES)


def test_films_one_pixel_larger_are_no_other_films():
    same_size = films(100, seed=1)
    for one in (same_size, home := films(300, seed=0)):
        one.statistics[:, NAMES.index("size")] = 8.0
    same_size.statistics[:, NAMES.index("size")] += 0.01

    found = _of(_compare(filled(same_size), home), "size")

    assert (found.effect, found.matters) == (1.0, False)
    assert found.p < 1e-6


def test_a_large_folder_does_not_alarm_at_a_small_difference():
    little = _changed(films(5000, seed=1), "mean", 0.5)

    found = _of(_compare(filled(little)), "mean")

    assert found.p < 0.05
    assert 0.15 < found.effect < found.least
    assert not found.matters


def test_more_sick_people_are_told_of_as_that_and_not_as_other_films():
    # Coordinates differ by answer, so without matching these films would lie elsewhere.
    shift = _compare(filled(films(200, seed=1, positive=0.95)))

    assert [one.what for one in shift.differences if one.matters] == ["answers"]
    assert shift.is_matched
    assert "predicts Pneumonia for more of these films" in shift.sentence
    assert f"{shift.answers[1]} of 200" in shift.sentence
    assert f"{shift.reference_answers[1]} of 400" in shift.sentence
    assert shift.drawn.what == "probability"


def test_the_proportion_among_three_answers_names_the_class_that_differs_most():
    home, folder = films(300, seed=0), films(100, seed=1)
    home.answers[:] = np.arange(300) % 3
    folder.answers[:] = np.array([0, 1, 2, 2, 2])[np.arange(100) % 5]

    shift = compare(
        filled(folder), home, reference_refused=REFUSED_AT_HOME, answers=("Clear", "Mass", "Node")
    )

    assert _of(shift, "answers").test == "chi-square"
    assert _of(shift, "answers").effect == pytest.approx(0.6 - 1 / 3)
    assert "predicts Node for more of these films" in shift.sentence
    assert "60 of 100 (60.0 %" in shift.sentence


def test_many_refusals_are_told_of_with_their_interval():
    shift = _compare(filled(films(60, seed=1), refused=20))

    assert [one.what for one in shift.differences if one.matters] == ["refused"]
    assert "20 of 80 (25.0 %, 95 % interval 16.8 to 35.5 %)" in shift.sentence
    assert "8 of 400 (2.0 %" in shift.sentence
    assert shift.drawn.what == "distance"
    assert shift.drawn.folder.max() == 1.5


def test_where_most_are_unfamiliar_another_model_or_adapting_is_proposed():
    assert "Adapt" in _compare(filled(films(10, seed=1), refused=60)).sentence
    assert "Adapt" not in _compare(filled(films(60, seed=1), refused=20)).sentence
    blurred = filled(films(10, seed=1), refused=60, reason="blurred")
    assert "Adapt" not in _compare(blurred).sentence


@pytest.mark.parametrize(
    ("folder", "advice"),
    [
        (filled(_changed(films(80, seed=1), "mean", 4)), "Read them all."),
        (filled(films(10, seed=1), refused=60), "read them without one."),
    ],
)
def test_a_model_that_cannot_be_adapted_is_not_said_to_be(folder, advice):
    sentence = compare(
        folder, HOME, reference_refused=REFUSED_AT_HOME, answers=ANSWERS, is_adaptable=False
    ).sentence

    assert advice in sentence
    assert "Adapt" not in sentence


def test_refusals_of_one_patient_are_no_other_folder_where_that_is_how_they_come():
    """Two of 30 patients at home are refused whole: so may be the one patient of a folder."""
    home = films(600, seed=0, a_patient=20)
    refused_whole = np.isin(home.groups.astype(int), [4, 11])
    clustered = replace(home, distances=np.where(refused_whole, 1.5, 0.5))
    spread = replace(home, distances=np.where(np.arange(600) % 15 == 0, 1.5, 0.5))

    by_home = {}
    for name, one in (("clustered", clustered), ("spread", spread)):
        shift = compare(
            filled(films(40, seed=1), refused=20), one,
            reference_refused=Proportion(40, 600), answers=ANSWERS,
        )  # fmt: skip
        by_home[name] = _of(shift, "refused")

    assert by_home["clustered"].effect == by_home["spread"].effect == pytest.approx(4 / 15)
    # 40 of 600 and 20 of 60 would be far apart if all films were of different patients.
    assert by_home["clustered"].p > 0.05
    assert not by_home["clustered"].matters
    assert by_home["spread"].matters


def test_refusals_that_may_be_those_of_one_patient_are_no_news_where_none_show_how_they_come():
    """At home no film is refused, and a patient has six: so may the six of a folder be one's."""
    home = films(600, seed=0, a_patient=6)
    home = replace(home, distances=np.minimum(home.distances, 0.9))
    matters = [
        _of(
            compare(
                filled(films(50 - refused, seed=1), refused=refused), home,
                reference_refused=Proportion(12, 380), answers=ANSWERS,
            ), "refused",
        ).matters
        for refused in (6, 30)
    ]  # fmt: skip

    assert matters == [False, True]


def test_fewer_refusals_than_usual_are_no_news():
    shift = compare(
        filled(films(200, seed=1)), HOME, reference_refused=Proportion(80, 400), answers=ANSWERS
    )

    assert not _of(shift, "refused").matters


def test_a_folder_that_is_all_foreign_has_one_message():
    shift = _compare(filled(films(0, seed=1), refused=120))

    assert shift.sentence.startswith("All 120 images were refused because they are not")
    assert "differ" not in shift.sentence
    assert "usual" not in shift.sentence


def test_a_folder_refused_for_another_reason_says_which():
    reservoir = filled(films(0, seed=1), refused=50, reason="turned_90")
    reservoir.add_refused("unfamiliar")

    sentence = _compare(reservoir).sentence

    assert "All 51 images were refused, 50 of them because they are turned" in sentence


@pytest.mark.parametrize(("too_dark", "is_asked"), [(20, True), (60, False)])
def test_a_folder_refused_for_many_reasons_may_be_foreign(too_dark, is_asked):
    reservoir = filled(films(0, seed=1), refused=too_dark, reason="too_dark")
    for reason in ["unfamiliar"] * 15 + ["document"] * 15:
        reservoir.add_refused(reason)

    sentence = _compare(reservoir).sentence

    assert f"{too_dark} of them because they are too dark. " in sentence
    assert ("Check that the model is for such images." in sentence) == is_asked


def test_not_all_are_called_foreign_if_some_can_be_put_right():
    reservoir = filled(films(0, seed=1), refused=30)
    for _ in range(21):
        reservoir.add_refused("inverted")

    sentence = _compare(reservoir).sentence

    assert "All 51 images were refused, 30 of them because they are not like" in sentence
    assert "what can be done" in sentence


@pytest.mark.parametrize("num", [0, 1, 49])
def test_a_folder_too_small_to_compare_says_so_without_a_warning(num):
    folder = _changed(films(num, seed=1), "mean", 5)

    shift = _compare(filled(folder))

    assert not shift.matters
    assert shift.differences == ()
    assert "Too few images" in shift.detail
    assert f"{num} of at least 50" in shift.detail


def test_too_few_judged_films_are_not_compared_beside_many_refused():
    shift = _compare(filled(films(FEWEST_JUDGED - 1, seed=1), refused=60))

    assert [one.what for one in shift.differences] == ["refused"]
    assert "Too few films were judged" in shift.detail


def test_a_reference_of_too_few_familiar_films_is_not_compared():
    far = replace(HOME, distances=np.where(np.arange(len(HOME)) < 5, 0.5, 2.0))

    shift = _compare(filled(films(100, seed=1)), far)

    assert [one.what for one in shift.differences] == ["refused"]
    assert shift.num_compared == 0


def test_a_reference_without_statistics_is_compared_in_the_rest():
    bare = replace(HOME, statistics=np.empty((len(HOME), 0), np.float32))

    shift = _compare(filled(films(100, seed=1)), bare)

    assert [one.what for one in shift.differences] == [
        "refused", "answers", "features", "distance", "probability",
    ]  # fmt: skip


def test_a_reference_that_lacks_one_statistic_is_compared_in_the_others_one_by_one():
    statistics = HOME.statistics.copy()
    statistics[:, NAMES.index("noise")] = np.nan

    shift = _compare(filled(films(100, seed=1)), replace(HOME, statistics=statistics))

    compared = {one.what for one in shift.differences}
    assert set(NAMES) - compared == {"noise"}
    assert "statistics" not in compared


def test_the_reference_is_taken_in_the_proportions_of_the_folder():
    folder = films(100, seed=1, positive=0.9)

    found = matched(HOME, folder, fewest=20, rng=np.random.default_rng(0))

    assert found.answers.mean() == pytest.approx(folder.answers.mean(), abs=0.01)
    assert len(np.unique(found.distances)) <= len(found)


def test_an_answer_that_is_rare_in_the_reference_leaves_too_few():
    rare = replace(HOME, answers=(np.arange(400) == 0).astype(np.int64))
    folder = films(100, seed=1, positive=0.5)

    assert matched(rare, folder, fewest=20, rng=np.random.default_rng(0)) is None
    assert not _compare(filled(folder), rare).is_matched


@pytest.mark.slow
def test_a_folder_of_few_patients_is_no_other_folder_where_that_is_how_films_are():
    """Slices of a few heads: each is far from others, in the reference as in the folder."""
    slices = films(600, seed=5, a_patient=20)
    order = np.arange(600)

    alarms = 0
    for seed in range(10):
        patients = np.random.default_rng(seed).permutation(30)
        of_folder = np.isin(slices.groups.astype(int), patients[:5])
        home, folder = (slices.take(order[which]) for which in (~of_folder, of_folder))
        alarms += _compare(filled(folder), home).matters

    assert alarms <= 1
    assert len(folder) == 100
    assert slices.films_a_patient() == 20


def test_films_unlike_others_only_in_all_statistics_together_are_told_of():
    home, other = films(400, seed=0), films(80, seed=1)
    sharpness, noise = NAMES.index("sharpness"), NAMES.index("noise")
    for sample, sign in ((home, 1), (other, -1)):
        spread = np.random.default_rng(9).normal(0, 0.2, len(sample))
        sample.statistics[:, noise] = sign * sample.statistics[:, sharpness] + spread

    shift = _compare(filled(other), home)

    assert [one.what for one in shift.differences if one.matters] == ["statistics"]
    assert "made differently" in shift.sentence
    assert shift.drawn.what in NAMES
