"""The task of a manifest, with the names under which its classes are displayed."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.bundles.task import Task, TaskKind


def make_task(
    classes: tuple[str, ...],
    title: str | None,
    kind: TaskKind = "one-of",
    *,
    display_names: Mapping[str, str] | None = None,
) -> Task:
    """The task of the manifest, with display names for the classes.

    Args:
        classes: Class names in output order; with two of which one is true, the second is
            positive.
        title: By default the display names of the classes.
        kind: Whether one of the classes is true, or any of them.
        display_names: Display names that were stated, by class; by default made of the class
            names.
    """
    shown = {name: _display_name(name) for name in classes} | dict(display_names or {})
    listed = [shown[name] for name in classes]
    between = "or" if kind == "one-of" else "and"
    return Task(
        title=title or f"{', '.join(listed[:-1])} {between} {listed[-1]}",
        kind=kind,
        classes=classes,
        positive=classes[1] if len(classes) == 2 and kind == "one-of" else None,
        display_names=shown,
    )


def _display_name(name: str) -> str:
    """Display name of a class, which begins with a capital; `TB` and `DME` stay as they are."""
    text = name.replace("_", " ")
    if text.isupper() and len(text) > 3:
        return text.capitalize()
    return text[:1].upper() + text[1:]
