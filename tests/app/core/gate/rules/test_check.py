"""All rules together on real films: faults are found and named, held-out films pass.

The ranges come from one half of the films of each kind, by patient, and the rules are tried on
the other.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.core.errors import ImageError, RefusedImageError
from app.core.gate.film_view import FilmView
from app.core.gate.image_statistics import NAMES, image_statistics, view_statistics
from app.core.gate.rules.check import PIXEL_RULES, check_look
from app.core.gate.rules.header import check_header
from app.core.gate.rules.look import Look
from app.core.gate.rules.mirrored import check_mirrored
from app.core.gate.rules.quality import check_quality
from app.core.gate.statistic_ranges import StatisticRanges
from app.core.images.decoding import decode
from app.core.images.film import Film
from app.core.images.reading import ReadOptions
from app.core.images.remedies import apply
from tests.app.core.gate.rules.looks import INPUT

NUM_HELD_OUT = 400
NUM_WITH_A_FAULT = 40


def check(film: Film, ranges: StatisticRanges) -> None:
    """All that is asked of the pixels of a film that its reference finds familiar."""
    view = FilmView(film)
    look = Look(view.shape, view_statistics(view), ranges, INPUT, view)
    check_look(look)
    check_mirrored(view)
    check_quality(look)


class Kind:
    """Films of one kind: the ranges of some, and others that were held out."""

    def __init__(self, paths: list[Path]) -> None:
        # Neighbouring slices and films of one patient have neighbouring names: two blocks, so that
        # few patients are in both.
        half = len(paths) // 2
        chosen = np.random.default_rng(0)
        first, second = (
            [paths[place] for place in sorted(chosen.choice(half, NUM_HELD_OUT, replace=False))]
            for paths in (paths[:half], paths[half:])
        )
        training = [decode(path.read_bytes()) for path in first]
        self.ranges = StatisticRanges.from_films([image_statistics(film) for film in training])
        self.held_out = [decode(path.read_bytes()) for path in second]
        self.grey = [Film(film.pixels) for film in self.held_out if film.pixels.ndim == 2]

    def code(self, film: Film) -> str:
        try:
            check(film, self.ranges)
        except RefusedImageError as error:
            return error.code
        return "ok"

    def code_of_file(self, path: Path) -> str:
        try:
            return self.code(decode(path.read_bytes()))
        except ImageError as error:
            return error.code


@pytest.fixture(scope="module")
def chest(real_data):
    """Children's films; the classes alternate, so that both halves have both."""
    by_class = [
        sorted((real_data / "chest" / "train" / name).iterdir()) for name in ("NORMAL", "PNEUMONIA")
    ]
    halves = [[], []]
    for paths in by_class:
        halves[0] += paths[: len(paths) // 2]
        halves[1] += paths[len(paths) // 2 :]
    return Kind(halves[0] + halves[1])


@pytest.fixture(scope="module")
def brain(real_data):
    paths = (real_data / "brain" / "Brain Tumor").glob("*.jpg")
    return Kind(sorted(paths, key=lambda path: int("".join(filter(str.isdigit, path.stem)))))


@pytest.fixture(params=["chest", "brain"])
def kind(request):
    return request.getfixturevalue(request.param)


def edit(change):
    return lambda film: Film(np.asarray(change(film.pixels), np.uint8))


def bars(share, level):
    def padded(pixels):
        wide = round(share * min(pixels.shape))
        return np.pad(pixels, wide, constant_values=level)

    return edit(padded)


def blurred(sigma):
    return edit(lambda pixels: cv2.GaussianBlur(pixels, (0, 0), sigma * max(pixels.shape) / 224))


def beside_itself(film):
    """Two films on one picture, squeezed to the size of one; the other one is mirrored below."""
    rows, columns = film.pixels.shape
    other = cv2.convertScaleAbs(film.pixels, alpha=0.85, beta=10)
    both = np.concatenate([film.pixels, np.full((rows, 4), 255, np.uint8), other], axis=1)
    return Film(np.asarray(cv2.resize(both, (columns, rows), interpolation=cv2.INTER_AREA)))


def with_text(film):
    pixels = film.pixels.copy()
    scale = pixels.shape[1] / 224 * 0.45
    for line, text in enumerate(("DOE JOHN 12.03.1961", "ST MARY HOSPITAL")):
        place = (round(pixels.shape[1] * 0.05), round(pixels.shape[0] * (0.4 + 0.1 * line)))
        cv2.putText(pixels, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA)
    return Film(pixels)


def thumbnail(film):
    return Film(np.asarray(cv2.resize(film.pixels, (64, 64), interpolation=cv2.INTER_AREA)))


FAULTS = {
    "white border": (bars(0.1, 255), {"border", "frame"}),
    "two films": (beside_itself, {"several_films"}),
    "text": (with_text, {"text", "document"}),
    "blur": (blurred(3), {"blurred"}),
    "four grey levels": (
        edit(lambda pixels: np.rint(pixels / 85) * 85), {"few_grey_levels", "document"},
    ),
    "thumbnail": (thumbnail, {"small_for_model"}),
    "brightened": (
        edit(lambda pixels: np.clip(pixels.astype(np.int16) + 150, 0, 255)),
        {"too_bright", "document"},
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_named(kind, fault):
    make, codes = FAULTS[fault]
    films = kind.grey[:: len(kind.grey) // NUM_WITH_A_FAULT][:NUM_WITH_A_FAULT]

    found = Counter(kind.code(make(film)) for film in films)

    assert sum(found[code] for code in codes) >= 0.9 * len(films), found


@pytest.mark.slow
def test_no_rule_refuses_films_like_the_training_films(kind):
    """At most one of 400 for each rule, which is 0.25 %."""
    refused: Counter[str] = Counter()
    for film in kind.held_out:
        look = Look(film.pixels.shape[:2], image_statistics(film), kind.ranges, INPUT)
        for rule in PIXEL_RULES:
            try:
                rule(look)
            except RefusedImageError:
                refused[rule.__name__] += 1

    assert len(kind.held_out) == NUM_HELD_OUT
    assert not {name: count for name, count in refused.items() if count > 1}


@pytest.mark.slow
def test_inverted_slices_are_offered_their_remedy(brain):
    for film in brain.grey[:NUM_WITH_A_FAULT]:
        inverted = apply(film, "invert")

        with pytest.raises(RefusedImageError) as refused:
            check(inverted, brain.ranges)

        assert refused.value.code == "inverted"
        assert brain.code(apply(inverted, refused.value.remedy)) == "ok"


@pytest.mark.slow
def test_a_border_is_cut_off_by_its_remedy(chest):
    mended = 0
    for film in chest.grey[:NUM_WITH_A_FAULT]:
        framed = bars(0.1, 255)(film)
        with pytest.raises(RefusedImageError) as refused:
            check(framed, chest.ranges)
        mended += np.array_equal(apply(framed, refused.value.remedy).pixels, film.pixels)

    # A film that ends in white itself loses that too.
    assert mended >= 0.9 * NUM_WITH_A_FAULT


@pytest.mark.slow
@pytest.mark.parametrize("name", ["document", "screenshot"])
def test_documents_and_screenshots_are_refused(kind, real_data, name):
    paths = sorted((real_data / "foreign" / name).glob("*"))

    passed = [path.name for path in paths if kind.code_of_file(path) == "ok"]

    assert len(paths) >= 30
    assert len(passed) <= 0.05 * len(paths), passed


def test_a_chest_model_refuses_the_real_dicom_files_of_limbs(real_data):
    chest = INPUT.model_copy(update={"body_parts": ("CHEST",), "views": ("PA", "AP")})
    found = {}
    for path in sorted((real_data / "dicom").glob("*.dcm")):
        film = decode(path.read_bytes(), ReadOptions(frame=1))
        try:
            check_header(film, chest)
            found[path.name] = (film.body_part, "ok")
        except RefusedImageError as error:
            found[path.name] = (film.body_part, error.code)

    assert {code for part, code in found.values() if part == "EXTREMITY"} == {"wrong_body_part"}
    assert {code for part, code in found.values() if part in ("CHEST", None)} == {"ok"}
    assert sum(part == "EXTREMITY" for part, _ in found.values()) == 2


@pytest.mark.parametrize("rule", PIXEL_RULES, ids=lambda rule: rule.__name__)
def test_no_rule_refuses_a_film_whose_figures_are_all_within_their_ranges(rule):
    """Rules are not asked about such films, see `check_figures`."""
    rng = np.random.default_rng(0)
    for _ in range(100):
        # As a screenshot: letters, lines and print, much of it white; but so are all films here.
        figures = rng.uniform(-10, 10, len(NAMES)).astype(np.float32)
        ranges = StatisticRanges(figures - 1, figures + 1, 100)

        rule(Look((40, 40), figures, ranges, INPUT))

    assert ranges.hold(figures)
    assert ranges.hold(figures + np.float32(0.5))
