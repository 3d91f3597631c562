"""Training and serving must see the same pixels and give the same scores."""

import io
import zipfile

import cv2
import keras
import numpy as np
import pytest
from PIL import Image

from app.core.bundles.network_input import Input
from app.core.images import decoding, geometry
from app.core.images.preparation import prepare
from app.core.networks.class_logits import class_logits
from app.core.scoring.engine import Engine
from app.core.sources.left_out import LeftOut
from app.core.sources.sources import from_paths
from app.core.sources.uploads import keep_uploads, kept_sources
from app.core.statistics.calibration import softmax
from model_training.data.datasets import Case
from model_training.data.film_cache import decode_cases
from tests.bundles import BINARY, make_bundle

pytestmark = pytest.mark.slow

THREE = ("CLEAR", "EFFUSION", "NODULE")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One film in the shapes it comes in, and two files nobody can judge."""
    folder = tmp_path_factory.mktemp("films")
    generator = np.random.default_rng(5)
    smooth = cv2.GaussianBlur(generator.integers(0, 256, (300, 220), np.uint8), (0, 0), 9)
    film = cv2.normalize(smooth, None, 10, 240, cv2.NORM_MINMAX)
    tinted = np.stack([film, film, np.clip(film.astype(int) + 6, 0, 255).astype(np.uint8)], -1)
    deep = film.astype(np.uint16) * 257
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(film).save(folder / "grey.png")
    Image.fromarray(film).save(folder / "grey.jpg", quality=85)
    Image.fromarray(tinted).save(folder / "tinted film.png")
    Image.fromarray(deep).save(folder / "deep.png")
    Image.fromarray(deep).save(folder / "deep.tif")
    Image.fromarray(film).save(folder / "turned.jpg", exif=turned)
    Image.fromarray(tinted).convert("RGBA").save(folder / "see-through.png")
    Image.fromarray(film[:40, :33]).save(folder / "smaller than the input.png")
    colours = generator.integers(0, 256, (60, 60, 3), np.uint8)
    Image.fromarray(colours).save(folder / "photograph.png")
    (folder / "torn.jpg").write_bytes((folder / "grey.jpg").read_bytes()[:900])
    for number in range(20):  # so that two bad files are few
        noise = np.random.default_rng(number).integers(0, 256, (64, 64), np.uint8)
        Image.fromarray(noise).save(folder / f"more{number:02d}.png")
    return folder


def in_training(folder, network_input, target):
    """What the trainer's cache holds for each file of the folder, and what it leaves out."""
    cases = [Case(path, path.name, 0, "", "", "") for path in sorted(folder.iterdir())]
    return cases, decode_cases(cases, network_input, target)


def served(engine, sources):
    return {result.image_id: result for result in engine.score(sources)}


@pytest.mark.parametrize(("fit", "channels"), [("stretch", 1), ("pad", 3)])
def test_a_file_gives_the_same_pixels_and_score_on_both_sides(folder, tmp_path, fit, channels):
    bundle = make_bundle(tmp_path, channels=channels, fit=fit)
    engine = Engine(bundle)
    cases, kept = in_training(folder, bundle.manifest.input, tmp_path / "cache")
    results = served(engine, from_paths([folder]))
    pixels = kept.pixels.astype(np.float32)
    trained = np.asarray(engine.network.model(pixels, training=False))[:, 0]

    assert set(kept.failed.values()) == (
        {"damaged"} if channels == 3 else {"damaged", "colour_picture"}
    )
    for index, case in enumerate(cases):
        result = results[kept.digests[index]]
        assert result.source.path == case.path
        if index in kept.failed:
            assert result.reason_code == kept.failed[index]
            continue
        row = kept.rows[index]
        prepared = prepare(case.path.read_bytes(), bundle.manifest.input)
        np.testing.assert_array_equal(prepared.pixels, kept.pixels[row])
        assert result.prediction.raw_probability == pytest.approx(trained[row], abs=1e-4)


def test_file_upload_and_archive_get_one_score(folder, bundle, tmp_path):
    engine = Engine(bundle)
    files = sorted(folder.iterdir())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, f"a folder/{path.name}")
    packed.name = "films.zip"
    uploads = []
    for path in files:
        upload = io.BytesIO(path.read_bytes())
        upload.name = path.name
        uploads.append(upload)
    found = {}
    for name, chosen in (("uploads", uploads), ("archive", [packed])):
        keep_uploads(chosen, tmp_path / name, LeftOut())
        found[name] = kept_sources(tmp_path / name, LeftOut())

    by_path = served(engine, from_paths(files))

    for sources in found.values():
        scores = served(engine, sources)
        assert scores.keys() == by_path.keys()
        for image_id, result in by_path.items():
            assert scores[image_id].prediction == result.prediction
            assert scores[image_id].reason_code == result.reason_code


# tests/app/core/scoring/test_engine.py has basic-cnn with one output, whose layers custom-cnn has
# too, and tests/model_training/networks/test_backbones.py has the backbones.
@pytest.mark.parametrize(
    ("preset", "classes"), [("probreathe", BINARY), ("residual", BINARY), ("basic-cnn", THREE)]
)
def test_the_engine_computes_what_keras_computes(preset, classes, tmp_path):
    bundle = make_bundle(tmp_path, preset=preset, classes=classes, image_size=40)
    engine = Engine(bundle, backend="openvino")
    pixels = np.random.default_rng(2).integers(0, 256, (5, 40, 40, 1), np.uint8)
    trained = keras.models.load_model(bundle.path / "model.keras", compile=False)

    logits, maps, _ = engine.run(pixels)

    expected = np.asarray(trained(pixels.astype(np.float32), training=False))
    found = softmax(class_logits(logits))[:, -expected.shape[1] :]
    np.testing.assert_allclose(found, expected, atol=1e-4)
    layer = trained.get_layer(bundle.manifest.heatmap.layer)
    assert maps.shape == (5, *layer.output.shape[1:3], expected.shape[1])


def test_pixels_agree_for_an_input_that_is_not_square(folder, tmp_path):
    size = Input(height=36, width=60, channels=1, fit="pad")
    cases, kept = in_training(folder, size, tmp_path / "cache")

    for index, case in enumerate(cases):
        if index not in kept.failed:
            film = decoding.decode(case.path.read_bytes())
            expected = geometry.fit(film, height=36, width=60, channels=1, how="pad")
            np.testing.assert_array_equal(kept.pixels[kept.rows[index]], expected)
