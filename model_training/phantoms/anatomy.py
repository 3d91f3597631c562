"""The anatomy of one synthetic patient.

Shapes are given in *thorax coordinates* `(x, t)`: `x` is 0 at the midline and 1 at
the inner chest wall, positive towards the patient's left (the right of the film); `t`
is 0 at the top of the lungs and 1 at the costophrenic angles. Outlines are float64 arrays
of shape `(num_points, 2)`, see `outlines`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Image = NDArray[np.float32]

RIGHT, LEFT = -1, 1


@dataclass(frozen=True, slots=True)
class Consolidation:
    """A region of lung in which fluid has replaced the air.

    Attributes:
        centre: Centre in thorax coordinates.
        radii: Semi-axes as fractions of the chest's half-width.
        angle: Rotation of the first axis, radians.
        density: Fraction of the air that is replaced, in [0, 1].
        patchiness: How irregular outline and filling are, in [0, 1].
        fissure: `t` of the fissure that bounds it, or NaN.
        relief: Smooth noise of unit variance covering twice the radii, coarse for the outline
            and fine for the filling, float32, shape `(2, 48, 48)`.
    """

    centre: tuple[float, float]
    radii: tuple[float, float]
    angle: float
    density: float
    patchiness: float
    fissure: float
    relief: Image


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Everything the films of one patient share.

    Lengths are in thorax coordinates, amounts of tissue relative to an average patient.

    Attributes:
        child: Whether the patient is a child.
        width: Inner half-width of the chest as a fraction of the film's side.
        height: Height of the lungs as a fraction of the film's side.
        flesh: Thickness of the chest wall.
        bulk: Anteroposterior thickness of the trunk.
        aeration: Amount of air in the lungs.
        bone: Mineral content of the skeleton.
        rib_fall: How far a rib descends from the spine to its anterior end.
        domes: `t` of the right and the left hemidiaphragm.
        heart: How far the heart extends to the right and to the left.
        apex: `t` of the cardiac apex.
        mediastinum: Half-width of the upper mediastinum.
        aorta: Radius of the aortic knob.
        hila: Prominence of the hila.
        breasts: Density of the breast shadows, 0 for none.
        stomach: Radius of the gastric air bubble, 0 for none.
        arms: Angle of the arms below the horizontal, radians.
        shoulders: `t` of the top of the shoulders.
        bend: Coefficients of the smooth warp that makes shapes irregular, shape `(2, 3, 3)`.
        vessels: Lung vessels as rows `(x0, t0, x1, t1, width)`, thinnest first.
        consolidations: Empty in a healthy patient.
    """

    child: bool
    width: float
    height: float
    flesh: float
    bulk: float
    aeration: float
    bone: float
    rib_fall: float
    domes: tuple[float, float]
    heart: tuple[float, float]
    apex: float
    mediastinum: float
    aorta: float
    hila: float
    breasts: float
    stomach: float
    arms: float
    shoulders: float
    bend: Points
    vessels: Points
    consolidations: tuple[Consolidation, ...] = ()
