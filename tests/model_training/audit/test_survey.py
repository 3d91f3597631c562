"""The facts of a file, each against how the file was written."""

import cv2
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from model_training.audit.survey import survey
from model_training.data.datasets import Case
from model_training.data.duplicates import thumbnail
from tests.model_training.films import draw
from tests.pictures import dicom


def surveyed(*paths, channels=1):
    return survey([Case(path, path.name, 0, "", "", "") for path in paths], channels=channels)


@pytest.fixture
def film():
    return Image.fromarray(draw(1, 1, side=64))


def test_sizes_brightness_and_thumbnail_are_those_of_the_pixels(tmp_path, film):
    wide = film.resize((80, 50))
    wide.save(tmp_path / "a.png")

    found = surveyed(tmp_path / "a.png")

    facts = found.facts.iloc[0]
    pixels = np.asarray(wide)
    assert (facts["width"], facts["height"]) == (80, 50)
    assert facts["num_bytes"] == (tmp_path / "a.png").stat().st_size
    assert facts["mean"] == pytest.approx(pixels.mean())
    assert facts["deviation"] == pytest.approx(pixels.std())
    expected = cv2.resize(pixels, (32, 32), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(found.thumbnails[0], expected)


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_quantisation_is_the_mean_of_the_luminance_table(tmp_path, film, quality):
    film.convert("RGB").save(tmp_path / "a.jpg", quality=quality)

    # The standard's table of Annex K, scaled by quality as the reference encoder does.
    standard = [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69,
        56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81,
        104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ]  # fmt: skip
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    expected = np.mean([min(max((value * scale + 50) // 100, 1), 255) for value in standard])
    assert surveyed(tmp_path / "a.jpg").facts["quantisation"].tolist() == [expected]


def test_formats_depths_and_embedded_data(tmp_path, film):
    exif = Image.Exif()
    exif[0x010E] = "a description"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "a comment")
    film.save(tmp_path / "exif.jpg", exif=exif)
    film.save(tmp_path / "comment.jpg", comment=b"a comment")
    film.save(tmp_path / "text.png", pnginfo=text)
    film.convert("RGB").save(tmp_path / "profile.tif", icc_profile=b"a profile")
    Image.fromarray(np.asarray(film).astype(np.uint16) * 257).save(tmp_path / "deep.png")
    cv2.imwrite(
        str(tmp_path / "deep_colour.png"),
        np.random.default_rng(0).integers(0, 65535, (64, 64, 3), np.uint16),
    )
    (tmp_path / "x.dcm").write_bytes(dicom(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)))
    names = sorted(path.name for path in tmp_path.iterdir())

    found = surveyed(*(tmp_path / name for name in names), channels=3)
    facts = found.facts.assign(name=names).set_index("name")

    assert (facts["problem"] == "").all()
    assert facts["file_format"].to_dict() == {
        "exif.jpg": "JPEG", "comment.jpg": "JPEG", "text.png": "PNG", "profile.tif": "TIFF",
        "deep.png": "PNG", "deep_colour.png": "PNG", "x.dcm": "DICOM",
    }  # fmt: skip
    assert facts.index[facts["exif"]].tolist() == ["exif.jpg"]
    assert facts.index[facts["colour_profile"]].tolist() == ["profile.tif"]
    assert facts.index[facts["comment"]].tolist() == ["comment.jpg", "text.png"]
    kinds = facts["pixel_kind"]
    assert kinds["exif.jpg"] == kinds["text.png"] == "grey, 8 bits"
    assert kinds["profile.tif"] == "colour, 8 bits"
    assert kinds["deep.png"] == "grey, 16 bits"
    assert kinds["deep_colour.png"] == "colour, 16 bits"
    assert facts.loc["text.png", "quantisation"] == 0


def test_what_cannot_be_read_keeps_its_row_and_its_reason(tmp_path, film):
    film.save(tmp_path / "good.png")
    (tmp_path / "text.png").write_bytes(b"a text")
    (tmp_path / "empty.png").write_bytes(b"")
    paths = [tmp_path / name for name in ("text.png", "good.png", "gone.png", "empty.png")]

    found = surveyed(*paths)

    assert found.facts["problem"].tolist() == ["not_an_image", "", "not_readable", "empty_file"]
    assert found.usable.tolist() == [1]
    assert found.facts["digest"].str.len().tolist() == [64, 64, 0, 64]
    assert found.thumbnails[1].any()
    assert not found.thumbnails[[0, 2, 3]].any()


def test_many_films_are_in_order_across_batches(tmp_path):
    paths = []
    for number in range(300):
        paths.append(tmp_path / f"{number}.png")
        cv2.imwrite(str(paths[-1]), np.uint8(number % 200) + draw(0, number, side=32) // 4)

    found = surveyed(*paths)

    for index in (0, 255, 256, 299):
        pixels = cv2.imread(str(paths[index]), 0)
        assert found.facts["mean"][index] == pytest.approx(pixels.mean())
        np.testing.assert_array_equal(found.thumbnails[index], pixels)
    assert thumbnail  # the same function that training uses


def test_a_colour_picture_has_a_problem_unless_the_network_sees_colours(tmp_path, film):
    film.save(tmp_path / "film.png")
    colours = np.zeros((64, 64, 3), np.uint8)
    colours[:, :32], colours[:, 32:] = (255, 0, 0), (0, 255, 0)
    cv2.imwrite(str(tmp_path / "photograph.png"), colours)
    paths = sorted(tmp_path.iterdir())

    assert surveyed(*paths).facts["problem"].tolist() == ["", "colour_picture"]
    assert surveyed(*paths, channels=3).facts["problem"].tolist() == ["", ""]
