"""Small DICOM files of named patients."""

from pathlib import Path

from tests.model_training.films import draw
from tests.pictures import dicom


def write_dicom(path: Path, *, patient_id: str, label: int = 0, number: int = 0) -> None:
    """A film as `films.draw` makes it, as an uncompressed DICOM file of a patient."""
    path.parent.mkdir(parents=True, exist_ok=True)
    elements = {"PatientID": patient_id, "PatientName": "Mustermann^Erika"}
    path.write_bytes(dicom(draw(label, number), **elements))
