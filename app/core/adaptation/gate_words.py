"""What an adaptation changes of the gate, in sentences for pages and cards."""

from __future__ import annotations

from app.core.bundles.adaptation import Adaptation


def gate_sentences(adaptation: Adaptation) -> list[str]:
    """How far films may lie from the training films, and how cropped ones are told.

    Args:
        adaptation: What was fitted.
    """
    said = []
    if adaptation.reach > 1:
        said.append(
            f"Films are refused as unfamiliar at {adaptation.reach:.2f} times the bundle's limit."
        )
    if adaptation.cropped:
        said.append(
            "Cropped films are recognised by what was learned from these films and from copies of "
            "them with a part cut off."
        )
    return said


def taken_for_cropped(adaptation: Adaptation) -> str:
    """How many labelled films look cropped to the bundle; empty if none does.

    Args:
        adaptation: What was fitted.
    """
    count = adaptation.taken_for_cropped
    if not count:
        return ""
    if count == 1:
        return (
            "1 of these films looks to the model as if a part were missing. It is used as a whole "
            "film."
        )
    return (
        f"{count:,} of these films look to the model as if a part were missing. They are used as "
        "whole films."
    )
