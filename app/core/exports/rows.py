"""A worklist as rows: one for each film, and one for each film and reader."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from app.core.bundles.task import Task
from app.core.exports.contents import Contents
from app.core.exports.said import Said, all_said, class_said, decision
from app.core.record import times
from app.core.record.entry import Entry
from app.core.results import rows as results_rows

Row = dict[str, Any]

WHOLE, NUMBER, TEXT = "whole", "number", "text"
# Of one film and reader, with the kind of each column.
READING_COLUMNS = {
    "worklist": TEXT, "worklist_id": TEXT, "item": WHOLE, "film": TEXT, "image_id": TEXT,
    "status": TEXT, "truth": TEXT, "reader": TEXT,
    "call": TEXT, "call_confidence": NUMBER, "call_comment": TEXT, "call_seconds": NUMBER,
    "call_idle_seconds": NUMBER, "call_at": TEXT, "call_entry": WHOLE, "call_hash": TEXT,
    "shown_prediction": TEXT, "shown_probability": NUMBER, "shown_threshold": NUMBER,
    "shown_zone": TEXT, "shown_heatmap_sha256": TEXT,
    "event": TEXT, "verdict": TEXT, "agreement": TEXT, "confidence": NUMBER, "comment": TEXT,
    "tags": TEXT, "regions": TEXT, "seconds": NUMBER, "idle_seconds": NUMBER, "verdict_at": TEXT,
    "verdict_entry": WHOLE, "verdict_hash": TEXT,
    "adjudication": TEXT, "adjudication_confidence": NUMBER, "adjudication_comment": TEXT,
    "adjudication_at": TEXT, "adjudication_entry": WHOLE, "adjudication_hash": TEXT,
    "changed": TEXT, "right_before": TEXT, "right_after": TEXT,
    "bundle_sha256": TEXT, "network_sha256": TEXT,
}  # fmt: skip
_BEFORE_RESULT = {"worklist": TEXT, "worklist_id": TEXT, "item": WHOLE}
_AFTER_RESULT = {
    "truth": TEXT, "decision": TEXT, "decided_by": TEXT, "readers": WHOLE, "verdicts": TEXT,
    "network_sha256": TEXT,
}  # fmt: skip
_BETWEEN = "; "


def film_columns(contents: Contents) -> dict[str, str]:
    """The columns of one film, with the kind of each; those of `overread score` among them."""
    numbers = results_rows.number_columns(contents.bundle)
    names = results_rows.columns(contents.bundle)
    of_result = {name: NUMBER if name in numbers else TEXT for name in names}
    return _BEFORE_RESULT | of_result | _AFTER_RESULT


def film_rows(contents: Contents) -> list[Row]:
    """A row for each film, in the order of the worklist."""
    task = contents.bundle.manifest.task
    by_film: dict[int, list[Said]] = defaultdict(list)
    for one in all_said(contents.entries):
        by_film[one.item].append(one)
    found = []
    for item, name in enumerate(contents.names):
        result, said = contents.results[item], by_film[item]
        if result is None:
            row = dict.fromkeys(results_rows.columns(contents.bundle)) | {"status": "pending"}
        else:
            row = results_rows.row(result, contents.bundle)
        decided = decision(said, task)
        verdicts = [(one, class_said(one.verdict, task)) for one in said if one.verdict]
        found.append(
            _of_worklist(contents, item)
            | row
            | {
                "path": name,
                "truth": _true_class(contents, item),
                "decision": decided.label or None,
                "decided_by": decided.by or None,
                "readers": len({one.reader for one in said}),
                "verdicts": _BETWEEN.join(
                    f"{one.reader}: {label or (one.verdict and one.verdict.event)}"
                    for one, label in verdicts
                )
                or None,
                "network_sha256": contents.bundle.network_sha256,
            }
        )
    return found


def reading_rows(contents: Contents) -> list[Row]:
    """A row for each film and reader who said something of it, by film and name."""
    return [_reading_row(contents, one) for one in all_said(contents.entries)]


def _reading_row(contents: Contents, said: Said) -> Row:
    task = contents.bundle.manifest.task
    call, verdict, decided = said.call, said.verdict, said.adjudication
    result = contents.results[said.item] if said.item < len(contents.results) else None
    truth = _true_class(contents, said.item)
    before, after = class_said(call, task), class_said(verdict, task)
    is_known = truth is not None
    return (
        _of_worklist(contents, said.item)
        | {
            "film": contents.names[said.item] if said.item < len(contents.names) else None,
            "image_id": next(iter(said.entries)).image_id or None,
            "status": "pending" if result is None else result.status,
            "truth": truth,
            "reader": said.reader,
            "event": verdict and verdict.event,
            "agreement": verdict and verdict.agreement,
            "comment": verdict and verdict.comment,
            "confidence": verdict and verdict.confidence,
            "tags": ", ".join(verdict.tags) if verdict and verdict.tags else None,
            "regions": json.dumps(verdict.regions) if verdict and verdict.regions else None,
            "seconds": verdict and verdict.reading_seconds,
            "idle_seconds": verdict and verdict.idle_seconds,
            "call_confidence": call and call.confidence,
            "call_comment": call and call.comment,
            "call_seconds": call and call.reading_seconds,
            "call_idle_seconds": call and call.idle_seconds,
            "adjudication_confidence": decided and decided.confidence,
            "adjudication_comment": decided and decided.comment,
            "changed": _yes_or_no(before != after) if before and after else None,
            "right_before": _yes_or_no(before == truth) if before and is_known else None,
            "right_after": _yes_or_no(after == truth) if after and is_known else None,
            "bundle_sha256": contents.bundle.sha256,
            "network_sha256": contents.bundle.network_sha256,
        }
        | _stated("call", call, task)
        | _stated("verdict", verdict, task)
        | _stated("adjudication", decided, task)
        | _shown(verdict)
    )


def _of_worklist(contents: Contents, item: int) -> Row:
    return {
        "worklist": contents.worklist.name,
        "worklist_id": contents.worklist.id,
        "item": item,
    }


def _stated(name: str, entry: Entry | None, task: Task) -> Row:
    return {
        name: class_said(entry, task),
        f"{name}_at": entry and times.written(entry.created_at),
        f"{name}_entry": entry and entry.number,
        f"{name}_hash": entry and entry.hash,
    }


def _shown(verdict: Entry | None) -> Row:
    names = ("prediction", "probability", "threshold", "zone", "heatmap_sha256")
    return {f"shown_{name}": verdict and getattr(verdict, name) for name in names}


def _true_class(contents: Contents, item: int) -> str | None:
    label = contents.truth.get(item)
    return None if label is None else contents.bundle.manifest.task.classes[label]


def _yes_or_no(is_so: bool) -> str:
    return "yes" if is_so else "no"
