"""What a bundle says of the data its model saw: counts and a fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from app.core.bundles.findings import absent
from app.core.bundles.training_data import Data
from model_training.data.answers import answer_counts, label_text
from model_training.data.datasets import SPLITS, Case


def data_record(
    cases: Sequence[Case],
    digests: Sequence[str],
    classes: tuple[str, ...],
    *,
    name: str,
    source: str,
    licence: str,
    patients_from: str = "",
) -> Data:
    """Counts and fingerprint of the data a model saw.

    Args:
        cases: The images with their split.
        digests: SHA-256 of each file.
        classes: Names in output order.
        name: Name of the data.
        source: Where the data come from.
        licence: The data's licence.
        patients_from: How patients were identified, as in `Dataset.patients_from`.
    """
    splits = {
        split_name: [case for case in cases if case.split == split_name] for split_name in SPLITS
    }
    counts = {split_name: answer_counts(inside, classes) for split_name, inside in splits.items()}
    has_findings = any(case.findings for case in cases)
    return Data(
        name=name,
        source=source,
        licence=licence,
        fingerprint=fingerprint(cases, digests, classes),
        counts={
            split_name: {name: found[name] for name in classes}
            for split_name, found in counts.items()
        },
        labelled={
            # An empty split has no findings either.
            split_name: {name: found[name] + found.get(absent(name), 0) for name in classes}
            for split_name, found in counts.items()
        }
        if has_findings
        else {},
        patients={
            split_name: len({case.patient_id for case in inside if case.patient_id})
            for split_name, inside in splits.items()
        },
        images_without_patient={
            split_name: sum(not case.patient_id for case in inside)
            for split_name, inside in splits.items()
        },
        patients_from=patients_from,
    )


def fingerprint(cases: Sequence[Case], digests: Sequence[str], classes: tuple[str, ...]) -> str:
    """SHA-256 over files, labels, patients and split, independent of file names.

    Args:
        cases: The images with their split.
        digests: SHA-256 of each file.
        classes: Names in output order.
    """
    lines = sorted(
        f"{digest} {label_text(case, classes)} {case.split} {case.patient_id}\n"
        for case, digest in zip(cases, digests, strict=True)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()
