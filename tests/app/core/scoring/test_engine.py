"""The engine on real files: order, refusal, memory, and equality with Keras."""

import threading
import time
import tracemalloc
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import pytest
from scipy import ndimage

from app.core.errors import SourceError
from app.core.images.preparation import prepare
from app.core.scoring import engine as engine_module
from app.core.scoring.engine import BATCH_SIZE, Engine
from app.core.scoring.result import Result
from app.core.sources.read_ahead import ReadAhead
from app.core.sources.source import Source


@pytest.fixture(scope="module")
def engine(bundle):
    return Engine(bundle)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(
            (name, backend),
            id=f"{name}-{backend}",
            marks=() if (name, backend) == ("bundle", "openvino") else pytest.mark.slow,
        )
        for name in ("bundle", "three_class_bundle", "findings_bundle")
        for backend in ("openvino", "tensorflow")
    ],
)
def any_engine(request):
    name, backend = request.param
    return Engine(request.getfixturevalue(name), backend=backend)


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Forty films of different sizes, every seventh of them broken."""
    folder = tmp_path_factory.mktemp("films")
    generator = np.random.default_rng(3)
    for number in range(40):
        rows, columns = generator.integers(60, 200, 2)
        path = folder / f"film{number:02d}.png"
        cv2.imwrite(str(path), generator.integers(0, 256, (rows, columns), np.uint8))
        if number % 7 == 3:
            path.write_bytes(path.read_bytes()[:200])
    return [Source(path.name, path) for path in sorted(folder.iterdir())]


def test_one_result_for_each_source_in_order(engine, films):
    results = list(engine.score(films))

    assert [result.source for result in results] == films
    for number, result in enumerate(results):
        assert (result.status == "unreadable") == (number % 7 == 3)
        assert result.reason_code == ("damaged" if number % 7 == 3 else "")
        assert bool(result.reason) == bool(result.reason_code)
        assert not result.reason.startswith("damaged")
        assert (result.prediction is None) == (result.status != "ok")
        assert (result.evidence is None) == (result.status != "ok")


def test_scores_equal_keras_one_image_at_a_time(any_engine, films):
    engine = any_engine
    results = [result for result in engine.score(films) if result.prediction]

    for result in results[:12]:
        pixels = prepare(result.source.read(), engine.bundle.manifest.input).pixels
        expected = engine.network.model(pixels[None].astype(np.float32))[0].numpy()
        if findings := result.prediction.findings:
            np.testing.assert_allclose(
                [finding.raw_probability for finding in findings], expected, atol=1e-4
            )
            continue
        raw = result.prediction.raw_probability
        found = [raw] if len(expected) == 1 else [expected.max()]
        np.testing.assert_allclose(found, [expected.max()], atol=1e-4)
        np.testing.assert_allclose(raw, expected.max(), atol=1e-4)


def grad_cam(network, pixels, class_index):
    """A plain gradient through the whole Keras network, without the cut that the engine makes."""
    import keras
    import tensorflow as tf

    model, last = network.model, network.model.layers[-1]
    assert isinstance(last, keras.layers.Dense)
    features = model.get_layer(network.heatmap_layer).output
    inside = keras.Model(model.input, [features, last.input])
    with tf.GradientTape() as tape:
        features, before_last = inside(pixels[None].astype(np.float32))
        logits = before_last @ last.kernel + last.bias
        wide = tf.concat([-logits, logits], 1) if logits.shape[1] == 1 else logits
        score = wide[0, class_index]
    weights = tape.gradient(score, features).numpy().mean(axis=(1, 2))
    return (features.numpy() * weights[:, None, None]).sum(-1)[0]


def film_part(evidence, film_shape, side):
    """The cells `(rows, columns)` of a map that the film fills in the middle of a square."""

    def centres(length, cells):
        inside = round(length * side / max(film_shape))
        count = max(1, round(cells * inside / side))
        first = (side - inside) // 2
        return ((first + (np.arange(count) + 0.5) * inside / count) * cells / side) - 0.5

    rows, columns = (
        centres(length, cells) for length, cells in zip(film_shape, evidence.shape, strict=True)
    )
    places = np.meshgrid(rows, columns, indexing="ij")
    return ndimage.map_coordinates(evidence, places, order=1, mode="nearest")


def test_evidence_is_grad_cam_of_the_predicted_class(any_engine, films):
    engine, size = any_engine, any_engine.bundle.manifest.input
    for result in [r for r in engine.score(films) if r.prediction][:6]:
        prepared = prepare(result.source.read(), size)
        expected = grad_cam(engine.network, prepared.pixels, result.prediction.class_index)
        tolerance = 1e-4 * np.abs(expected).max()
        if size.fit == "pad":
            # OpenCV interpolates in steps of 1/32 of a cell in each direction.
            tolerance += np.ptp(expected) / 32
            expected = film_part(expected, prepared.film.pixels.shape[:2], size.height)

        assert result.evidence.dtype == np.float32
        assert np.ptp(expected) > 4 * tolerance
        np.testing.assert_allclose(result.evidence, expected, atol=tolerance, rtol=0)


def test_explain_agrees_with_score(engine, films):
    result = next(r for r in engine.score(films) if r.prediction)
    prediction, evidence = engine.explain(
        prepare(result.source.read(), engine.bundle.manifest.input)
    )

    assert prediction.probability == pytest.approx(result.prediction.probability, abs=1e-6)
    np.testing.assert_allclose(evidence[prediction.class_index], result.evidence, atol=1e-5)
    np.testing.assert_allclose(evidence[0], -evidence[1], atol=1e-5)


def test_sources_are_read_only_a_few_batches_ahead(engine, films):
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield films[0]

    results = engine.score(endless())
    for _ in range(5):
        next(results)
    results.close()

    assert taken <= (2 * engine.workers + 1) * BATCH_SIZE


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_images(engine, films):
    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in engine.score(films[index % 3] for index in range(count)):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(64)

    # How many batches are under way at once hangs on the scheduler, not on the number of images.
    few, many = ([peak(count) for _ in range(2)] for count in (128, 384))
    assert min(many) < 1.3 * max(few)


@dataclass
class Bytes:
    """What a file system gives, when it gives it."""

    data: bytes = b"film"
    until: threading.Event | None = None
    size: int = 4

    def read(self):
        if self.until is not None:
            self.until.wait(60)
        return self.data


class Known:
    """Has the result of every film, so that these tests are about reading alone."""

    def get(self, image_id, source):
        return Result(source, image_id, "ok")

    def add(self, results):
        pass


@pytest.fixture
def hanging():
    """Set at the end, so that no thread of a test outlives it."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def little_room(bundle, monkeypatch):
    """An engine of two threads that reads ahead as with large films: the first batch fills it."""
    monkeypatch.setattr(engine_module, "ReadAhead", partial(ReadAhead, max_bytes=1))
    return Engine(bundle, workers=2)


def ended(run):
    """What it raised; fails if it never ends."""
    found = []

    def watched():
        try:
            run()
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=watched, daemon=True)
    thread.start()
    thread.join(15)
    assert not thread.is_alive(), "the run does not end"
    return found


def test_a_store_that_fails_ends_the_run(little_room):
    class Failing(Known):
        def get(self, image_id, source):
            if source.name == "0":
                time.sleep(0.3)  # meanwhile what lies unread fills the room
                raise SourceError("The store cannot be read.")
            return super().get(image_id, source)

    films = [Source(str(number), None, Bytes()) for number in range(64)]

    (error,) = ended(lambda: list(little_room.score(films, known=Failing())))

    assert str(error) == "The store cannot be read."


@pytest.mark.slow
def test_a_file_system_that_is_gone_ends_the_run(little_room, hanging):
    """Every eighth file hangs, and what comes of the others fills the room."""
    films = [
        Source(str(number), None, Bytes(until=None if number % BATCH_SIZE else hanging))
        for number in range(400)
    ]

    (error,) = ended(lambda: list(little_room.score(films, known=Known(), seconds_a_read=0.1)))

    assert isinstance(error, SourceError)
    assert "16 files could not be read" in str(error)


def test_a_run_that_is_left_waits_for_no_file(little_room, hanging):
    films = [
        Source(str(number), None, Bytes(until=None if number < BATCH_SIZE else hanging))
        for number in range(64)
    ]

    def first_only():
        results = little_room.score(films, known=Known())
        next(results)
        results.close()

    assert not ended(first_only)


def test_an_empty_stream_gives_nothing(engine):
    assert list(engine.score([])) == []


def test_two_sessions_at_once_get_their_own_results(engine, films):
    alone = [r.prediction.probability for r in engine.score(films) if r.prediction]
    found = {}

    def run(name, sources):
        found[name] = [r.prediction.probability for r in engine.score(sources) if r.prediction]

    threads = [
        threading.Thread(target=run, args=("forward", films)),
        threading.Thread(target=run, args=("backward", films[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    np.testing.assert_allclose(found["forward"], alone, atol=1e-6)
    np.testing.assert_allclose(found["backward"][::-1], alone, atol=1e-6)


def test_a_film_scores_alike_whatever_stands_beside_it(engine, films):
    readable = [r.source for r in engine.score(films) if r.prediction]
    alone = next(engine.score([readable[5]])).prediction.probability
    within = list(engine.score(readable))[5].prediction.probability

    assert alone == pytest.approx(within, abs=1e-6)
