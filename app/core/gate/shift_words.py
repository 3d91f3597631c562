"""What a reader is told of a folder that differs from the reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.gate.familiarity import UNFAMILIAR
from app.core.gate.statistic_words import Differing, in_words
from app.core.statistics.metrics import Proportion

# What the network itself sees of films; image statistics say how they were made.
_SEEN_BY_NETWORK = ("features", "distance", "probability")
# Why all images were refused, by the code of the reason.
_BECAUSE = {
    "inverted": "black and white are swapped",
    "turned_90": "they are turned by 90°",
    "turned_180": "they are upside down",
    "turned_270": "they are turned by 90°",
    "mirrored": "left and right are swapped",
    "cropped": "part of the film is cut off",
    "framed": "they have a border",
    "border": "they have a border",
    "frame": "they have a border",
    "side_by_side": "each shows several films",
    "several_films": "each shows several films",
    "blurred": "they are blurred",
    "noisy": "they are full of noise",
    "compressed": "they are compressed too strongly",
    "blank": "they show nothing",
    "few_grey_levels": "they have too few grey levels",
    "colour_picture": "they are colour pictures",
    "grey_picture": "they have no colour",
    "document": "they are documents",
    "text": "text is written over them",
    "too_small": "they have too few pixels",
    "small_for_model": "they have too few pixels",
    "too_dark": "they are too dark",
    "too_bright": "they are too bright",
    "low_contrast": "they have too little contrast",
    "several_images": "each file holds several images",
    "range_unknown": "nothing says which of their values are black and white",
    "overlay": "they have a heatmap drawn over them",
    "wrong_body_part": "they show another part of the body",
    "wrong_view": "they were taken in another view",
    "wrong_age": "the patients are not of the age the model is for",
    "wrong_modality": "they are from another modality",
    "other_kind": "they are of a kind that the model does not judge",
    "overridden": "the model is not for them",
}
_OTHERWISE = "have unusual combinations of sharpness, grey levels and the like"
_TOGETHER = "statistics"
_ON_ADAPT = "Label 50 to 100 of them on Adapt, or read them all."
_READ_ALL = "Read them all."


@dataclass(frozen=True, slots=True)
class Told:
    """What the words are made of; see `shift.Shift`.

    Attributes:
        refused: Images that were refused, of those that could be read.
        reference_refused: The same of validation films.
        reasons: Refused images by the code of the reason.
        answers: Name of each answer, and how many films of folder and reference were given it.
        matter: What matters: effect, and medians or proportions of folder and reference.
        is_no_chance: The same of all that is no chance, however small.
        num_compared: Films of the folder that were compared.
        num_reference: Films of the reference.
        num_tests: How many comparisons there were.
        fewest: Images that are needed.
        place: Where the model was adapted to; empty if it was not.
        is_adaptable: Whether it is one that can be adapted.
    """

    refused: Proportion
    reference_refused: Proportion
    reasons: Counter[str]
    answers: Sequence[tuple[str, int, int]]
    matter: Mapping[str, Differing]
    is_no_chance: Mapping[str, Differing]
    num_compared: int
    num_reference: int
    num_tests: int
    fewest: int
    place: str = ""
    is_adaptable: bool = True

    @property
    def advice(self) -> str:
        """What to do about films that differ."""
        if not self.is_adaptable:
            return _READ_ALL
        if not self.place:
            return _ON_ADAPT
        return (
            f"The model was adapted to {self.place}, whose films may differ in this way. If these "
            "are from elsewhere, label 50 to 100 of them on Adapt, or read them all."
        )


def paragraphs(told: Told) -> tuple[str, ...]:
    """What a reader must know before the first film is opened; none if nothing matters."""
    if 1 < told.refused.total == told.refused.successes:
        return (_all_refused(told),)
    parts = [_films(told)]
    if "refused" in told.matter:
        parts.append(_more_refused(told))
    if "answers" in told.matter:
        parts.append(_answers(told, is_alone=not parts[0]))
    return tuple(filter(None, parts))


def detail(told: Told) -> str:
    """What was compared with what."""
    if told.refused.total < told.fewest:
        return (
            f"Too few images to compare with those the model learned from: {told.refused.total:,} "
            f"of at least {told.fewest}."
        )
    if not told.num_compared:
        return "Too few films were judged to compare them with those the model learned from."
    return (
        f"{told.num_compared:,} films were compared with {told.num_reference:,} held-out films "
        f"by {told.num_tests} tests corrected for their number (Holm, 5 %)."
    )


def _all_refused(told: Told) -> str:
    total = told.refused.total
    all_were = "Both images were refused" if total == 2 else f"All {total:,} images were refused"
    reason, count = told.reasons.most_common(1)[0]
    if reason == UNFAMILIAR:
        because = "they are not like those the model learned from"
    else:
        because = _BECAUSE.get(reason, f"of this: {reason.replace('_', ' ')}")
    if count == total:
        what = (
            "Choose a model that is made for them, or read them without one."
            if reason == UNFAMILIAR
            else "The list says what can be done."
        )
        return f"{all_were} because {because}. {what}"
    if count == 1:
        return f"{all_were}, for different reasons. The list gives them, and what can be done."
    # Foreign images are refused for many reasons; a fault of a whole folder is mostly one.
    check = "Check that the model is for such images. " if 2 * count <= total else ""
    return (
        f"{all_were}, {count:,} of them because {because}. {check}The list gives the reasons for "
        "the others, and what can be done."
    )


def _more_refused(told: Told) -> str:
    said = (
        f"More images than usual were refused: {_in_full(told.refused)}, against "
        f"{_in_full(told.reference_refused)} of the films on which the limit was chosen."
    )
    if told.reasons[UNFAMILIAR] * 2 > told.refused.total:
        unlike = f"{said} Most are unlike those the model learned from: choose another model"
        if not told.is_adaptable:
            return f"{unlike}, or read them without one."
        return f"{unlike}, or, if this one is meant for them, label 50 to 100 of them on Adapt."
    return f"{said} Look at the reasons before you rely on the results of the others."


def _films(told: Told) -> str:
    made = in_words(told.matter)
    if not made and _TOGETHER in told.matter:
        made = in_words(told.is_no_chance, slightly=True)
    if any(one in told.matter for one in _SEEN_BY_NETWORK):
        how = f": they {made}" if made else " in what the network sees in them"
        return (
            f"These films differ from those the model learned from{how}. The model's "
            f"probabilities and threshold may not hold here. {told.advice}"
        )
    if not made and _TOGETHER not in told.matter:
        return ""
    return (
        "These films were made differently from those the model learned from: they "
        f"{made or _OTHERWISE}. That hardly changes what the network sees, but the model's figures "
        f"were not measured on such films. {told.advice}"
    )


def _answers(told: Told, *, is_alone: bool) -> str:
    total = sum(count for _, count, _ in told.answers)
    total_home = sum(count for _, _, count in told.answers)
    shares = [
        (name, Proportion(count, total), Proportion(count_home, total_home))
        for name, count, count_home in told.answers
    ]
    # Of two answers, the second is the positive one.
    name, ours, theirs = (
        shares[1]
        if len(shares) == 2
        else max(shares, key=lambda one: abs(one[1].value - one[2].value))
    )
    more = "more" if ours.value > theirs.value else "fewer"
    said = (
        f"The model predicts {name} for {more} of these films than of those it was tested on: "
        f"{_in_full(ours)}, against {_in_full(theirs)}."
    )
    if not is_alone:
        return said
    return (
        f"{said} If that is not what you expect of your patients, the model's "
        f"probabilities may not hold. {told.advice}"
    )


def _percent(proportion: Proportion) -> str:
    return f"{100 * proportion.value:.1f} %"


def _in_full(proportion: Proportion) -> str:
    low, high = proportion.interval()
    return (
        f"{proportion.successes:,} of {proportion.total:,} ({_percent(proportion)}, 95 % interval "
        f"{100 * low:.1f} to {100 * high:.1f} %)"
    )
