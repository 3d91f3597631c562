"""Turns the attenuation map of a phantom into a film: scatter, quantum noise and display.

The beam behind the patient is scattered and detected as quanta; its logarithm is displayed
through a curve that is set for each film, as a digital system with automatic exposure does.

Reference:
    - Bushberg et al., The Essential Physics of Medical Imaging, 3rd ed. (2012), ch. 7
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from model_training.phantoms.anatomy import Anatomy, Image
from model_training.phantoms.attenuation import Mask, attenuation_map
from model_training.phantoms.canvas import Pose, blur

# Thin bones and vessels need this many pixels; smaller films are drawn larger and scaled down.
MIN_WORKING_SIZE = 256
# Attenuation above which a pixel counts as body rather than air.
BODY_EDGE = 0.35


@dataclass(frozen=True, slots=True)
class Exposure:
    """How the film is exposed and displayed.

    Attributes:
        brightness: Mean grey value the automatic exposure aims at, in [0, 255].
        contrast: Steepness of the display curve.
        equalisation: Weight of histogram equalisation in the display curve, in [0, 1].
        noise: Standard deviation of the quantum noise in air, in units of attenuation.
        scatter: Fraction of scattered radiation, in [0, 1].
        blur: Focal spot blur (standard deviation) as a fraction of the film's side.
        sharpening: Strength of the edge enhancement.
        falloff: Gradient of the beam across and down the film, in units of attenuation.
    """

    brightness: float
    contrast: float
    equalisation: float
    noise: float
    scatter: float
    blur: float
    sharpening: float
    falloff: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Film:
    """A finished film.

    Attributes:
        pixels: One channel of grey values, shape `(size, size)`, uint8.
        lungs: Lung fields, bool, shape `(size, size)`.
        consolidations: One mask per consolidation, inside the lungs, bool, shape `(size, size)`.
    """

    pixels: NDArray[np.uint8]
    lungs: Mask
    consolidations: tuple[Mask, ...]


def draw_pose(generator: np.random.Generator) -> Pose:
    """Draws a random pose for one film."""
    uniform = generator.uniform
    return Pose(
        angle=np.deg2rad(np.clip(generator.normal(0, 2.5), -6, 6)),
        scale=uniform(0.88, 1.14),
        shift=(uniform(-0.035, 0.035), uniform(-0.03, 0.05)),
        turn=generator.normal(0, 0.03),
        breath=uniform(0.88, 1.05),
    )


def draw_exposure(generator: np.random.Generator) -> Exposure:
    """Draws a random exposure for one film."""
    uniform = generator.uniform
    return Exposure(
        brightness=uniform(100, 160),
        contrast=uniform(3.0, 4.8),
        equalisation=uniform(0.75, 0.95),
        noise=uniform(0.004, 0.012),
        scatter=uniform(0.05, 0.25),
        blur=uniform(0.0008, 0.002),
        sharpening=uniform(0, 0.6),
        falloff=(generator.normal(0, 0.06), generator.normal(0, 0.06)),
    )


def take_film(anatomy: Anatomy, generator: np.random.Generator, *, size: int) -> Film:
    """Takes one film of a patient, with random pose and exposure.

    Args:
        anatomy: The patient.
        generator: Source of pose, exposure and noise.
        size: Side of the film in pixels.

    Returns:
        The film and the masks of its lungs and consolidations.
    """
    pose, exposure = draw_pose(generator), draw_exposure(generator)
    working_size = size * max(1, ceil(MIN_WORKING_SIZE / size))
    beam = attenuation_map(anatomy, pose, size=working_size)
    grey = _expose(beam.values, exposure, generator)
    return Film(
        pixels=np.clip(np.round(_shrink(grey, size)), 0, 255).astype(np.uint8),
        lungs=_shrink_mask(beam.lungs, size),
        consolidations=tuple(_shrink_mask(mask, size) for mask in beam.consolidations),
    )


def _expose(values: Image, exposure: Exposure, generator: np.random.Generator) -> Image:
    """Grey values in [0, 255] of an attenuation map, with scatter, blur and noise."""
    size = values.shape[0]
    place = np.linspace(-1, 1, size, dtype=np.float32)
    tilt = exposure.falloff[0] * place[None, :] + exposure.falloff[1] * place[:, None]
    beam = np.exp(-blur(values + tilt, sigma=exposure.blur * size))
    beam = (1 - exposure.scatter) * beam + exposure.scatter * blur(beam, sigma=0.12 * size)
    grain = np.asarray(generator.standard_normal(values.shape, np.float32), np.float32)
    noise = blur(grain, sigma=0.0009 * size)
    signal = -np.log(beam) + exposure.noise * noise / np.sqrt(beam)
    if exposure.sharpening:
        blurred = blur(np.asarray(signal, np.float32), sigma=0.012 * size)
        signal += exposure.sharpening * (signal - blurred)
    return _display(signal.astype(np.float32), exposure)


def _display(signal: Image, exposure: Exposure) -> Image:
    """Grey values in [0, 255] by a curve fitted to the histogram of the body; air stays black.

    The curve is a blend of a sigmoid between the dark and bright ends of the body and a
    histogram equalisation. An exponent found by bisection then sets the mean. Brightness and
    contrast of the whole film therefore say little about its lungs.
    """
    sample = signal[::4, ::4]
    body = sample[sample > BODY_EDGE]
    fractions = np.linspace(0, 1, 65)
    knots = np.quantile(body, fractions)
    dark, bright = np.quantile(body, (0.05, 0.95))
    stops = np.linspace(0, float(signal.max()), 512)
    middle = (dark + bright) / 2
    curve = 1 / (1 + np.exp(-exposure.contrast * (stops - middle) / (bright - dark)))
    even = np.interp(stops, [0, *knots], [0, *(0.06 + 0.88 * fractions)])
    curve = (1 - exposure.equalisation) * (curve - curve[0]) + exposure.equalisation * even
    bend = _bend(np.interp(knots, stops, curve), mean=exposure.brightness / 255)
    return np.asarray(np.interp(signal, stops, 255 * curve**bend), np.float32)


def _bend(greys: NDArray[np.float64], *, mean: float) -> float:
    """Exponent that gives `greys`, in [0, 1], the mean `mean`."""
    low, high = -3.0, 3.0
    for _ in range(24):
        middle = (low + high) / 2
        if (greys ** np.exp(middle)).mean() > mean:
            low = middle
        else:
            high = middle
    return float(np.exp((low + high) / 2))


def _shrink(image: Image, size: int) -> Image:
    if len(image) == size:
        return image
    return np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA), np.float32)


def _shrink_mask(mask: Mask, size: int) -> Mask:
    return _shrink(mask.astype(np.float32), size) > 0.5
