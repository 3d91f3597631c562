"""The data that a model was trained on: source, licence and counts."""

from __future__ import annotations

from pydantic import Field

from app.core.bundles.section import Section


class Data(Section):
    """The training data.

    `counts` is split -> class -> number of images. `patients` is split -> number of known
    patients, and `images_without_patient` the images of unknown ones; in older bundles that is
    empty, and `patients` counts each of those images as a patient. `patients_from` says how the
    patients were found, and is empty if they were not and in older bundles. With findings,
    `counts` are the images that show one, and `labelled` the images for which that is known.
    """

    name: str
    source: str
    licence: str
    fingerprint: str
    counts: dict[str, dict[str, int]]
    patients: dict[str, int]
    images_without_patient: dict[str, int] = Field(default_factory=dict)
    patients_from: str = ""
    labelled: dict[str, dict[str, int]] = Field(default_factory=dict)
