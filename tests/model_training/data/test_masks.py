import pytest

from model_training.data.masks import image_of_mask, is_mask_folder


@pytest.mark.parametrize(
    "name", ["masks", "Mask", "lung masks", "infection_masks", "GT", "ground truth", "Segmentation"]
)
def test_folders_of_masks(name):
    assert is_mask_folder(name)


@pytest.mark.parametrize(
    "name", ["with_mask", "no mask", "images", "damask_rose", "weight", "seg1x"]
)
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
