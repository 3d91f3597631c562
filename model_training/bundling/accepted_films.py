"""What a bundle says it is for, in words for its card."""

from __future__ import annotations

from app.core.bundles.network_input import Input


def accepted_films(size: Input) -> str:
    """Which films are accepted by what their files state, in a sentence; empty for any.

    Args:
        size: The input of the bundle.
    """
    ages = "" if size.ages is None else f"{size.ages[0]:g} to {size.ages[1]:g} years"
    stated = {
        "modality": ", ".join(size.modalities),
        "body part": ", ".join(size.body_parts),
        "view": ", ".join(size.views),
        "age": ages,
    }
    listed = "; ".join(f"{what} {words}" for what, words in stated.items() if words)
    return f"A film is refused if its file states another: {listed}." if listed else ""
