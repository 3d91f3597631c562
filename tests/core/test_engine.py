"""The engine on real files: order, refusal, memory, and equality with Keras."""

import threading
import tracemalloc

import cv2
import numpy as np
import pytest

from app.core import images
from app.core.engine import BATCH_SIZE, Engine
from app.core.network import class_logits
from app.core.sources import Source


@pytest.fixture(scope="module")
def engine(bundle):
    return Engine(bundle)


@pytest.fixture(
    scope="module",
    params=[(name, backend) for name in ("bundle", "three_class_bundle")
            for backend in ("openvino", "tensorflow")],
    ids="-".join,
)  # fmt: skip
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
        assert (result.reading is None) == (result.status != "ok")
        assert (result.evidence is None) == (result.status != "ok")


def test_scores_equal_keras_one_image_at_a_time(any_engine, films):
    engine = any_engine
    results = [result for result in engine.score(films) if result.reading]

    for result in results[:12]:
        film = images.decode(result.source.read())
        expected = engine.network.model(engine.fitted(film)[None].astype(np.float32))[0].numpy()
        raw = result.reading.raw_probability
        found = [raw] if len(expected) == 1 else [expected.max()]
        np.testing.assert_allclose(found, [expected.max()], atol=1e-4)
        np.testing.assert_allclose(raw, expected.max(), atol=1e-4)


def test_evidence_is_grad_cam_of_the_predicted_class(any_engine, films):
    """Against a plain gradient of the whole network, written without the engine's cut."""
    import tensorflow as tf

    engine = any_engine
    result = next(r for r in engine.score(films) if r.reading)
    film = images.decode(result.source.read())
    pixels = engine.fitted(film)[None].astype(np.float32)
    network = engine.network
    with tf.GradientTape() as tape:
        features, logits = network.logits_model(pixels)
        tape.watch(features)
        logits = network.head(features)
        wide = tf.concat([-logits, logits], 1) if logits.shape[1] == 1 else logits
        score = wide[0, result.reading.class_index]
    weights = tape.gradient(score, features).numpy().mean(axis=(1, 2))
    expected = (features.numpy() * weights[:, None, None]).sum(-1)[0]

    if engine.bundle.manifest.input.fit == "stretch":
        np.testing.assert_allclose(result.evidence, expected, atol=1e-4)
    else:
        assert result.evidence.shape[0] <= expected.shape[0]
        assert result.evidence.dtype == np.float32


def test_explain_agrees_with_score(engine, films):
    result = next(r for r in engine.score(films) if r.reading)
    reading, evidence = engine.explain(images.decode(result.source.read()))

    assert reading.probability == pytest.approx(result.reading.probability, abs=1e-6)
    np.testing.assert_allclose(evidence[reading.class_index], result.evidence, atol=1e-5)
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
    few, many = ([peak(count) for _ in range(3)] for count in (128, 512))
    assert min(many) < 1.3 * max(few)


def test_an_empty_stream_gives_nothing(engine):
    assert list(engine.score([])) == []


def test_two_sessions_at_once_get_their_own_results(engine, films):
    alone = [r.reading.probability for r in engine.score(films) if r.reading]
    found = {}

    def run(name, sources):
        found[name] = [r.reading.probability for r in engine.score(sources) if r.reading]

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


def test_a_sigmoid_becomes_two_class_logits():
    np.testing.assert_array_equal(class_logits(np.array([[2.0]])), [[0.0, 2.0]])


def test_a_film_scores_alike_whatever_stands_beside_it(engine, films):
    readable = [r.source for r in engine.score(films) if r.reading]
    alone = next(engine.score([readable[5]])).reading.probability
    within = list(engine.score(readable))[5].reading.probability

    assert alone == pytest.approx(within, abs=1e-6)
