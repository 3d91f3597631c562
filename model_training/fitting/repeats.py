"""The same training with several seeds: how much of a figure is luck."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from app.core.bundle import MANIFEST, Bundle, load_bundle
from app.core.errors import DatasetError
from app.core.predictions import select
from model_training.config import TrainingConfig
from model_training.console import say
from model_training.data.datasets import Dataset
from model_training.evidence.figures import as_numbers
from model_training.fitting.fit import Description, Run, fit
from model_training.reports.markdown import markdown_table

TABLE = "repeats.csv"


def repeat(
    dataset: Dataset,
    out: Path,
    *,
    config: TrainingConfig,
    description: Description,
    run: Run,
    number: int,
) -> list[Bundle]:
    """Trains `number` bundles `out/seed-N`, all on the same split; finished ones are kept.

    Only what training itself draws differs: first weights, order, augmentation, dropout.

    Args:
        dataset: The labelled images.
        out: Folder of the bundles.
        config: The settings; the seeds count up from its seed.
        description: What a person says of the model.
        run: How each is carried out.
        number: At least 2.

    Raises:
        DatasetError: As `fit.fit`; bundles that are finished stay.
    """
    bundles = []
    split_seed = config.seed if config.split_seed is None else config.split_seed
    for seed in range(config.seed, config.seed + number):
        folder = out / f"seed-{seed}"
        settings = replace(config, seed=seed, split_seed=split_seed)
        if (folder / MANIFEST).is_file():
            bundles.append(_finished(folder, settings))
            continue
        say(f"Seed {seed}, {len(bundles) + 1} of {number}")
        stopped = run.resume and (out / f".seed-{seed}-training").is_dir()
        one = replace(run, resume=stopped, finish=run.finish and stopped)
        bundles.append(fit(dataset, folder, config=settings, description=description, run=one))
    return bundles


def spread(bundles: list[Bundle]) -> pd.DataFrame:
    """Test figures of each bundle, one row a seed."""
    rows = []
    for bundle in bundles:
        manifest = bundle.manifest
        test = select(bundle.predictions(), manifest.task, split="test")
        figures = as_numbers(
            test.y_true, test.probabilities, threshold=manifest.thresholds.decision
        )
        rows.append({"seed": manifest.training["seed"], "images": test.num_images, **figures})
    return pd.DataFrame(rows)


def as_text(table: pd.DataFrame) -> str:
    """Mean, standard deviation and range over the seeds, as Markdown."""
    num_images = table["images"].iloc[0]
    rows = []
    for name in table.columns.drop(["seed", "images"]):
        values = table[name].to_numpy(float)
        spread = (values.mean(), np.std(values, ddof=1), values.min(), values.max())
        rows.append([name, *(f"{value:.3f}" for value in spread)])
    header = ["figure", "mean", "standard deviation", "lowest", "highest"]
    return (
        f"{len(table)} seeds on one split, {num_images:,} test images. The spread is that of "
        "training alone: the interval over patients, in each bundle's card, comes on top of "
        f"it.\n\n{markdown_table(header, rows)}"
    )


def _finished(folder: Path, settings: TrainingConfig) -> Bundle:
    bundle = load_bundle(folder)
    wanted = settings.as_dict()
    other = sorted(
        name for name, value in wanted.items() if bundle.manifest.training.get(name) != value
    )
    if other:
        raise DatasetError(
            f"{folder.parent.name!r} holds bundles with another {', '.join(other)}. Call it with "
            "the same settings to go on, or choose another --out."
        )
    return bundle
