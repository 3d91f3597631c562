"""What a check of an adaptation says, in sentences for pages, cards and the command line."""

from __future__ import annotations

from app.core.adaptation.left_out import left_out_sentences
from app.core.adaptation.writing import figure_text
from app.core.bundles.adaptation_checks import CheckedZone, StoredCheck, ZoneVerdict
from app.core.bundles.task import Task
from app.core.markdown import escape_markdown
from app.core.performance.formatting import by_class, counted
from app.core.performance.promises import percent

VERDICTS: dict[ZoneVerdict, str] = {
    "kept": "kept",
    "by chance": "more than promised, perhaps by chance",
    "not kept": "not kept",
    "no zone": "no such zone",
    "no films": "no film to tell",
}


def worst(check: StoredCheck) -> ZoneVerdict:
    """The verdict on all zones together.

    Args:
        check: The outcome.
    """
    found = {zone.verdict for zone in check.zones}
    order: tuple[ZoneVerdict, ...] = ("not kept", "by chance", "kept", "no films")
    return next((one for one in order if one in found), "no zone")


def headline(check: StoredCheck) -> str:
    """Whether the promises are kept, and what to do.

    Args:
        check: The outcome.
    """
    number = counted(sum(check.data.counts.values()), "other film")
    return {
        "not kept": f"Not every promise is kept on these {number}. Read all films, and adapt again "
        "with all labels of the place.",
        "by chance": f"On these {number} there is more than was promised, perhaps by chance. Check "
        "more films before you rely on the zones.",
        "kept": f"Every promise is kept on these {number}.",
        "no films": f"None of these {number} lies in a zone, so nothing is shown of it.",
        "no zone": "There is no zone to check: all films are to be read.",
    }[worst(check)]


def zone_name(zone: CheckedZone, task: Task) -> str:
    """A zone and what counts as an error in it.

    Args:
        zone: The zone.
        task: The classes.
    """
    positive = task.display_name(task.classes[-1])
    return {
        "ruled out": f"Ruled out: films with {positive} that are missed",
        "ruled in": f"Ruled in: films without {positive}",
        "clear": "Clear: wrong predictions",
    }[zone.name]


def zone_figures(zone: CheckedZone) -> tuple[str, str, str, str]:
    """What was promised, what was found, the films in the zone, and the verdict.

    Args:
        zone: The zone.
    """
    if zone.promised is None:
        return "nothing", "none", "none", VERDICTS[zone.verdict]
    return (
        f"at most {percent(zone.promised)}",
        figure_text(zone.errors),
        figure_text(zone.inside),
        VERDICTS[zone.verdict],
    )


def films_in_words(check: StoredCheck, task: Task) -> list[str]:
    """Which films were used, which were not and why, and how many are refused; in sentences.

    Args:
        check: The outcome.
        task: The classes.
    """
    data = check.data
    number = counted(sum(data.counts.values()), "film")
    of_units = "" if data.unit == "film" else f", {counted(data.units, data.unit)}"
    said = [
        f"{number} used ({by_class((data.counts[name] for name in task.classes), task)}{of_units})."
    ]
    if check.refused:
        said.append(
            f"{check.refused:,} of them refused as unfamiliar or cropped, so in no zone: they are "
            "to be read."
        )
    return [*said, *left_out_sentences(data.left_out)]


def summary(check: StoredCheck, task: Task) -> str:
    """A check in one line of Markdown.

    Args:
        check: The outcome.
        task: The classes.
    """
    zones = "; ".join(
        f"{zone_name(zone, task)} {found}, promised {promised}: {verdict}"
        for zone in check.zones
        for promised, found, _, verdict in (zone_figures(zone),)
        if zone.promised is not None
    )
    films = films_in_words(check, task)[0]
    return escape_markdown(f"{check.date}: {headline(check)} {films} {zones}.")


def section(checks: tuple[StoredCheck, ...], task: Task) -> str:
    """All checks of an adaptation as a section of its card, in Markdown.

    Args:
        checks: The outcomes, the last one at the end.
        task: The classes.
    """
    if not checks:
        return "## Checked on other films\n\nNot checked on other films yet.\n"
    lines = [f"- {summary(one, task)}" for one in reversed(checks)]
    return "\n".join(["## Checked on other films", "", *lines]) + "\n"
