"""Whether a bundle has seen the images it is evaluated on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_files import SPLIT
from app.core.images.reading import AS_STORED, ReadOptions


def seen_in_training(bundle: Bundle) -> dict[str, str]:
    """The split, such as `train` or `val`, of each image used in training the bundle, by image ID.

    Training images are known only for bundles that list them in `split.csv`.
    """
    table = bundle.predictions()
    splits = dict(zip(table["image_id"], table["split"], strict=True))
    file = bundle.path / SPLIT
    if file.is_file():
        split = pd.read_csv(file, dtype=str, keep_default_na=False)
        splits |= dict(zip(split["image_id"], split["split"], strict=True))
    return splits


def overlap_note(
    bundle: Bundle, image_ids: Sequence[str], *, reading: ReadOptions = AS_STORED
) -> str:
    """A sentence about images used for training or for choosing the threshold, or empty text.

    Args:
        bundle: The bundle.
        image_ids: SHA-256 of each evaluated image.
        reading: The reader's choices, which may have given an image another identity.
    """
    splits = {
        image_id: split_name
        for digest, split_name in seen_in_training(bundle).items()
        for image_id in reading.image_ids(digest)
    }
    counts = Counter(splits[image_id] for image_id in image_ids if image_id in splits)
    overlaps = [
        f"{counts[split_name]} of {len(image_ids)} {suffix}"
        for split_name, suffix in (
            ("train", "were used to train it"),
            ("val", "were used to choose its epoch and threshold"),
        )
        if counts[split_name]
    ]
    if not overlaps:
        return ""
    return (
        f"These figures are too favourable to {bundle.name!r}: {' and '.join(overlaps)}. Evaluate "
        "it on images it has never seen."
    )
