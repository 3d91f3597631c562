"""Which films a model is for, by what their files state."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a person says a model is for; empty or None for any.

    Attributes:
        modalities: DICOM modalities, such as `DX`.
        body_parts: DICOM terms of body parts, such as `CHEST`.
        views: DICOM terms of views, such as `PA`.
        ages: The youngest and the oldest patient, in whole years.
    """

    modalities: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    ages: tuple[float, float] | None = None


ANY_FILM = Accepted()
