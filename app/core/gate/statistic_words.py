"""What is said of films whose image statistics differ: `are sharper and have wider borders`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Verb = Literal["are", "have"]
# Effect, and the medians of the folder and of the reference.
Differing = tuple[float, float | None, float | None]


class Words(NamedTuple):
    """What is said of films with another figure. A comparative begins it, so `slightly` may too.

    Attributes:
        verb: What stands before it, after `they`.
        lower: Of films with a lower figure.
        higher: Of films with a higher one.
        group: Those of a group say nearly the same, and only the one that differs most is named.
    """

    verb: Verb
    lower: str
    higher: str
    group: str


WORDS = {
    "size": Words("have", "fewer pixels", "more pixels", "size"),
    "aspect": Words("are", "narrower", "wider", "aspect"),
    "mean": Words("are", "darker", "brighter", "brightness"),
    "contrast": Words("are", "lower in contrast", "higher in contrast", "contrast"),
    "entropy": Words("have", "fewer grey levels", "more grey levels", "levels"),
    "levels": Words("have", "fewer grey levels", "more grey levels", "levels"),
    "black": Words("have", "smaller black areas", "larger black areas", "brightness"),
    "white": Words("have", "smaller white areas", "larger white areas", "white"),
    "sharpness": Words("are", "less sharp", "sharper", "sharpness"),
    "noise": Words("are", "smoother", "noisier", "noise"),
    "blockiness": Words("are", "less compressed", "more compressed", "compression"),
    "surround": Words("have", "darker margins", "brighter margins", "brightness"),
    "symmetry": Words("are", "less symmetrical", "more symmetrical", "symmetry"),
    "colour": Words("have", "less colour", "more colour", "colour"),
    "border": Words("have", "narrower borders", "wider borders", "border"),
    "frame": Words("have", "less of a frame around them", "more of a frame around them", "border"),
    "line": Words("have", "shorter lines across them", "longer lines across them", "parts"),
    "parts": Words(
        "are",
        "less often made up of two similar halves",
        "more often made up of two similar halves",
        "parts",
    ),
    "letters": Words("have", "less text on them", "more text on them", "letters"),
    "paper": Words("have", "less uniform backgrounds", "more uniform backgrounds", "paper"),
    "steps": Words("have", "softer edges in the picture", "harder edges in the picture", "steps"),
}
_MOST_NAMED = 3


def in_words(differences: Mapping[str, Differing], *, slightly: bool = False) -> str:
    """What films are and have, the largest difference first; empty if there are no words for it.

    Args:
        differences: By the name of the statistic; others are passed over.
        slightly: Whether the differences are small.

    Example:
        >>> in_words({"noise": (0.3, 1.0, 2.0), "border": (0.2, 0.1, 0.0)})
        'are smoother and have wider borders'
    """
    named: dict[str, tuple[Verb, str]] = {}
    for what, (_, folder, reference) in sorted(differences.items(), key=lambda one: -one[1][0]):
        if what in WORDS and folder is not None and reference is not None:
            words = WORDS[what]
            said = words.higher if folder > reference else words.lower
            named.setdefault(words.group, (words.verb, said))
    by_verb: dict[Verb, list[str]] = {}
    for verb, said in list(named.values())[:_MOST_NAMED]:
        by_verb.setdefault(verb, []).append(said)
    degree = "slightly " if slightly else ""
    parts = [f"{verb} {degree}{_joined(said)}" for verb, said in by_verb.items()]
    return (", and " if len(named) > len(parts) else " and ").join(parts)


def _joined(said: list[str]) -> str:
    *before, last = said
    return f"{', '.join(before)} and {last}" if before else last
