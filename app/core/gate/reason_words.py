"""Why images have no score, in words that follow their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

# Codes that do not read as words, or that say the same.
_WORDS = {
    **dict.fromkeys(("border", "frame", "framed"), "with a border"),
    **dict.fromkeys(("several_films", "side_by_side"), "with several films"),
    **dict.fromkeys(("turned_90", "turned_180", "turned_270"), "turned"),
    **dict.fromkeys(("too_small", "small_for_model"), "too small"),
    "colour_picture": "in colour",
    "grey_picture": "without colour",
    "few_grey_levels": "with few grey levels",
    "range_unknown": "with values of an unknown range",
    "several_images": "with several images",
    "unfamiliar": "unlike the training films",
    "other_kind": "of another kind",
    "text": "written on",
    "wrong_body_part": "of another body part",
    "wrong_view": "of another view",
    "wrong_age": "of another age",
    "wrong_modality": "of another modality",
}


def reasons_in_words(counts: Mapping[str, int]) -> str:
    """Numbers of images by reason, most frequent first, such as `5 with a border, 3 inverted`.

    Args:
        counts: Images by the code of their reason.
    """
    words: Counter[str] = Counter()
    for code, count in counts.items():
        words[_WORDS.get(code, code.replace("_", " "))] += count
    most_first = sorted(words.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{count:,} {word}" for word, count in most_first)
