"""`--frame` and `--window` of the commands that read images to train on."""

import json

import cv2
import numpy as np
import pytest
import tifffile

from app.core.errors import DatasetError
from app.core.images.reading import ReadOptions
from model_training.cli import main
from model_training.commands.program import _parser
from model_training.commands.settings import chosen_settings
from model_training.config import TrainingConfig
from model_training.data.datasets import read_dataset
from model_training.evaluation.overlap import overlap_note
from model_training.evaluation.scoring import score
from model_training.preparation.films import network_input, prepare
from tests.model_training.films import draw

CLASSES = ("NORMAL", "PNEUMONIA")


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    """Three 12-bit films a class in 16 bits; one of each is the second page of a TIFF."""
    root = tmp_path_factory.mktemp("deep")
    for label, name in enumerate(CLASSES):
        (root / name).mkdir()
        for number in range(2):
            film = draw(label, 10 * label + number).astype(np.uint16) * 16
            cv2.imwrite(str(root / name / f"p{label}{number}.png"), film)
        film = draw(label, 10 * label + 2).astype(np.uint16) * 16
        pages = np.stack([film[::-1], film])
        tifffile.imwrite(root / name / f"p{label}2.tif", pages, photometric="minisblack")
    return root


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The films of `deep` in 8 bits, each a file of its own."""
    root = tmp_path_factory.mktemp("plain")
    for label, name in enumerate(CLASSES):
        (root / name).mkdir()
        for number in range(3):
            path = root / name / f"p{label}{number}.png"
            cv2.imwrite(str(path), draw(label, 10 * label + number))
    return root


@pytest.mark.parametrize(
    "command",
    ["fit films --preset basic-cnn --out m", "crossval films --preset basic-cnn --out m",
     "tune films --preset basic-cnn --out m --search epochs=1,2"],
)  # fmt: skip
def test_a_training_takes_both_and_its_model_the_window(command):
    options = _parser().parse_args([*command.split(), "--window", "-5", "4095", "--frame", "2"])

    config = TrainingConfig.from_preset(options.preset, **chosen_settings(options))

    assert (config.frame, config.window) == (2, (-5.0, 4095.0))
    assert network_input(config).window == (-5.0, 4095.0)
    assert config.as_dict()["window"] == "-5, 4095"
    assert network_input(TrainingConfig.from_preset("basic-cnn")).window is None


@pytest.mark.parametrize("ends", [("4095", "0"), ("nan", "1"), ("5", "5"), ("0", "inf")])
@pytest.mark.parametrize("command", ["inspect films", "evaluate model films"])
def test_a_window_that_is_none_is_a_wrong_call(command, ends, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--window", *ends])

    assert ended.value.code == 2
    assert f"argument --window: received {ends[0]} {ends[1]}" in capsys.readouterr().err


def test_inspect_reads_as_it_was_told(deep, tmp_path, capsys):
    assert main(["inspect", str(deep)]) == 1
    assert "--window LOW HIGH and files of several images need" in capsys.readouterr().err
    file = tmp_path / "i.json"

    call = ["inspect", str(deep), "--window", "0", "4080", "--frame", "2", "--json", str(file)]
    assert main(call) == 0

    found = json.loads(file.read_text(encoding="utf-8"))
    assert (found["images"], found["unusable"]) == (6, [])
    assert "image 2 of files that hold several and 0 to 4080 as black to white" in str(found)


def test_the_preview_shows_what_is_trained_on(deep, plain, tmp_path):
    def sheet(folder, *more):
        out = tmp_path / f"{folder.name}.png"
        call = ["augment-preview", str(folder), "--out", str(out), "--image-size", "48",
                "--augmentation", "none", "--images", "6", "--variants", "1"]  # fmt: skip
        assert main([*call, *more]) == 0
        return cv2.imread(str(out))

    found = sheet(deep, "--window", "0", "4080", "--frame", "2")
    np.testing.assert_array_equal(found, sheet(plain))


def test_films_are_prepared_as_those_of_8_bits_are(deep, plain, tmp_path):
    usual = TrainingConfig.from_preset("basic-cnn", image_size=48)
    told = TrainingConfig.from_preset("basic-cnn", image_size=48, frame=2, window=(0.0, 4080.0))
    with pytest.raises(
        DatasetError, match=r"4 with values of an unknown range, 2 with several images"
    ):
        prepare(read_dataset(deep), config=usual, cache=tmp_path, assign_splits=False)

    found, expected = (
        prepare(read_dataset(folder), config=config, cache=tmp_path, assign_splits=False)
        for folder, config in ((deep, told), (plain, usual))
    )

    np.testing.assert_array_equal(found.pixels[found.rows], expected.pixels[expected.rows])
    assert any("0 to 4080" in note for note in found.split.notes)


@pytest.mark.slow
def test_evaluation_uses_the_window_of_the_model_unless_told_otherwise(
    windowed_bundle, deep, plain
):
    told = score(windowed_bundle, read_dataset(deep), reading=ReadOptions(2)).table()
    expected = score(windowed_bundle, read_dataset(plain)).table()

    np.testing.assert_allclose(told["raw_probability"], expected["raw_probability"], atol=1e-5)
    assert told["window"].unique().tolist() == ["0 to 4080"]
    assert told["window_from"].unique().tolist() == ["model"]
    assert expected["window"].isna().all()
    other = score(
        windowed_bundle, read_dataset(deep), reading=ReadOptions(2, (0.0, 9000.0))
    ).table()
    assert other["window_from"].unique().tolist() == ["reader"]
    assert (other["raw_probability"] - told["raw_probability"]).abs().max() > 1e-4


def test_images_of_the_training_are_known_again_as_the_image_that_was_chosen(bundle):
    table = bundle.predictions()
    digests = table.loc[table["split"] == "val", "image_id"].tolist()[:3]
    reading = ReadOptions(2, (0.0, 4095.0))
    by_frame, by_both = ReadOptions(2).image_id(digests[0]), reading.image_id(digests[1])
    evaluated = [by_frame, by_both, digests[2], "f" * 64]

    assert "3 of 4" in overlap_note(bundle, evaluated, reading=reading)
    assert "1 of 4" in overlap_note(bundle, evaluated)
