"""The outlines of a patient's organs and bones, in the thorax coordinates of `anatomy`."""

from __future__ import annotations

import numpy as np

from model_training.phantoms.anatomy import RIGHT, Anatomy, Points

NUM_RIBS = 12
NUM_VERTEBRAE = 22

# One lung traced from radiographs: down the chest wall, then up along the mediastinum.
CHEST_WALL = (
    (0.24, 0.015), (0.40, 0.0), (0.56, 0.05), (0.72, 0.16), (0.84, 0.33),
    (0.92, 0.52), (0.97, 0.71), (0.995, 0.88), (0.985, 0.985),
)  # fmt: skip
MEDIASTINAL_WALL = ((0.12, 0.93), (0.11, 0.70), (0.12, 0.45), (0.13, 0.25), (0.15, 0.10))


def smooth_outline(corners: Points, *, points_per_corner: int = 8) -> Points:
    """A closed Catmull-Rom spline.

    Args:
        corners: Points the spline passes through, shape `(num_corners, 2)`.
        points_per_corner: Number of points between one corner and the next.

    Returns:
        Shape `(num_corners * points_per_corner, 2)`, in the coordinates of `corners`.
    """
    before, after = np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0)
    beyond = np.roll(corners, -2, axis=0)
    u = np.linspace(0, 1, points_per_corner, endpoint=False)[:, None, None]
    curve = 0.5 * (
        2 * corners
        + (after - before) * u
        + (2 * before - 5 * corners + 4 * after - beyond) * u**2
        + (3 * corners - before - 3 * after + beyond) * u**3
    )
    return np.asarray(curve).transpose(1, 0, 2).reshape(-1, 2)


def cage(t: Points | float) -> Points:
    """Half-width of the rib cage.

    Args:
        t: Heights in thorax coordinates, a scalar or an array of any shape.

    Returns:
        Half-widths in thorax coordinates, same shape as `t`.
    """
    wall = np.array(CHEST_WALL)
    return np.asarray(np.interp(t, wall[:, 1], wall[:, 0]) + 0.02)


def lung_outline(anatomy: Anatomy, side: int) -> Points:
    """Outline of one lung, from its apex past the costophrenic angle and up the mediastinum.

    Args:
        anatomy: The patient.
        side: `RIGHT` or `LEFT`.

    Returns:
        Thorax coordinates, shape `(num_points, 2)`.
    """
    dome = anatomy.domes[0 if side == RIGHT else 1]
    diaphragm = [
        (x, dome + (0.985 - dome) * rise)
        for x, rise in ((0.95, 0.62), (0.83, 0.24), (0.66, 0.04), (0.50, 0.0), (0.32, 0.16))
    ]
    corners = np.array([*CHEST_WALL, *diaphragm, (0.18, dome + 0.07), *MEDIASTINAL_WALL[1:]])
    return smooth_outline(corners * (side, 1))


def heart_outline(anatomy: Anatomy) -> Points:
    """Outline of the heart and the root of the great vessels, mostly left of the midline.

    Returns thorax coordinates, shape `(num_points, 2)`.
    """
    right, left = anatomy.heart
    apex, dome = anatomy.apex, anatomy.domes[1]
    corners = (
        (-0.10, 0.30), (-0.8 * right, 0.46), (-right, 0.62), (-0.92 * right, 0.77),
        (-0.5 * right, 0.90), (0.10, dome + 0.12), (0.72 * left, apex + 0.08),
        (0.98 * left, apex + 0.01), (0.95 * left, apex - 0.10),
        (0.78 * left, apex - 0.22), (0.18 + 0.30 * left, 0.50), (0.25, 0.41), (0.10, 0.30),
    )  # fmt: skip
    return smooth_outline(np.array(corners))


def mediastinum_outline(anatomy: Anatomy) -> Points:
    """Outline of the great vessels, from the thoracic inlet to the diaphragm.

    Returns thorax coordinates, shape `(num_points, 2)`.
    """
    half = anatomy.mediastinum
    corners = (
        (-0.12, -0.12), (-0.9 * half, 0.02), (-half, 0.14), (-1.04 * half, 0.32),
        (-0.20, 0.52), (-0.15, 0.80), (-0.12, 1.05), (0.13, 1.05), (0.16, 0.80),
        (0.20, 0.50), (0.85 * half, 0.37), (0.80 * half, 0.14), (0.85 * half, 0.02),
        (0.12, -0.12),
    )  # fmt: skip
    return smooth_outline(np.array(corners))


def aortic_knob(anatomy: Anatomy) -> Points:
    """The aortic arch seen end on, at the left border of the mediastinum.

    Returns thorax coordinates, shape `(num_points, 2)`.
    """
    return disc((0.75 * anatomy.mediastinum, 0.29), (anatomy.aorta, 0.65 * anatomy.aorta))


def airway_axes() -> tuple[Points, ...]:
    """Centre lines of the trachea and of the right and left main bronchus.

    Returns rows `(x, t, width)` in thorax coordinates, one array of shape `(num_points, 3)` each.
    """
    windpipe = ((0.0, -0.42, 0.13), (-0.01, -0.1, 0.125), (-0.03, 0.2, 0.12), (-0.03, 0.36, 0.12))
    right = ((-0.03, 0.35, 0.09), (-0.12, 0.43, 0.085), (-0.21, 0.50, 0.06))
    left = ((-0.03, 0.35, 0.08), (0.10, 0.44, 0.07), (0.22, 0.47, 0.05))
    return np.array(windpipe), np.array(right), np.array(left)


def trunk_outline(anatomy: Anatomy) -> Points:
    """Outline of neck, shoulders and trunk.

    Returns thorax coordinates, shape `(num_points, 2)`.
    """
    skin, top = 1.05 + 0.13 * anatomy.flesh, anatomy.shoulders
    half = (
        (0.38, -0.75), (0.37, -0.34), (0.45, top - 0.09), (0.80, top - 0.02),
        (1.15, top + 0.03), (1.36, top + 0.14), (1.30, top + 0.34), (1.20, 0.40),
        (skin, 0.62), (skin, 0.95), (skin + 0.02, 1.7),
    )  # fmt: skip
    right = [(-x, t) for x, t in reversed(half)]
    return smooth_outline(np.array([*half, *right]))


def arm_axis(anatomy: Anatomy, side: int) -> Points:
    """Centre line of one upper arm, from the shoulder past the elbow.

    Args:
        anatomy: The patient.
        side: `RIGHT` or `LEFT`.

    Returns:
        Thorax coordinates, shape `(num_points, 2)`.
    """
    shoulder = np.array((1.20, anatomy.shoulders + 0.17))
    along = np.array((np.cos(anatomy.arms), 0.58 * np.sin(anatomy.arms)))
    return (shoulder + np.outer(np.linspace(0, 1.3, 8), along)) * (side, 1)


def vertebra_outline(index: int) -> Points:
    """Outline of one vertebral body; index 0 is in the neck.

    Returns thorax coordinates, shape `(num_points, 2)`.
    """
    half = 0.075 + 0.0035 * index
    middle = -0.42 + 0.089 * index
    corners = (
        (-half, -0.034), (0.0, -0.030), (half, -0.034), (0.88 * half, 0.0), (half, 0.034),
        (0.0, 0.030), (-half, 0.034), (-0.88 * half, 0.0),
    )  # fmt: skip
    return smooth_outline(np.array(corners) + np.array((0.0, middle)), points_per_corner=4)


def rib_axis(anatomy: Anatomy, index: int, side: int) -> Points:
    """Centre line of a rib, from the spine to its anterior end.

    Ribs are tilted loops, as in the body, so that their posterior and anterior parts cross on
    the film.

    Args:
        anatomy: The patient.
        index: 0 for the first rib, up to `NUM_RIBS - 1`.
        side: `RIGHT` or `LEFT`.

    Returns:
        Rows `(x, t, depth)`, shape `(num_points, 3)`; depth runs from -1 at the back to 1 at the
        front.
    """
    start = -0.05 + 0.089 * index
    fall = anatomy.rib_fall * (0.4 + 0.6 * min(index / 4, 1) + 0.12 * max(index - 7, 0))
    floating = index >= 10
    end = 1.0 if floating else 2.4 - 0.03 * index
    turn = np.linspace(0.08, end, 40)
    t = start + fall * (turn / np.pi) ** 1.25 - 0.02 * np.sin(2 * turn)
    reach = 0.6 * cage(t) + 0.4 * cage(start + 0.45 * fall)
    x = reach * np.sin(turn) ** 0.95
    return np.column_stack((side * x, t, -np.cos(turn)))


def clavicle_axis(anatomy: Anatomy, side: int) -> Points:
    """Centre line of a clavicle, S-shaped from the sternum to the shoulder.

    Args:
        anatomy: The patient.
        side: `RIGHT` or `LEFT`.

    Returns:
        Thorax coordinates, shape `(num_points, 2)`.
    """
    u = np.linspace(0, 1, 24)
    x = 0.12 + 0.98 * u
    t = 0.075 + (anatomy.shoulders - 0.02) * u**1.1 + 0.02 * np.sin(2 * np.pi * u)
    return np.column_stack((side * x, t))


def scapula_outline(anatomy: Anatomy, side: int) -> Points:
    """Outline of a scapula, most of it lateral to the lung.

    Args:
        anatomy: The patient.
        side: `RIGHT` or `LEFT`.

    Returns:
        Thorax coordinates, shape `(num_points, 2)`.
    """
    top = anatomy.shoulders
    corners = np.array(
        ((0.80, top + 0.11), (1.00, top + 0.09), (1.14, top + 0.13), (1.10, top + 0.24),
         (1.03, 0.34), (0.97, 0.48), (0.92, 0.43), (0.84, 0.24))
    )  # fmt: skip
    return smooth_outline(corners * (side, 1))


def stomach_outline(anatomy: Anatomy) -> Points:
    """Gastric air under the left hemidiaphragm, with an air-fluid level.

    Returns thorax coordinates, shape `(num_points, 2)`.
    """
    radius, top = anatomy.stomach, anatomy.domes[1] + 0.035
    corners = np.array(
        ((-1.1, 0.45), (-1.15, 0.2), (-0.7, 0.03), (0.0, 0.0), (0.8, 0.06), (1.3, 0.3), (1.2, 0.5),
         (0.2, 0.56))
    )  # fmt: skip
    return smooth_outline(corners * (radius, 1.4 * radius) + (0.45, top))


def disc(centre: tuple[float, float], radii: tuple[float, float]) -> Points:
    """An axis-aligned ellipse.

    Args:
        centre: `(x, t)`.
        radii: Semi-axes along `x` and `t`.

    Returns:
        Outline of 40 points, shape `(40, 2)`, in the coordinates of `centre`.
    """
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.column_stack((np.cos(turn), np.sin(turn))) * radii + centre
