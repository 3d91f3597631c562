"""The file itself says that the film is not one for this model: body part, view or age."""

from __future__ import annotations

from app.core.bundles.network_input import Input
from app.core.errors import RefusedImageError
from app.core.images.body_parts import body_part, is_same_region, view
from app.core.images.film import Film

_NAMES = {"LATERAL": "a lateral view", "OBLIQUE": "an oblique view"}


def check_header(film: Film, network_input: Input) -> None:
    """Refuses a film whose file states another body part, view or age than the model is for.

    A file that states nothing, or nothing in terms of the standard, passes.

    Args:
        film: The film, with what its file states.
        network_input: What the model is for; empty for anything.

    Raises:
        RefusedImageError: If one of them differs.
    """
    _check_body_part(film.body_part, network_input.body_parts)
    _check_view(film.view, network_input.views)
    _check_age(film.age, network_input.ages)


def _check_body_part(found: str | None, allowed: tuple[str, ...]) -> None:
    if not found:
        return
    known = [part for part in map(body_part, allowed) if part is not None]
    if known and not any(is_same_region(found, part) for part in known):
        raise RefusedImageError(
            "wrong_body_part",
            f"The file states the body part {found}; this model is for {', '.join(allowed)}. "
            "Choose another image or another model.",
        )


def _check_view(found: str | None, allowed: tuple[str, ...]) -> None:
    known = [one for one in map(view, allowed) if one is not None]
    if found and known and found not in known:
        raise RefusedImageError(
            "wrong_view",
            f"The file states {_NAMES.get(found, f'the view {found}')}; this model is for "
            f"{', '.join(allowed)}. Choose the film of that view.",
        )


def _check_age(found: float | None, allowed: tuple[float, float] | None) -> None:
    """An age in whole years, as people state it: 5 is the whole sixth year."""
    if found is None or allowed is None:
        return
    lowest, highest = allowed
    if not lowest <= found < highest + 1:
        than = "younger" if found < lowest else "older"
        raise RefusedImageError(
            "wrong_age",
            f"The patient is {than} than those this model is for (aged {lowest:g} to {highest:g} "
            "years). Choose a model for this age.",
        )
