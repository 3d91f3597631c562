"""A network that answers with NaN: the film says so, in every backend, and `verify` refuses it."""

import shutil

import cv2
import numpy as np
import pandas as pd
import pytest

from app.cli import main
from app.core.bundles.bundle import load_bundle
from app.core.bundles.bundle_files import MODEL, file_sha256
from app.core.errors import BundleError, InvalidOutputError
from app.core.results.bundle_results import BundleResults
from app.core.results.result_store import ResultStore
from app.core.results.rows import row
from app.core.review.cases import examine
from app.core.review.worklist import STATUS_LABELS, count_by_status, status_of
from app.core.scoring.engine import Engine
from app.core.scoring.output_check import require_numbers, require_probabilities
from app.core.scoring.trial import try_out
from app.core.sources.source import Source
from model_training.cli import main as train_main

pytestmark = pytest.mark.slow


def with_network(bundle, folder, *, weight):
    """A copy of a bundle whose network multiplies the mean grey value, and the digest of that."""
    import keras

    size = bundle.manifest.input
    pixels = keras.Input((size.height, size.width, size.channels))
    features = keras.layers.Conv2D(
        2, 1, use_bias=False, activation="relu", name=bundle.manifest.heatmap.layer,
        kernel_initializer=keras.initializers.Constant(1e18),
    )(pixels)  # fmt: skip
    mean = keras.layers.GlobalAveragePooling2D()(features)
    answer = keras.layers.Dense(
        1, activation="sigmoid", kernel_initializer=keras.initializers.Constant(weight / 1e18)
    )(mean)
    copy = shutil.copytree(bundle.path, folder)
    keras.Model(pixels, answer).save(copy / MODEL)
    manifest = (copy / "bundle.json").read_text()
    digest = file_sha256(copy / MODEL)
    (copy / "bundle.json").write_text(manifest.replace(bundle.manifest.files[MODEL], digest))
    return load_bundle(copy)


@pytest.fixture(scope="module")
def always_infinite(bundle, tmp_path_factory):
    """Of finite weights: from a mean of 2 of 255 on, its logit leaves the range of float32."""
    return with_network(bundle, tmp_path_factory.mktemp("infinite") / "small", weight=3e38)


@pytest.fixture(scope="module")
def overflowing(bundle, tmp_path_factory):
    """Over 200 of 255, its logit leaves the range of float32, which ends at 3.4e38."""
    folder = tmp_path_factory.mktemp("overflow") / "small"
    return with_network(bundle, folder, weight=3.4e38 / 400)


BRIGHT = np.full((60, 60), 255, np.uint8)
BRIGHT[:, :30] = 240


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    for name, picture in (("a.png", BRIGHT - 150), ("b.png", BRIGHT), ("c.png", BRIGHT - 200)):
        cv2.imwrite(str(folder / name), picture)
    return [Source(path.name, path) for path in sorted(folder.iterdir())]


@pytest.mark.parametrize("backend", ["openvino", "tensorflow"])
def test_only_the_film_with_nan_fails(overflowing, films, backend):
    engine = Engine(overflowing, backend=backend)
    results = list(engine.score(films))

    assert [result.status for result in results] == ["ok", "failed", "ok"]
    failed = results[1]
    assert failed.reason_code == "invalid_output"
    assert "NaN" in failed.reason
    assert failed.prediction is failed.evidence is None
    values = row(failed, overflowing)
    assert (values["status"], values["prediction"], values["probability"]) == ("failed", None, None)
    assert STATUS_LABELS[status_of(failed)] == "✕ Model failed"
    assert count_by_status(results)["failed"] == 1


def test_the_case_page_says_so_too(overflowing, films):
    case = examine(Engine(overflowing), films[1], films[1].read())

    assert case.reason_code == "invalid_output"
    assert case.prediction is None
    assert case.film is not None


def test_a_failed_film_is_kept_like_any_result(overflowing, films, tmp_path):
    known = BundleResults(ResultStore(tmp_path / "kept.sqlite3"), overflowing)
    engine = Engine(overflowing)
    first = list(engine.score(films, known=known))[1]

    again = known.get(first.image_id, films[1])

    assert (again.status, again.reason_code) == ("failed", "invalid_output")


def test_verify_runs_the_network_once(bundle, always_infinite, capsys):
    assert main(["verify", str(bundle.path)]) == 0
    assert "tried on noise" in capsys.readouterr().out

    assert main(["verify", str(always_infinite.path)]) == 1
    said = capsys.readouterr()
    assert "NaN" in said.err
    assert always_infinite.sha256 not in said.out


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_weight_that_is_not_finite_is_refused_before_anything_is_scored(
    bundle, tmp_path, value, capsys
):
    """TensorFlow's ReLU may take NaN for zero, so that the answer is a number all the same."""
    broken = with_network(bundle, tmp_path / "small", weight=value)
    out = str(tmp_path / "r.csv")
    for call in (
        ["verify", str(broken.path)],
        ["score", str(broken.path), str(tmp_path), "--out", out],
    ):
        assert main(call) == 1
        assert "weights that are not finite (NaN or infinity), first in" in capsys.readouterr().err
    assert not (tmp_path / "r.csv").exists()


def test_a_sample_is_tried_first(phantom_bundle):
    trial = try_out(Engine(phantom_bundle))
    assert trial.tried_on == f"the sample {phantom_bundle.samples[0].name}"


def test_a_network_that_answers_nothing_is_an_error_of_the_run(
    always_infinite, films, tmp_path, capsys
):
    out = tmp_path / "r.csv"
    inputs = [str(source.path) for source in films]
    assert main(["score", str(always_infinite.path), *inputs, "--out", str(out)]) == 1

    said = capsys.readouterr().err
    assert "overread verify" in said
    assert "3 failed (3 invalid_output)" in said
    table = pd.read_csv(out)
    assert list(table["status"]) == ["failed"] * 3
    assert table["reason"].str.startswith("invalid_output: ").all()
    assert table["probability"].isna().all()
    # The table is whole, so nothing waits to be resumed.
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]
    assert "--resume" not in said


def test_where_it_is_evaluated_the_model_is_at_fault_and_not_the_images(
    always_infinite, films, tmp_path, capsys
):
    for name, source in zip(("NORMAL", "NORMAL", "PNEUMONIA"), films, strict=True):
        (tmp_path / name).mkdir(exist_ok=True)
        shutil.copy(source.path, tmp_path / name)

    assert train_main(["evaluate", str(always_infinite.path), str(tmp_path)]) == 1

    said = capsys.readouterr().err
    assert "None of the 3 images could be scored" in said
    assert "`overread verify`" in said
    assert "check the folder" not in said


def test_a_library_that_fails_is_a_sentence(bundle, films):
    engine = Engine(bundle)

    with pytest.raises(BundleError, match="could not be computed") as caught:
        engine.run(np.zeros((1, 3, 3, 9), np.uint8))
    assert "small" in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers(value):
    maps = np.zeros((2, 3, 2), np.float32)
    require_numbers(np.array([0.5, -2e30]), maps)
    with pytest.raises(InvalidOutputError, match="NaN or infinity"):
        require_numbers(np.array([0.5, value]), maps)
    maps[1, 2, 0] = value
    with pytest.raises(InvalidOutputError, match="NaN or infinity"):
        require_numbers(np.array([0.5, 1.0]), maps)


@pytest.mark.parametrize(
    ("probabilities", "told"),
    [([0.2, 0.9], "add up to 1.1"), ([np.nan, 1.0], "between 0 and 1"),
     ([-0.5, 1.5], "between 0 and 1"), ([0.0, 0.0], "add up to 0 ")],
)  # fmt: skip
def test_probabilities(probabilities, told):
    require_probabilities(np.array([0.25, 0.75]))
    with pytest.raises(InvalidOutputError, match=told):
        require_probabilities(np.array(probabilities))
