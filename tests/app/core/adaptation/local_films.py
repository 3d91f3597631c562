"""Films of a place as numbers, without files or a network."""

import numpy as np

from app.core.adaptation.films import LocalFilms
from app.core.adaptation.fitting import Decision
from app.core.bundles.decision_rule import Calibration, Thresholds
from app.core.bundles.task import Task
from app.core.networks.class_logits import class_logits
from app.core.sources.source import Source

TASK = Task(title="Pneumonia", classes=("NORMAL", "PNEUMONIA"), positive="PNEUMONIA")
BASE = Decision(
    Calibration(method="temperature", temperature=1.0, fitted_on="validation"),
    Thresholds(
        decision=0.5, uncertain_low=0.3, uncertain_high=0.7, rule="half", chosen_on="validation"
    ),
)


def local_films(num_films, *, shift=0.0, distance=4.0, positives=0.5, patients=None, seed=0):
    """Films whose logits are calibrated before they are shifted (for half positives)."""
    random = np.random.default_rng(seed)
    labels = (np.arange(num_films) < round(positives * num_films)).astype(np.int64)
    # Normal logits of standard deviation s and means of +-s * s / 2 are calibrated.
    spread = np.sqrt(distance)
    logits = random.normal((labels - 0.5) * distance, spread) + shift
    names = np.array([f"{number}" for number in range(num_films)])
    return LocalFilms(
        class_logits(logits[:, np.newaxis]),
        labels,
        np.full(num_films, "", np.str_) if patients is None else np.asarray(patients, np.str_),
        np.char.add("digest", names),
        np.char.add(names, ".png"),
        np.zeros(0),
        np.zeros(num_films, np.bool_),
        tuple(Source(f"{name}.png", None) for name in names),
    )
