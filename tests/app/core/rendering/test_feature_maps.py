"""Pictures of maps: every cell where it belongs, every value in its colour."""

from __future__ import annotations

import numpy as np
import pytest

from app.core.bundles.network_input import Input
from app.core.images.film import Film
from app.core.rendering import feature_maps
from app.core.rendering.feature_maps import Scale

STRETCH = Input(height=64, width=64, channels=1, fit="stretch")
PAD = Input(height=64, width=64, channels=1, fit="pad")


def test_grey_runs_from_the_lowest_to_the_highest_value():
    values = np.array([[-1.0, 0.0], [1.0, 3.0]], np.float32)

    picture = feature_maps.coloured(values, scale=feature_maps.scale_of(values))

    np.testing.assert_array_equal(picture[..., 0], [[0, 64], [128, 255]])
    assert (picture[..., 0] == picture[..., 2]).all()


def test_what_lies_outside_the_scale_is_clipped_and_a_flat_map_is_darkest():
    outside = np.array([[-5.0, 9.0]], np.float32)

    clipped = feature_maps.coloured(outside, scale=Scale(0.0, 1.0))
    flat = feature_maps.coloured(np.full((2, 2), 4, np.float32), scale=Scale(4.0, 4.0))

    np.testing.assert_array_equal(clipped[0, :, 0], [0, 255])
    assert (flat == 0).all()


def test_the_colours_get_lighter_all_the_way():
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[np.newaxis]

    picture = feature_maps.coloured(ramp, scale=Scale(0, 1), colour_map="Violet to yellow")

    lightness = picture[0] @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(lightness) > -0.5).all()
    assert tuple(picture[0, -1]) == (252, 255, 164)


def test_a_sheet_holds_the_channels_in_order_on_one_scale():
    values = np.zeros((2, 3, 5), np.float32)
    values[..., 4], values[..., 2] = 10.0, 5.0

    sheet = feature_maps.channel_sheet(values, [4, 2, 0, 1, 3], scale=Scale(0.0, 10.0))

    assert (sheet.columns, sheet.tile) == (3, (2, 3))
    assert sheet.picture.shape == (4, 9, 3)
    assert (sheet.picture[:2, :3] == 255).all()
    assert (sheet.picture[:2, 3:6] == 128).all()
    assert (sheet.picture[2:] == 0).all()


def test_on_its_own_scale_a_weak_channel_is_seen():
    values = np.zeros((2, 2, 2), np.float32)
    values[0, 0, 0], values[0, 0, 1] = 100.0, 0.001

    shared = feature_maps.channel_sheet(values, [0, 1], scale=Scale(0.0, 100.0))
    own = feature_maps.channel_sheet(values, [0, 1], scale=None)

    assert shared.picture[0, 2, 0] == 0
    assert own.picture[0, 2, 0] == 255


def test_large_maps_are_averaged_down_in_a_sheet():
    values = np.random.default_rng(0).random((300, 150, 2), np.float32)

    sheet = feature_maps.channel_sheet(values, [1, 0], scale=Scale(0, 1))

    assert sheet.tile == (112, 56)
    assert sheet.picture[:, :56].mean() == pytest.approx(255 * values[..., 1].mean(), abs=1)


def test_enlarging_repeats_cells():
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)

    large = feature_maps.enlarged(picture, side=5)

    assert large.shape == (6, 6, 3)
    np.testing.assert_array_equal(large[::3, ::3], picture)
    assert (large[:3, :3] == picture[0, 0]).all()


def test_a_stretched_map_takes_the_shape_of_the_film():
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)

    shaped = feature_maps.fit_to_film(picture, (50, 100), STRETCH, side=40)

    assert shaped.shape == (20, 40, 3)
    assert (shaped[:10, :20] == picture[0, 0]).all()
    assert (shaped[10:, 20:] == picture[1, 1]).all()


def test_the_padding_of_a_map_is_cut_off():
    # A film twice as wide as high fills the middle 32 of 64 rows: rows 1 and 2 of 4.
    picture = np.repeat(np.arange(4, dtype=np.uint8)[:, None, None], 4, axis=1).repeat(3, axis=2)

    shaped = feature_maps.fit_to_film(picture, (50, 100), PAD, side=40)

    assert shaped.shape == (20, 40, 3)
    assert (shaped[:10] == 1).all()
    assert (shaped[10:] == 2).all()


def test_over_the_film_only_positive_values_are_drawn():
    film = Film(np.full((30, 60), 100, np.uint8))
    values = np.full((4, 4), -2.0, np.float32)
    values[:, 2:] = 3.0

    picture = feature_maps.overlay_on_film(film, values, STRETCH, high=3.0)
    nothing = feature_maps.overlay_on_film(film, -np.abs(values), STRETCH, high=-2.0)

    assert picture.shape == (30, 60, 3)
    assert (picture[:, :20] == 100).all()
    assert (picture[:, 45:, 0] > 150).all()
    assert (nothing == 100).all()
    assert (film.pixels == 100).all()


def test_the_walk_ends_with_the_film_and_its_evidence():
    film = Film(np.full((30, 60), 100, np.uint8))
    maps = [np.eye(8, dtype=np.float32), np.eye(2, dtype=np.float32)]

    sheet = feature_maps.walk_sheet(
        maps, film, np.full((2, 2), 5.0, np.float32), PAD, evidence_scale=5.0
    )

    height, width = sheet.tile
    assert (sheet.columns, height, width) == (2, 128, 128)
    np.testing.assert_array_equal(np.unique(sheet.picture[:height]), [0, 255])
    last = sheet.picture[height:, :width]
    assert (last[:30] == 0).all()  # the padding
    assert last[64, 64, 0] > last[64, 64, 2] + 50  # yellow over grey
