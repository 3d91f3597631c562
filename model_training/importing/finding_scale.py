"""Asks labelled images how an imported network wants its pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_training.config import TrainingConfig
from model_training.data.datasets import Dataset
from model_training.fitting.publishing import Description
from model_training.importing.description import Provenance
from model_training.importing.imported import Imported
from model_training.importing.measured import can_be_halved, films_for, targets_of
from model_training.importing.preprocessing import Fit
from model_training.importing.preprocessing_report import verdict
from model_training.importing.preprocessing_search import Examination, examine
from model_training.importing.refusal import NotImportedError

# More would take long, and tell hardly more.
_MOST_FILMS = 300


def examine_on_validation(
    imported: Imported,
    dataset: Dataset,
    *,
    description: Description,
    provenance: Provenance,
    config: TrainingConfig,
    fits: tuple[Fit, ...],
) -> Examination:
    """Tries every way of giving pixels to a network on the validation half of labelled images.

    Where they are too few to be halved, on all of them.

    Args:
        imported: The network, on pixels as they are.
        dataset: Labelled images that the model was not trained on.
        description: Which films the model is for.
        provenance: Where the network is from.
        config: How files are read, and the seed of the split.
        fits: How films may be fitted, what was asked for first.

    Raises:
        DatasetError: If the data have other classes or too few images.
    """
    halves = can_be_halved(imported, dataset)
    by_fit = {
        fit: films_for(
            imported,
            dataset,
            description=description,
            provenance=replace(provenance, fit=fit),
            config=config,
            halves=halves,
        )
        for fit in fits
    }
    films = by_fit[fits[0]]
    order = np.random.default_rng(config.seed).permutation(films.positions("val"))
    positions = np.sort(order[:_MOST_FILMS])
    digests = [films.digests[position] for position in positions]
    pixels = {}
    for fit, fitted in by_fit.items():
        rows = dict(zip(fitted.digests, fitted.rows, strict=True))
        pixels[fit] = np.asarray(fitted.pixels[[rows[digest] for digest in digests]])
    patients = [str(name) for name in films.units(positions).names]
    exclusive = imported.task == "one-of"
    targets = targets_of(imported, films, positions)
    return examine(imported.network, pixels, targets, patients, exclusive=exclusive)


def require_sure(examination: Examination) -> None:
    """Refuses to choose where the images leave it open.

    Args:
        examination: What was tried.

    Raises:
        NotImportedError: If more than one setting can be right, or none is.
    """
    if not examination.is_sure:
        raise NotImportedError(" ".join([verdict(examination), *examination.odd]))
