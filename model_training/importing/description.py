"""What a bundle says of the model file that it was made from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from app.core.backends.running import input_shape_of, num_parameters_of
from app.core.bundles.bundle_files import file_sha256
from app.core.bundles.network_input import Input
from model_training.fitting.publishing import Description
from model_training.importing.imported import Imported
from model_training.importing.preprocessing import Fit

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
    height, width, channels = input_shape_of(imported.network)
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
        "file_sha256": _digest(provenance.file),
        "file_kind": imported.kind,
        "scale": imported.scale,
        "parameters": num_parameters_of(imported.network),
    }


def _digest(path: Path) -> str:
    """SHA-256 of a file; of a folder, of the names and digests of its files in order."""
    if not path.is_dir():
        return file_sha256(path)
    lines = [
        f"{file_sha256(file)}  {file.relative_to(path).as_posix()}\n"
        for file in sorted(path.rglob("*"))
        if file.is_file()
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
