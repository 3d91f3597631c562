"""Repeats a training with several seeds, to show how much of a figure is luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from app.core.bundles.bundle import Bundle, load_bundle
from app.core.bundles.manifest import MANIFEST
from app.core.errors import DatasetError
from model_training.config import TrainingConfig
from model_training.console import say
from model_training.data import film_cache
from model_training.data.datasets import Dataset
from model_training.evaluation.finding_figures import numbers_on_test_split
from model_training.fitting.fit import fit
from model_training.fitting.publishing import Description, describe_data
from model_training.fitting.run_folder import Run
from model_training.preparation.films import prepare
from model_training.reports.markdown import decimals, markdown_table

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
    """Trains `number` bundles `out/seed-N` on the same split; finished ones are kept.

    Only the randomness of training differs: initial weights, order, augmentation, dropout.

    Args:
        dataset: The labelled images.
        out: Folder of the bundles.
        config: The settings; seeds count up from its seed.
        description: Title, source and licence for the model card.
        run: How each training is run.
        number: At least 2.

    Raises:
        DatasetError: If the data cannot be trained on, training diverges, or finished bundles have
            other settings or data; finished bundles are left untouched.
    """
    split_seed = config.seed if config.split_seed is None else config.split_seed
    folders = _folders(out, config, number)
    settings = {seed: replace(config, seed=seed, split_seed=split_seed) for seed in folders}
    bundles = {
        seed: _finished(folder, settings[seed])
        for seed, folder in folders.items()
        if (folder / MANIFEST).is_file()
    }
    if bundles:
        _require_same_data(out, list(bundles.values()), dataset, config, description, run)
    for seed in sorted(folders.keys() - bundles.keys()):
        say(f"Seed {seed}, {seed - config.seed + 1} of {number}")
        stopped = run.resume and (out / f".seed-{seed}-training" / "state.npz").is_file()
        one = replace(run, resume=stopped, finish=run.finish and stopped)
        try:
            bundles[seed] = fit(
                dataset, folders[seed], config=settings[seed], description=description, run=one
            )
        except KeyboardInterrupt:
            if bundles:
                say(
                    f"Kept: {len(bundles)} of {number} bundles. Run the same command with "
                    "--resume to continue."
                )
            raise
    return [bundles[seed] for seed in folders]


def unfinished(out: Path, config: TrainingConfig, number: int) -> list[Path]:
    """Folders of the bundles that `repeat` has yet to train.

    Args:
        out: Folder of the bundles.
        config: The settings; seeds count up from its seed.
        number: Number of bundles.
    """
    folders = _folders(out, config, number).values()
    return [folder for folder in folders if not (folder / MANIFEST).is_file()]


def spread(bundles: list[Bundle]) -> pd.DataFrame:
    """Test figures of each bundle, one row per seed."""
    rows = []
    for bundle in bundles:
        num_images = int((bundle.predictions()["split"] == "test").sum())
        seed = bundle.manifest.training["seed"]
        rows.append({"seed": seed, "images": num_images, **numbers_on_test_split(bundle)})
    return pd.DataFrame(rows)


def as_text(table: pd.DataFrame) -> str:
    """Mean, standard deviation and range over the seeds, as Markdown."""
    num_images = table["images"].iloc[0]
    rows = []
    for name in table.columns.drop(["seed", "images"]):
        values = table[name].to_numpy(float)
        spread = (values.mean(), np.std(values, ddof=1), values.min(), values.max())
        rows.append([name, *map(decimals, spread)])
    header = ["figure", "mean", "standard deviation", "lowest", "highest"]
    return (
        f"{len(table)} seeds on one split, {num_images:,} test images. The spread is that of "
        "training alone; the confidence interval over patients in each bundle's card adds to "
        f"it.\n\n{markdown_table(header, rows)}"
    )


def _folders(out: Path, config: TrainingConfig, number: int) -> dict[int, Path]:
    """The folder of each seed's bundle."""
    return {seed: out / f"seed-{seed}" for seed in range(config.seed, config.seed + number)}


def _finished(folder: Path, settings: TrainingConfig) -> Bundle:
    bundle = load_bundle(folder)
    wanted = settings.as_dict()
    other = sorted(
        name for name, value in wanted.items() if bundle.manifest.training.get(name) != value
    )
    if other:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in other)
        raise DatasetError(
            f"{folder.parent.name!r} holds bundles with another {options} and cannot be resumed "
            "with these options. Use the original settings, or choose another --out."
        )
    return bundle


def _require_same_data(
    out: Path,
    bundles: Sequence[Bundle],
    dataset: Dataset,
    config: TrainingConfig,
    description: Description,
    run: Run,
) -> None:
    films = prepare(
        dataset,
        config=config,
        cache=run.cache or film_cache.default_folder(),
        accepted=description.accepted,
    )
    wanted = describe_data(films, description).fingerprint
    if any(bundle.manifest.data.fingerprint != wanted for bundle in bundles):
        raise DatasetError(
            f"{out.name!r} holds bundles of other data, or of another split, and cannot be "
            "resumed with these data. Use the original DATA, or choose another --out."
        )
