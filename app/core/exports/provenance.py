"""Where the contents of an export are from: worklist, model, threshold, truth and record."""

from __future__ import annotations

from collections import Counter

from app.core.bundles.decision_rule import QUALITY_UNKNOWN
from app.core.exports.contents import Contents
from app.core.exports.said import all_said
from app.core.performance import formatting
from app.core.record.shown import versions
from app.core.reliance.words import name_of

_MODES = {
    "open": "open: the model was shown at once",
    "blind_first": "blind first: the model was shown after each call",
    "second_reader": "second reader: each reader blind, an adjudicator where they differ",
}
_OF_ALL_FILMS = ("Films", "Readers", "True classes", "Record", "Last hash")
_TRUTHS = {"folders": "the names of folders", "table": "a table of true classes"}


def provenance(contents: Contents) -> list[tuple[str, str]]:
    """Facts about a worklist and its model, by name."""
    worklist, bundle = contents.worklist, contents.bundle
    found = [
        ("Made", f"{contents.taken_at:%Y-%m-%d %H:%M} UTC, Overread {versions()['overread']}"),
        ("Films", _films(contents)),
        ("Readers", _readers(contents)),
        ("Mode", _MODES[worklist.mode]),
        ("True classes", _truth(contents)),
        ("Model", f"{bundle.name}: {bundle.manifest.task.title}"),
        ("Threshold", _threshold(contents)),
        ("Model, SHA-256", bundle.sha256),
    ]
    if bundle.manifest.quality == "unknown":
        found.append(("Model, quality", QUALITY_UNKNOWN))
    if bundle.network_sha256 != bundle.sha256:
        found.append(("Bundle, SHA-256", bundle.network_sha256))
    found.append(("Record", _record(contents)))
    if contents.entries:
        found.append(("Last hash", contents.entries[-1].hash))
    found.append(("Worklist", worklist.id))
    return found


def film_provenance(contents: Contents) -> list[tuple[str, str]]:
    """The same for a report of one film: without what is counted over the worklist."""
    return [fact for fact in provenance(contents) if fact[0] not in _OF_ALL_FILMS]


def _films(contents: Contents) -> str:
    counts = Counter("pending" if one is None else one.status for one in contents.results)
    others = [f"{count:,} {status}" for status, count in sorted(counts.items()) if status != "ok"]
    read = len({one.item for one in all_said(contents.entries)})
    text = f"{len(contents.names):,}, of which {counts['ok']:,} scored and {read:,} read"
    return f"{text}; {', '.join(others)}" if others else text


def _readers(contents: Contents) -> str:
    counts = Counter(one.reader for one in all_said(contents.entries))
    named = [
        f"{name_of(name)} ({formatting.counted(count, 'film')})"
        for name, count in sorted(counts.items())
    ]
    return ", ".join(named) or "none yet"


def _truth(contents: Contents) -> str:
    if not contents.truth:
        return "not known"
    source = _TRUTHS.get(contents.worklist.truth or "", "given")
    return f"of {len(contents.truth):,} films, from {source}; patients are not known"


def _threshold(contents: Contents) -> str:
    chosen = contents.worklist.threshold
    if chosen is not None:
        return f"{formatting.probability(chosen)}, chosen for this worklist instead of the model's"
    thresholds = contents.bundle.manifest.one_of_thresholds
    if thresholds is None:
        return "the model's, one for each finding"
    return f"{formatting.probability(thresholds.decision)}, the model's"


def _record(contents: Contents) -> str:
    if not contents.entries:
        return "no entry of this worklist"
    first, last = contents.entries[0].number, contents.entries[-1].number
    count = len(contents.entries)
    noun = "entry" if count == 1 else "entries"
    return f"{count:,} {noun} of this worklist, from number {first:,} to {last:,}"
