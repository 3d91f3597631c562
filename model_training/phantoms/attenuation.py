"""X-ray attenuation along the rays through a phantom."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from model_training.phantoms import outlines
from model_training.phantoms.anatomy import LEFT, RIGHT, Anatomy, Consolidation, Image, Points
from model_training.phantoms.canvas import Canvas, Ink, Pose, blur, fill, ramp, rounded, stroke

Mask = NDArray[np.bool_]

# Difference in attenuation between soft tissue and air over the full depth of a lung.
AIR_CONTRAST = 2.0
MASK_LEVEL = 0.35


@dataclass(frozen=True, slots=True)
class Attenuation:
    """Attenuation of the beam at every pixel.

    Attributes:
        values: Attenuation, float32, shape `(size, size)`, 0 in air and about 4 behind the spine.
        lungs: Lung fields without heart and mediastinum, bool, shape `(size, size)`.
        consolidations: One mask per consolidation, inside the lungs, bool, shape `(size, size)`.
    """

    values: Image
    lungs: Mask
    consolidations: tuple[Mask, ...]


def attenuation_map(anatomy: Anatomy, pose: Pose, *, size: int) -> Attenuation:
    """Attenuation of the beam along every ray through one patient.

    Args:
        anatomy: The patient.
        pose: How the patient is positioned.
        size: Side of the map in pixels.

    Returns:
        The map and the masks of its lungs and consolidations.
    """
    canvas = Canvas(anatomy, pose, size=size)
    heart = canvas.body(outlines.heart_outline(anatomy), radius=0.34, depth=0.5)
    heart = blur(heart, sigma=0.012 * canvas.unit)
    great_vessels = canvas.fill(outlines.mediastinum_outline(anatomy))
    fill(great_vessels, canvas.pixels(outlines.aortic_knob(anatomy)), value=255)
    middle = canvas.soften(great_vessels, radius=0.02)
    lungs, air = _lungs(canvas)
    air = air * (1 - 0.72 * heart) * (1 - 0.8 * middle)
    vessels, bronchi = _vessels(canvas)
    aerated, regions = np.ones_like(air), []
    for patch in anatomy.consolidations:
        outline, filling = _consolidation(canvas, patch)
        regions.append(outline)
        aerated *= 1 - np.float32(patch.density) * outline * filling * (1 - bronchi)
    values = _soft_tissue(canvas, heart=heart, middle=middle) + _skeleton(canvas)
    values -= np.float32(AIR_CONTRAST * anatomy.aeration) * air * aerated * (1 - vessels)
    fields = (lungs > 127) & (heart < 0.25) & (middle < 0.3)
    return Attenuation(
        values=np.maximum(values, 0),
        lungs=fields,
        consolidations=tuple((outline > MASK_LEVEL) & fields for outline in regions),
    )


def _lungs(canvas: Canvas) -> tuple[Ink, Image]:
    """Outline of both lungs, and the depth of air in them in [0, 1]."""
    outline, air = canvas.blank(), np.zeros_like(canvas.x)
    for side in (RIGHT, LEFT):
        points = outlines.lung_outline(canvas.anatomy, side)
        fill(outline, canvas.pixels(points), value=255)
        air += canvas.body(points, radius=0.36) * np.float32(1 - side * 2.2 * canvas.pose.turn)
    return outline, blur(air, sigma=0.008 * canvas.unit)


def _consolidation(canvas: Canvas, patch: Consolidation) -> tuple[Image, Image]:
    """The irregular soft outline of a consolidation in [0, 1], and its uneven filling around 1."""
    aspect = np.float32(canvas.anatomy.height / canvas.anatomy.width)
    across = canvas.x - np.float32(patch.centre[0])
    down = (canvas.t - np.float32(patch.centre[1])) * aspect
    cos, sin = np.float32(np.cos(patch.angle)), np.float32(np.sin(patch.angle))
    u = (cos * across + sin * down) / np.float32(patch.radii[0])
    v = (cos * down - sin * across) / np.float32(patch.radii[1])
    cells = np.float32(patch.relief.shape[1] / 4)
    coarse, fine = (
        cv2.remap(
            relief, (u + 2) * cells, (v + 2) * cells, cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REFLECT,
        )
        for relief in patch.relief
    )  # fmt: skip
    edge = np.sqrt(u * u + v * v) + np.float32(0.22 * patch.patchiness) * coarse
    outline = 1 - ramp(np.asarray(edge, np.float32), 0.4, 1.2)
    if not np.isnan(patch.fissure):
        inwards = np.float32(1 if patch.centre[1] < patch.fissure else -1)
        outline *= ramp((np.float32(patch.fissure) - canvas.t) * inwards, -0.012, 0.012)
    mottling = np.float32(0.08 + 0.16 * patch.patchiness)
    return outline, np.asarray(1 + mottling * np.clip(fine, -2, 2), np.float32)


def _soft_tissue(canvas: Canvas, *, heart: Image, middle: Image) -> Image:
    """Trunk, limbs and the organs between and below the lungs."""
    anatomy = canvas.anatomy
    trunk = canvas.body(outlines.trunk_outline(anatomy), radius=0.8)
    for side in (RIGHT, LEFT):
        layer = canvas.blank()
        axis = canvas.pixels(outlines.arm_axis(anatomy, side))
        stroke(layer, axis, value=255, width=0.44 * canvas.unit)
        trunk = np.maximum(trunk, 0.55 * rounded(layer, radius=0.22 * canvas.unit))
        if anatomy.breasts:
            breast = canvas.body(outlines.disc((side * 0.62, 0.70), (0.42, 0.23)), radius=0.4)
            trunk += np.float32(0.28 * anatomy.breasts) * breast * ramp(canvas.t, 0.5, 0.95)
    trunk *= 1 + np.float32(0.2) * ramp(canvas.t, 0.8, 1.15)
    values = np.float32(2.4 * anatomy.bulk) * blur(trunk, sigma=0.012 * canvas.unit)
    values += np.float32(0.3) * heart + np.float32(0.15) * middle
    values -= np.float32(0.4) * _airways(canvas)
    if anatomy.stomach:
        bubble = canvas.body(outlines.stomach_outline(anatomy), radius=0.16)
        values -= np.float32(0.55) * blur(bubble, sigma=0.012 * canvas.unit)
    return values


def _airways(canvas: Canvas) -> Image:
    layer = canvas.blank()
    for axis in outlines.airway_axes():
        line = canvas.pixels(axis[:, :2])
        width = float(axis[:, 2].mean()) * canvas.unit
        stroke(layer, line, value=255, width=width)
    return canvas.soften(layer, radius=0.022)


def _vessels(canvas: Canvas) -> tuple[Image, Image]:
    """Fraction of the air displaced by vessels and hila, and the bronchi next to them.

    Bronchi are visible only where the surrounding lung is consolidated (air bronchograms).
    """
    rows, hila = canvas.anatomy.vessels, canvas.blank()
    lines = np.stack((canvas.pixels(rows[:, :2]), canvas.pixels(rows[:, 2:4])), axis=1)
    vessels, bronchi = canvas.blank(), canvas.blank()
    for group in np.array_split(np.arange(len(rows)), 12):
        width = float(rows[group, 4].mean())
        shade = min(255, round(255 * (width / 0.026) ** 0.6))
        stroke(vessels, lines[group], value=shade, width=width * canvas.unit)
        beside = lines[group] + 1.2 * width * canvas.unit
        stroke(bronchi, beside, value=shade, width=0.8 * width * canvas.unit)
    for centre in ((-0.20, 0.49), (0.19, 0.45)):
        fill(hila, canvas.pixels(outlines.disc(centre, (0.09, 0.085))), value=255)
    hilum = np.float32(0.3 * canvas.anatomy.hila) * canvas.soften(hila, radius=0.05)
    shadows = np.float32(0.32) * canvas.soften(vessels, radius=0.006) + hilum
    return np.minimum(shadows, 1), np.float32(0.6) * canvas.soften(bronchi, radius=0.008)


def _skeleton(canvas: Canvas) -> Image:
    """Ribs, spine, clavicles, scapulae and upper arms."""
    beside = np.abs(canvas.x)
    values = np.float32(0.42) * _ribs(canvas, front=False) * (1 + 0.6 * ramp(beside, 0.6, 1.0))
    values *= (1 - 0.75 * ramp(canvas.t, 0.82, 1.1)) * (0.5 + 0.5 * ramp(beside, 0.05, 0.3))
    values += (
        np.float32(0.26)
        * _ribs(canvas, front=True)
        * ramp(beside, 0.25, 0.65)
        * (1 - ramp(canvas.t, 0.85, 1.05))
    )
    values += np.float32(0.55) * canvas.soften(_spine(canvas), radius=0.012)
    values += np.float32(0.4) * canvas.soften(_shoulders(canvas), radius=0.008)
    return values * np.float32(canvas.anatomy.bone)


def _ribs(canvas: Canvas, *, front: bool) -> Image:
    """The posterior or anterior parts of all ribs; neighbours may overlap, hence two layers."""
    total = np.zeros_like(canvas.x)
    for parity in (0, 1):
        layer = canvas.blank()
        for index in range(parity, outlines.NUM_RIBS, 2):
            for side in (RIGHT, LEFT):
                _draw_rib(canvas, layer, index=index, side=side, front=front)
        total += canvas.soften(layer, radius=0.006)
    return total


def _spine(canvas: Canvas) -> Ink:
    layer = canvas.blank()
    axis = np.array(((0.0, -0.8), (0.0, 1.8)))
    stroke(layer, canvas.pixels(axis, depth=-0.6), value=80, width=0.18 * canvas.unit)
    for index in range(outlines.NUM_VERTEBRAE):
        outline = outlines.vertebra_outline(index)
        body = canvas.pixels(outline, depth=-0.6)
        fill(layer, body, value=120)
        stroke(layer, body, value=190, width=0.014 * canvas.unit, closed=True)
        middle = float(outline[:, 1].mean())
        for x in (-0.055, 0.055):
            pedicle = outlines.disc((x, middle - 0.008), (0.016, 0.015))
            fill(layer, canvas.pixels(pedicle, depth=-0.7), value=210)
        process = outlines.disc((0.0, middle + 0.02), (0.014, 0.022))
        fill(layer, canvas.pixels(process, depth=-1.0), value=200)
    return layer


def _shoulders(canvas: Canvas) -> Ink:
    """Scapulae, upper arms and clavicles, the most anterior drawn last."""
    layer = canvas.blank()
    for side in (RIGHT, LEFT):
        blade = canvas.pixels(outlines.scapula_outline(canvas.anatomy, side), depth=-0.8)
        fill(layer, blade, value=50)
        stroke(layer, blade, value=110, width=0.016 * canvas.unit, closed=True)
        arm = canvas.pixels(outlines.arm_axis(canvas.anatomy, side))
        _draw_bone(canvas, layer, arm, width=0.15)
        centre = canvas.pixels(outlines.arm_axis(canvas.anatomy, side)[:1])[0]
        head = centre + 0.13 * canvas.unit * outlines.disc((0, 0), (1, 1))
        fill(layer, head, value=170)
    for side in (RIGHT, LEFT):
        line = canvas.pixels(outlines.clavicle_axis(canvas.anatomy, side), depth=0.8)
        _draw_bone(canvas, layer, line, width=0.065)
    return layer


def _draw_rib(canvas: Canvas, layer: Ink, *, index: int, side: int, front: bool) -> None:
    axis = outlines.rib_axis(canvas.anatomy, index, side)
    part = axis[axis[:, 2] >= -0.05] if front else axis[axis[:, 2] <= 0.05]
    if len(part) < 2:
        return
    line = canvas.pixels(part[:, :2], depth=part[:, 2])
    _draw_bone(canvas, layer, line, width=0.062 if front else 0.052)


def _draw_bone(canvas: Canvas, layer: Ink, line: Points, *, width: float) -> None:
    """Draws a tube along a line of pixel positions, its cortex brighter than its marrow."""
    along = np.gradient(line, axis=0)
    normal = np.column_stack((-along[:, 1], along[:, 0])) / np.hypot(*along.T)[:, None]
    half = 0.5 * width * canvas.unit
    upper, lower = line - half * normal, line + half * normal
    stroke(layer, line, value=130, width=2 * half)
    for edge, value in ((upper, 200), (lower, 235)):
        stroke(layer, edge, value=value, width=0.012 * canvas.unit)
