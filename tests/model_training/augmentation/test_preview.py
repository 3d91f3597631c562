import cv2
import numpy as np
import pytest

from model_training.augmentation.preview import draw_sheet
from model_training.augmentation.sets import AUGMENTATIONS
from model_training.cli import main
from tests.model_training.films import draw, write


def test_a_sheet_has_the_image_itself_and_then_its_variants():
    films = np.stack([draw(0, 1), draw(1, 2)])[..., None]

    sheet = draw_sheet(films, AUGMENTATIONS["medical"], num_variants=3, seed=1)

    assert sheet.shape == (48 + 6 + 48, 4 * 48 + 3 * 6, 1)
    np.testing.assert_array_equal(sheet[:48, :48], films[0])
    np.testing.assert_array_equal(sheet[54:, :48], films[1])
    assert np.abs(sheet[:48, 54:102].astype(int) - films[0]).mean() > 1
    again = draw_sheet(films, AUGMENTATIONS["medical"], num_variants=3, seed=1)
    np.testing.assert_array_equal(sheet, again)


def test_none_shows_the_same_image_again():
    film = draw(1, 2)[None, ..., None]

    sheet = draw_sheet(film, AUGMENTATIONS["none"], num_variants=1, seed=0)

    np.testing.assert_array_equal(sheet[:, :48], sheet[:, 54:])


@pytest.mark.parametrize(("channels", "shape"), [("1", 2), ("3", 3)])
def test_the_command_writes_a_png(data, tmp_path, channels, shape, capsys):
    out = tmp_path / "new" / "sheet.png"
    arguments = ["augment-preview", str(data), "--out", str(out), "--image-size", "64"]

    assert main([*arguments, "--images", "4", "--variants", "2", "--channels", channels]) == 0

    sheet = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert sheet.shape[:2] == (4 * 64 + 3 * 6, 3 * 64 + 2 * 6)
    assert sheet.ndim == shape
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "The sheet is in" in printed.err


def test_the_command_draws_images_of_findings(tmp_path, capsys):
    for number in range(3):
        write(tmp_path / "data" / f"{number}.png", draw(number % 2, number))
    table = "file,EFFUSION,MASS\n0.png,1,1\n1.png,0,0\n2.png,0,1\n"
    (tmp_path / "data" / "labels.csv").write_text(table)
    (tmp_path / "data" / "notes.txt").write_text("no image")
    out = tmp_path / "sheet.png"
    arguments = ["augment-preview", str(tmp_path / "data"), "--out", str(out)]

    assert main([*arguments, "--image-size", "48", "--variants", "1"]) == 0

    sheet = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert sheet.shape == (3 * 48 + 2 * 6, 2 * 48 + 6)
    assert "1 file is not an image: 1 .txt." in capsys.readouterr().err


def test_a_colour_picture_is_no_film_to_preview(tmp_path, capsys):
    colours = np.zeros((64, 64, 3), np.uint8)
    colours[:, :32], colours[:, 32:] = (255, 0, 0), (0, 255, 0)
    for name, picture in (("NORMAL", colours), ("PNEUMONIA", colours[:, ::-1])):
        write(tmp_path / "data" / name / "photograph.png", picture)
    arguments = ["augment-preview", str(tmp_path / "data"), "--out", str(tmp_path / "sheet.png")]

    assert main(arguments) == 1
    assert "None of the images" in capsys.readouterr().err
    assert main([*arguments, "--channels", "3"]) == 0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--out", "sheet.jpg"], "Received 'sheet.jpg'"),
        (["--out", "s.png", "--images", "0"], "Received images=0"),
        (["--out", "s.png", "--variants", "100000"], "Received variants=100000"),
        (["--out", "s.png", "--augmentation", "clasic"], "Did you mean 'classic'"),
        (["--out", "s.png", "--augment", "rotate=3"], "no augmentation option 'rotate'"),
    ],
)
def test_a_wrong_call_is_a_sentence(data, more, message, capsys):
    assert main(["augment-preview", str(data), *more]) == 2
    assert message in capsys.readouterr().err
