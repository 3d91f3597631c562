"""What columns of results are called, in the languages that tables come in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

# Longer and plainer names first: the first that is found is taken.
CASES = (
    "case", "case_id", "image_id", "image", "image_name", "filename", "file_name", "file", "path",
    "image_path", "name", "study", "study_id", "study_uid", "study_instance_uid",
    "sop_instance_uid", "accession", "accession_number", "exam", "exam_id", "uid", "id",
    "fall", "bild", "datei", "dateiname", "bildname", "untersuchung", "aufnahme",
    "cas", "fichier", "examen", "caso", "imagen", "archivo", "estudio", "immagine", "imagem",
    "arquivo", "exame", "afbeelding", "bestand",
)  # fmt: skip
PATIENTS = (
    "patient_id", "patient", "patientid", "pat_id", "patid", "pid", "subject_id", "subject", "mrn",
    "patienten_id", "pat_nr",
    "patientennummer", "id_patient", "paciente", "id_paciente", "paziente",
)  # fmt: skip
SITES = (
    "site", "hospital", "centre", "center", "institution", "clinic", "ward", "klinik",
    "krankenhaus", "zentrum", "standort", "hopital", "centro", "ospedale", "ziekenhuis",
)  # fmt: skip
SUBGROUPS = (
    "subgroup", "sex", "gender", "age_group", "scanner", "manufacturer", "view", "geschlecht",
    "altersgruppe", "geraet", "gerat", "sexe", "sexo", "sesso", "geslacht", "race", "ethnicity",
)  # fmt: skip
GROUPS = ("group_id",)
SCORES = (
    "score", "probability", "prob", "y_score", "y_prob", "ai_score", "model_score", "risk",
    "risk_score", "confidence", "output", "p", "prediction_score", "abnormality_score", "logit",
    "wahrscheinlichkeit", "risiko", "probabilite", "risque", "probabilidad", "puntuacion",
    "riesgo", "probabilita", "punteggio", "probabilidade", "risco", "kans",
)  # fmt: skip
# What a program decided, where there is no score.
DECISIONS = (
    "prediction", "predicted", "predicted_label", "predicted_class", "pred", "y_pred", "decision",
    "ai_result", "ai_decision", "output_label", "vorhersage", "prediccion",
)  # fmt: skip
TRUTHS = (
    "truth", "y_true", "ground_truth", "gt", "label", "class", "target", "reference",
    "reference_standard", "diagnosis", "wahrheit", "goldstandard", "referenz", "diagnose",
    "verite", "diagnostic", "verdad", "diagnostico", "verita", "diagnosi", "verdade", "waarheid",
)  # fmt: skip
# Of which of several questions a row is about, where each case has several rows.
KINDS = (
    "finding", "finding_name", "pathology", "disease", "condition", "abnormality", "observation",
    "class_name", "class", "category", "label_name", "label", "reader", "reader_id", "model",
    "model_name", "algorithm", "befund", "klasse", "hallazgo", "reperto", "achado", "bevinding",
)  # fmt: skip
KNOWN = frozenset(
    (*CASES, *PATIENTS, *SITES, *SUBGROUPS, *GROUPS, *SCORES, *DECISIONS, *TRUTHS, *KINDS)
)


def normal(name: str) -> str:
    """A column's name in lower case without accents, with underscores for all other signs.

    Example:
        >>> normal(" StudyInstanceUID "), normal("Vérité (lue)")
        ('study_instance_uid', 'verite_lue')
    """
    plain = unicodedata.normalize("NFKD", name.strip())
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", letters)
    return re.sub(r"[\W_]+", "_", spaced.lower()).strip("_")


def first_of(
    columns: Iterable[str], known: Iterable[str], taken: Collection[str | None] = ()
) -> str | None:
    """The first column with one of these names, in the order of the names.

    Args:
        columns: All columns.
        known: Names as `normal` writes them.
        taken: Columns that are something else.
    """
    places = {normal(one): one for one in reversed(list(columns)) if one not in taken}
    return next((places[name] for name in known if name in places), None)
