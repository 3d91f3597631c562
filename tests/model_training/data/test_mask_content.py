import numpy as np
import pytest
from PIL import Image

from model_training.data.datasets import read_dataset
from model_training.data.mask_content import with_other_sizes, with_two_levels
from model_training.data.rules import Rules
from tests.model_training.data.label_tables import noted


def film(path, *, side=48, number=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng([side, number]).integers(0, 256, (side, side), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def mask(path, *, side=48, levels=(0, 255)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((side, side), levels[0], np.uint8)
    for place, level in enumerate(levels):
        pixels[place * 5 : place * 5 + 5] = level
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "levels", "found"),
    [
        ("m.png", (0, 255), True),
        ("m.gif", (0, 1), True),
        ("m.bmp", (0, 255), False),  # as large as a film
        ("m.png", (0, 128, 255), False),
        ("m.png", (7,), False),  # blank, which is a reason of its own
        ("m.jpg", (0, 255), False),
    ],
)
def test_two_levels(tmp_path, name, levels, found):
    films = [film(tmp_path / f"{n}.png", number=n) for n in range(20)]
    suspect = mask(tmp_path / name, levels=levels)

    assert with_two_levels([*films, suspect]) == [suspect] * found


def test_what_cannot_be_opened_is_nobody_s_mask(tmp_path):
    films = [film(tmp_path / f"{n}.png", number=n) for n in range(20)]
    broken = tmp_path / "x.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n")

    assert with_two_levels([*films, broken, tmp_path / "gone.png"]) == []
    assert with_two_levels([]) == []
    assert with_other_sizes([broken], films) == []


def test_a_mask_of_another_size_is_found_by_the_name_of_its_image(tmp_path):
    films = [film(tmp_path / "a" / f"{n}.png", side=48 + n) for n in range(4)]
    masks = [
        mask(tmp_path / "a" / "0_mask.png", side=48),
        mask(tmp_path / "a" / "1_mask_2.png", side=48),
        mask(tmp_path / "masks" / "2.png", side=50),
        mask(tmp_path / "masks" / "3.png", side=50),
        mask(tmp_path / "masks" / "7.png", side=10),
    ]

    assert with_other_sizes(masks, films) == [masks[1], masks[3]]


def test_both_are_said_of_a_data_set(tmp_path):
    for number in range(6):
        film(tmp_path / "benign" / f"{number}.png", number=number)
        film(tmp_path / "normal" / f"{number}.png", number=10 + number)
    mask(tmp_path / "benign" / "0_mask.png")
    mask(tmp_path / "benign" / "1_mask.png", side=32)
    mask(tmp_path / "benign" / "outline of 2.png")

    dataset = read_dataset(tmp_path)

    assert len(dataset.cases) == 13
    assert noted(dataset, "2 images are named as masks of others", "--masks keep")
    assert noted(dataset, "1 image is named as masks, but not as large", "1 in benign")
    assert noted(dataset, "1 image is of two grey levels only", "1 in benign", "--exclude")
    without = read_dataset(tmp_path, rules=Rules(exclude=("outline*",)))
    assert len(without.cases) == 12
    assert not noted(without, "grey levels")
