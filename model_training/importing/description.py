"""What a bundle says of the model file that it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.core.bundles.bundle_files import file_sha256
from app.core.bundles.network_input import Input
from model_training.fitting.publishing import Description
from model_training.importing.doctor import Fit
from model_training.importing.imported import Imported

NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an imported network is from.

    Attributes:
        file: The model file.
        trained_by: Who trained it, as the importer states it.
        fit: How a film is fitted to the input.
    """

    file: Path
    trained_by: str = NOT_STATED
    fit: Fit = "stretch"


def network_input(imported: Imported, provenance: Provenance, description: Description) -> Input:
    """The network's input, as described in the manifest.

    Args:
        imported: The network.
        provenance: How a film is fitted.
        description: Which films the model is for.
    """
    height, width, channels = imported.network.model.input_shape[1:]
    accepted = description.accepted
    return Input.model_validate({
        "height": height,
        "width": width,
        "channels": channels,
        "fit": provenance.fit,
        "modalities": accepted.modalities,
        "body_parts": accepted.body_parts,
        "views": accepted.views,
        "ages": accepted.ages,
    })  # fmt: skip


def about_training(
    imported: Imported, provenance: Provenance
) -> dict[str, str | int | float | bool | None]:
    """The entries of the manifest about a training that nobody here has seen.

    Args:
        imported: The network.
        provenance: Where it is from.
    """
    return {
        "origin": "imported",
        "trained_by": f"stated by the importer: {provenance.trained_by}",
        "file": provenance.file.name,
        "file_sha256": file_sha256(provenance.file),
        "file_kind": imported.kind,
        "scale": imported.scale,
        "parameters": imported.network.model.count_params(),
    }
