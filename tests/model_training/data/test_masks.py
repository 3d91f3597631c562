import pytest

from model_training.data.masks import image_of_mask, is_mask_folder, masks_among
from tests.model_training.data.folder_layouts import layout


@pytest.mark.parametrize(
    "name", ["masks", "Mask", "lung masks", "infection_masks", "GT", "ground truth", "Segmentation"]
)
def test_folders_of_masks(name):
    assert is_mask_folder(name)


@pytest.mark.parametrize(
    "name",
    [
        "with_mask", "no mask", "images", "damask_rose", "weight", "seg1x",
        "Dataset_BUSI_with_GT", "images and masks",
    ],
)  # fmt: skip
def test_other_folders(name):
    assert not is_mask_folder(name)


@pytest.mark.parametrize(
    ("stem", "image"),
    [
        ("x_mask", "x"),
        ("x (1)_mask_1", "x (1)"),
        ("ISIC_0001_segmentation", "ISIC_0001"),
        ("mask_x", "x"),
        ("x.mask", "x"),
        ("unmasked", ""),
        ("x", ""),
    ],
)
def test_the_image_of_a_mask(stem, image):
    assert image_of_mask(stem) == image


def test_a_folder_of_masks_around_everything_has_no_image_beside_it(tmp_path):
    names = ("segmentation/a/1.png", "segmentation/a/1_mask.png", "segmentation/masks/2.png")
    layout(tmp_path, *names)
    first, mask, second = (tmp_path / name for name in names)

    masks, doubtful = masks_among([first, mask, second], tmp_path)

    assert masks == [mask, second]
    assert doubtful == [first]  # it may be a mask, as the outer folder says
