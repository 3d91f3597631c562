"""Names of splits, as folders and tables have them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from app.core.bundles.predictions_table import SplitName

# Names of the splits in public data sets.
SPLIT_NAMES: Mapping[str, SplitName] = {
    **dict.fromkeys(("train", "training", "trainset", "entrenamiento", "entraînement",
                     "entrainement", "treino", "treinamento", "addestramento"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev", "valset", "validierung",
                     "validación", "validacion", "validação", "validacao", "validazione"), "val"),
    **dict.fromkeys(("test", "testing", "testset", "prueba", "teste"), "test"),
}  # fmt: skip

# Words that stand beside the name of a split in the name of a folder.
_FILLERS = frozenset(
    "set data dataset images image imgs img pictures seg folder files split part cxr ct mri xray x "
    "ray chest png jpg jpeg dicom dcm new final resized cropped the of".split()
)


def split_of(text: str) -> SplitName | None:
    """The split that a cell of a table names, or None."""
    return SPLIT_NAMES.get(unicodedata.normalize("NFC", text).strip().lower())


def splits_of_folders(names: Sequence[str]) -> dict[str, SplitName]:
    """The folders that are splits, such as `Training`, `seg_train` or `chest_test_images`.

    A folder is a split if its name has one word for a split, and besides only such words as
    `images` or those that the other splits have too.

    Args:
        names: Of all folders beside each other.
    """
    found: dict[str, tuple[SplitName, frozenset[str]]] = {}
    for name in names:
        words = words_of(name)
        splits = [SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES]
        if len(splits) == 1:
            rest = frozenset(word for word in words if word not in SPLIT_NAMES) - _FILLERS
            found[name] = splits[0], frozenset(word for word in rest if not word.isdigit())
    splits_by_rest: dict[frozenset[str], set[SplitName]] = {}
    for split_name, rest in found.values():
        splits_by_rest.setdefault(rest, set()).add(split_name)
    return {
        name: split_name
        for name, (split_name, rest) in found.items()
        if not rest or len(splits_by_rest[rest]) > 1
    }


def words_of(name: str) -> list[str]:
    """The words of a name in lower case: `seg`, `train` and `2` of `segTrain2`."""
    text = unicodedata.normalize("NFC", name)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return [word for word in re.split(r"[\W_]+|(?<=\D)(?=\d)", text.lower()) if word]
