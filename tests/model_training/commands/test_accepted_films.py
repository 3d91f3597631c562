"""`--modalities`, `--body-parts`, `--views` and `--ages`: which films a model is for."""

import pytest

from app.commands.parsing import WrongCall
from app.core.bundles.network_input import Input
from model_training.commands.program import _parser
from model_training.commands.settings import chosen_description
from model_training.config import TrainingConfig
from model_training.data.datasets import Case
from model_training.data.film_cache import decode_cases
from model_training.preparation.accepted import ANY_FILM, Accepted
from model_training.preparation.films import network_input
from tests.model_training.films import draw
from tests.pictures import dicom

FIT = "fit films --preset basic-cnn --out m"


def accepted(*options):
    return chosen_description(_parser().parse_args([*FIT.split(), *options])).accepted


@pytest.mark.parametrize("command", [FIT, "crossval films --preset basic-cnn --out m"])
def test_terms_become_those_of_the_standard(command):
    options = _parser().parse_args(
        [*command.split(), "--body-parts", "Thorax", "--views", "PA", "LL", "--ages", "1", "5"]
    )

    found = chosen_description(options).accepted

    assert found == Accepted((), ("CHEST",), ("PA", "LATERAL"), (1.0, 5.0))
    size = network_input(TrainingConfig.from_preset("basic-cnn"), found)
    assert (size.body_parts, size.views, size.ages) == (("CHEST",), ("PA", "LATERAL"), (1, 5))


def test_without_options_any_film_is_accepted():
    assert accepted() == ANY_FILM


@pytest.mark.parametrize(
    "options",
    [("--body-parts", "Smith"), ("--views", "upright"), ("--ages", "5", "x")],
)
def test_unknown_terms_are_a_wrong_call(options, capsys):
    with pytest.raises(SystemExit) as ended:
        accepted(*options)

    assert ended.value.code == 2
    assert options[-1] in capsys.readouterr().err


def test_ages_the_wrong_way_round_are_a_wrong_call():
    with pytest.raises(WrongCall, match="youngest"):
        accepted("--ages", "5", "1")


def test_a_film_of_another_body_part_is_not_trained_on(tmp_path):
    """One in twenty: a model of chests that was trained on a hand would accept hands."""
    cases = []
    for number in range(20):
        path = tmp_path / f"{number:02d}.dcm"
        part = "HAND" if number == 3 else "THORAX"
        path.write_bytes(dicom(draw(number % 2, number), BodyPartExamined=part))
        cases.append(Case(path, path.name, number % 2, "", "", ""))
    size = Input(height=40, width=32, channels=1, fit="stretch", body_parts=("CHEST",))

    found = decode_cases(cases, size, tmp_path / "cache")

    assert found.failed == {3: "wrong_body_part"}
    assert decode_cases(cases, size, tmp_path / "cache").failed == found.failed
