"""Synthetic patients: a random anatomy with vessels and consolidations."""

from __future__ import annotations

from dataclasses import replace
from math import cos, radians, sin

import cv2
import numpy as np

from model_training.phantoms.anatomy import LEFT, RIGHT, Anatomy, Consolidation, Image, Points
from model_training.phantoms.outlines import heart_outline, lung_outline

# Directions of the vessels that leave a hilum, degrees below the horizontal.
TRUNKS = (-82, -68, -50, -30, -12, 4, 18, 34, 48, 60, 72, 82)


def invent_patient(generator: np.random.Generator, *, sick: bool) -> Anatomy:
    """Draws one patient, adult or child, healthy or with one to three consolidations.

    A sick patient is drawn as a healthy one first, so that the classes differ in nothing but
    the consolidations.

    Args:
        generator: Source of everything that is random.
        sick: Whether the patient has consolidations.

    Returns:
        The patient's anatomy.
    """
    patient = invent_healthy(generator)
    if not sick:
        return patient
    number = int(generator.choice((1, 2, 3), p=(0.4, 0.35, 0.25)))
    return replace(
        patient,
        consolidations=tuple(_invent_consolidation(patient, generator) for _ in range(number)),
    )


def invent_healthy(generator: np.random.Generator) -> Anatomy:
    """Draws one healthy patient, adult or child."""
    uniform = generator.uniform
    child = generator.random() < 0.5
    width = uniform(0.36, 0.41)
    right_dome = uniform(0.75, 0.89)
    hila = uniform(0.6, 1.5)
    female_adult = not child and generator.random() < 0.5
    return Anatomy(
        child=child,
        width=width,
        height=width * (uniform(1.48, 1.68) if child else uniform(1.65, 1.88)),
        flesh=uniform(0.3, 1.6),
        bulk=uniform(0.85, 1.2),
        aeration=uniform(0.7, 1.25),
        bone=uniform(0.75, 1.2),
        rib_fall=uniform(0.28, 0.42) if child else uniform(0.40, 0.56),
        domes=(right_dome, right_dome + uniform(0.015, 0.05)),
        heart=(uniform(0.22, 0.40), uniform(0.48, 0.80)),
        apex=uniform(0.78, 0.84),
        mediastinum=uniform(0.18, 0.33),
        aorta=uniform(0.05, 0.075) if child else uniform(0.07, 0.11),
        hila=hila,
        breasts=uniform(0.4, 1.0) if female_adult else 0.0,
        stomach=uniform(0.08, 0.20) if generator.random() < 0.6 else 0.0,
        arms=uniform(-0.5, 1.35),
        shoulders=uniform(-0.14, -0.04),
        bend=generator.normal(0, 0.006, (2, 3, 3)),
        vessels=_grow_vessels(generator, hila=hila),
    )


def _grow_vessels(generator: np.random.Generator, *, hila: float) -> Points:
    """Branching trees from both hila, rows `(x0, t0, x1, t1, width)`, thinnest first."""
    segments: list[tuple[float, float, float, float, float]] = []
    for side in (RIGHT, LEFT):
        for trunk in TRUNKS:
            width = generator.uniform(0.016, 0.027) * hila**0.5
            root_t = (0.485 if side == RIGHT else 0.455) + 0.0014 * trunk
            heading = radians(trunk + generator.uniform(-10, 10))
            tips = [(0.17 + generator.uniform(0, 0.06), root_t, heading, width)]
            while tips:
                x, t, heading, width = tips.pop()
                length = generator.uniform(0.045, 0.08)
                heading += generator.normal(0, 0.13)
                end_x = x + length * cos(heading)
                end_t = t + 0.6 * length * sin(heading)
                segments.append((side * x, t, side * end_x, end_t, width))
                if width < 0.0055 or not (0.1 < end_x < 1 and 0 < end_t < 1):
                    continue
                fork = generator.uniform(0.3, 0.8) * (1 if generator.random() < 0.5 else -1)
                if generator.random() < 0.5:
                    tips.append((end_x, end_t, heading + fork, width * generator.uniform(0.5, 0.8)))
                tips.append((end_x, end_t, heading - 0.22 * fork, width * 0.89))
    return np.array(sorted(segments, key=lambda segment: segment[4]))


def _invent_consolidation(patient: Anatomy, generator: np.random.Generator) -> Consolidation:
    centre = place_in_lung(patient, generator)
    subtle = generator.random() < 0.12
    density = generator.uniform(0.35, 0.5) if subtle else generator.uniform(0.65, 0.95)
    size = generator.uniform(0.24, 0.44)
    aspect = generator.uniform(0.7, 1.4)
    lobar = generator.random() < 0.35
    fissure = 0.50 + generator.uniform(-0.02, 0.03) if lobar else float("nan")
    relief = np.stack([smooth_noise(generator, sigma=sigma) for sigma in (3.2, 1.0)])
    return Consolidation(
        centre=centre,
        radii=(size * aspect**0.5, size / aspect**0.5),
        angle=generator.uniform(0, np.pi),
        density=density,
        patchiness=generator.uniform(0.2, 0.8),
        fissure=fissure,
        relief=relief,
    )


def smooth_noise(generator: np.random.Generator, *, sigma: float) -> Image:
    """Noise with a standard deviation of 1, for outlines and fillings.

    Args:
        generator: Source of the noise.
        sigma: How far it is blurred, in cells.

    Returns:
        Shape `(48, 48)`.
    """
    noise = cv2.GaussianBlur(generator.standard_normal((48, 48)), (0, 0), sigma)
    return np.asarray(noise / noise.std(), np.float32)


def place_in_lung(patient: Anatomy, generator: np.random.Generator) -> tuple[float, float]:
    """A random point inside aerated lung, clear of the heart and of the edge of the lung.

    Args:
        patient: The patient.
        generator: Source of the point.

    Returns:
        In thorax coordinates.
    """
    lungs = [lung_outline(patient, side).astype(np.float32) for side in (RIGHT, LEFT)]
    heart = heart_outline(patient).astype(np.float32)
    while True:
        side = int(generator.integers(2))
        point = (generator.uniform(0.25, 0.9) * (RIGHT, LEFT)[side], generator.uniform(0.1, 0.95))
        inside = cv2.pointPolygonTest(lungs[side], point, True) > 0.08
        if inside and cv2.pointPolygonTest(heart, point, True) < -0.06:
            return point
