"""A worklist in a record, read by made-up readers."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.core.bundles.task import Task
from app.core.record.database import Database
from app.core.record.entry import Draft, Entry
from app.core.record.log import append
from app.core.record.worklists import create_worklist
from app.core.reliance.question import Question

CLASSES = ("NORMAL", "PNEUMONIA")
TASK = Task(title="Pneumonia", classes=CLASSES, positive="PNEUMONIA")
QUESTION = Question.of(TASK)
MODEL = "b" * 64


@dataclass
class Readings:
    """Adds entries to a worklist; films are named by their positions."""

    database: Database
    classes: tuple[str, ...] = CLASSES
    entries: list[Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.worklist = create_worklist(
            self.database, name="Night shift", origin="folder", place="", bundle_sha256=MODEL,
            network_sha256=MODEL, model="small", mode="blind_first",
        )  # fmt: skip

    def add(self, event: str, item: int, reader: str, **said: object) -> Entry:
        """Adds one entry; of a class, give its position as `label` or `prediction`."""
        for name in ("label", "prediction"):
            if isinstance(said.get(name), int):
                said[name] = self.classes[said[name]]
        draft = Draft(
            event=event, item=item, reader=reader, worklist_id=self.worklist.id,
            image_id=f"{item:064x}", bundle_sha256=MODEL, **said,
        )  # fmt: skip
        (entry,) = append(self.database, draft)
        self.entries.append(entry)
        return entry

    def read(self, item: int, reader: str, before: int, advice: int, after: int) -> None:
        """A film read blind: a call, then the model, then the verdict."""
        self.add("call", item, reader, label=before, confidence=0.75, reading_seconds=10.0)
        self.add(
            "verdict", item, reader, label=after, prediction=advice, confidence=1.0,
            agreement="agree" if after == advice else "disagree", reading_seconds=4.0,
            probability=0.9 if advice else 0.1, threshold=0.5, tags=(), regions=(),
        )  # fmt: skip
