"""Draws outlines given in thorax coordinates onto a film."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from model_training.phantoms.anatomy import Anatomy, Image, Points

Ink = NDArray[np.uint8]

SUBPIXEL_BITS = 4
MIDDLE_OF_CHEST = 0.50


@dataclass(frozen=True, slots=True)
class Pose:
    """How the patient is positioned in front of the detector.

    Attributes:
        angle: Rotation in the plane of the film, radians.
        scale: Magnification.
        shift: Displacement to the right and down, as fractions of the film's side.
        turn: Rotation about the long axis of the body, as the sideways displacement of anterior
            structures in thorax coordinates.
        breath: Vertical stretch of the lungs by inspiration.
    """

    angle: float
    scale: float
    shift: tuple[float, float]
    turn: float
    breath: float


class Canvas:
    """A square film of one patient in one pose.

    Attributes:
        anatomy: The patient.
        pose: How the patient is positioned.
        size: Side in pixels.
        unit: Half-width of the chest in pixels.
        x: Thorax coordinate `x` of every pixel, float32, shape `(size, size)`.
        t: Thorax coordinate `t` of every pixel, float32, shape `(size, size)`.
    """

    def __init__(self, anatomy: Anatomy, pose: Pose, *, size: int) -> None:
        """Computes the mapping between pixels and thorax coordinates.

        Args:
            anatomy: The patient.
            pose: How the patient is positioned.
            size: Side in pixels.
        """
        self.anatomy, self.pose, self.size = anatomy, pose, size
        self.unit = pose.scale * size * anatomy.width
        cos, sin = np.cos(pose.angle), np.sin(pose.angle)
        extent = (anatomy.width, anatomy.height * pose.breath)
        self._matrix = pose.scale * size * np.array(((cos, -sin), (sin, cos))) * extent
        self._origin = size * (0.5 + np.array(pose.shift))
        rows, columns = np.mgrid[:size, :size].astype(np.float32)
        inverse = np.linalg.inv(self._matrix).astype(np.float32)
        across, down = columns - np.float32(self._origin[0]), rows - np.float32(self._origin[1])
        self.x: Image = inverse[0, 0] * across + inverse[0, 1] * down
        self.t: Image = inverse[1, 0] * across + inverse[1, 1] * down + np.float32(MIDDLE_OF_CHEST)

    def pixels(self, points: Points, *, depth: float | Points = 0.0) -> Points:
        """Pixel positions of points given in thorax coordinates.

        Args:
            points: Thorax coordinates, shape `(num_points, 2)`.
            depth: From -1 at the patient's back to 1 at the front, a scalar or of shape
                `(num_points,)`. Rotation of the body moves front and back in opposite directions.

        Returns:
            Columns and rows in pixels, shape `(num_points, 2)`.
        """
        x, t = points[:, 0], points[:, 1]
        orders = np.arange(3)[:, None]
        across = np.sin(1.7 * (orders + 1) * x + 2.0 * orders)
        down = np.cos(2.3 * (orders + 1) * t + orders)
        bend_x, bend_t = np.einsum("kij,in,jn->kn", self.anatomy.bend, across, down)
        bent = np.column_stack((x + bend_x + self.pose.turn * depth, t + bend_t - MIDDLE_OF_CHEST))
        return np.asarray(bent @ self._matrix.T + self._origin)

    def blank(self) -> Ink:
        """An empty layer to draw on, uint8 zeros of shape `(size, size)`."""
        return np.zeros((self.size, self.size), np.uint8)

    def fill(self, points: Points, *, depth: float = 0.0) -> Ink:
        """A filled, anti-aliased outline on a layer of its own.

        Args:
            points: Outline in thorax coordinates, shape `(num_points, 2)`.
            depth: See `pixels`.

        Returns:
            0 outside and 255 inside, uint8, shape `(size, size)`.
        """
        layer = self.blank()
        fill(layer, self.pixels(points, depth=depth), value=255)
        return layer

    def body(self, points: Points, *, radius: float, depth: float = 0.0) -> Image:
        """Thickness of a rounded body: 0 at its outline, 1 from `radius` inwards.

        Args:
            points: Outline in thorax coordinates, shape `(num_points, 2)`.
            radius: In half-widths of the chest.
            depth: See `pixels`.

        Returns:
            Values in [0, 1], float32, shape `(size, size)`.
        """
        return rounded(self.fill(points, depth=depth), radius=radius * self.unit)

    def soften(self, layer: Ink, *, radius: float) -> Image:
        """A blurred layer.

        Args:
            layer: Grey values in [0, 255], shape `(size, size)`.
            radius: Standard deviation of the blur, in half-widths of the chest.

        Returns:
            Values in [0, 1], float32, shape `(size, size)`.
        """
        return blur(layer.astype(np.float32) / np.float32(255), sigma=radius * self.unit)


def _fixed_point(points: Points) -> NDArray[np.int32]:
    return np.asarray(np.rint(points * 2**SUBPIXEL_BITS), np.int32)


def fill(layer: Ink, points: Points, *, value: int) -> None:
    """Fills a polygon, in place.

    Args:
        layer: uint8, shape `(size, size)`.
        points: Pixel positions as columns and rows, shape `(num_points, 2)`.
        value: Grey value, 0 to 255.
    """
    cv2.fillPoly(layer, [_fixed_point(points)], value, cv2.LINE_AA, SUBPIXEL_BITS)


def stroke(layer: Ink, lines: Points, *, value: int, width: float, closed: bool = False) -> None:
    """Draws lines, in place; a line thinner than one pixel is drawn fainter instead.

    Args:
        layer: uint8, shape `(size, size)`.
        lines: Pixel positions as columns and rows: one line of shape `(num_points, 2)`, or
            several of shape `(num_lines, num_points, 2)`.
        value: Grey value, 0 to 255.
        width: In pixels.
        closed: Whether to join the last point to the first.
    """
    shade = round(value * min(1.0, max(width, 0.3)))
    paths = list(_fixed_point(lines.reshape(-1, *lines.shape[-2:])))
    pen = max(1, round(width))
    cv2.polylines(layer, paths, closed, shade, pen, cv2.LINE_AA, SUBPIXEL_BITS)


def blur(image: Image, *, sigma: float) -> Image:
    """Gaussian blur; wide blurs are computed at a lower resolution.

    Args:
        image: float32, shape `(height, width)`.
        sigma: Standard deviation in pixels.

    Returns:
        Same shape as `image`; `image` itself where `sigma` is below 0.2.
    """
    if sigma < 0.2:
        return image
    step = max(1, int(sigma / 3))
    if step == 1:
        return cv2.GaussianBlur(image, (0, 0), sigma).astype(np.float32, copy=False)
    height, width = image.shape
    small = cv2.resize(image, (-(-width // step), -(-height // step)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return large.astype(np.float32, copy=False)


def rounded(layer: Ink, *, radius: float) -> Image:
    """Thickness of a cushion over a filled area: 0 at its edge, 1 from `radius` pixels inwards.

    Args:
        layer: Filled area, above 127 inside, uint8, shape `(size, size)`.
        radius: In pixels.

    Returns:
        Values in [0, 1], float32, shape `(size, size)`.
    """
    inside = (layer > 127).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5) / np.float32(radius)
    return np.asarray(np.sqrt(1 - (1 - np.minimum(depth, 1)) ** 2))


def ramp(values: Image, low: float, high: float) -> Image:
    """Smooth step from 0 at `low` to 1 at `high`.

    Args:
        values: Array of any shape.
        low: Value at which the step begins.
        high: Value at which the step ends.

    Returns:
        Values in [0, 1], float32, same shape as `values`.
    """
    u = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(u * u * (3 - 2 * u), np.float32)
