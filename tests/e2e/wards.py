"""Worklists made without a browser, and what a reader does with a film of one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from app.core.bundles.bundle import load_bundle
from app.core.record.entry import Entry
from app.core.record.log import all_entries
from app.core.record.readers import Role, known_reader, set_role
from app.core.record.worklist import Mode
from app.core.review import making
from app.core.review.worklist_registry import open_worklists
from app.core.settings import read_settings

REPOSITORY = Path(__file__).parents[2]
FOLDER, UNREADABLE = "films", "torn.png"


@dataclass(frozen=True)
class Ward:
    """A home and its films.

    Attributes:
        home: `OVERREAD_HOME`.
        root: The data root.
    """

    home: Path
    root: Path

    def make(self, mode: Mode, *, num_films: int, with_unreadable: bool = False) -> str:
        """Makes a worklist of films that are scored already, and returns its id."""
        folder = self.root / FOLDER
        folder.mkdir(parents=True)
        bundle = load_bundle(REPOSITORY / "models" / "phantom-chest")
        samples = bundle.samples * (num_films // len(bundle.samples) + 1)
        for number, sample in zip(range(num_films), samples, strict=False):
            # Another byte at the end makes it another film.
            content = sample.read_bytes() + bytes([number])
            (folder / f"{number:02}{sample.suffix}").write_bytes(content)
        if with_unreadable:
            (folder / UNREADABLE).write_bytes(b"half a file")
        plan = making.Plan(name=f"Read {mode}", bundle=bundle, mode=mode)
        opened = making.of_folder(open_worklists(), plan, FOLDER, settings=read_settings())
        opened.wait_until_scored()
        assert sum(one.prediction is not None for one in opened.scored) == num_films
        return opened.worklist.id

    def add_reader(self, name: str, role: Role = "reader") -> None:
        """Makes a reader known."""
        record = open_worklists().record
        set_role(record, known_reader(record, name).id, role)

    def entries(self) -> list[Entry]:
        """All that is in the record."""
        return list(all_entries(open_worklists().record))


def read_as(page: Page, url: str, reader: str, worklist: str) -> None:
    """Opens a worklist's films under a name that the browser knows."""
    cookie = {"name": "overread_reader", "value": reader.replace(" ", "%20"), "url": url}
    page.context.add_cookies([cookie])
    page.goto(f"{url}/case?id={worklist}")


def film(page: Page) -> Locator:
    """The viewer."""
    return page.get_by_role("group", name="Film", exact=True)


def item_of(page: Page) -> int:
    """Which film is drawn, by its position in the worklist."""
    return int(film(page).get_attribute("data-item") or -1)


def at_film(page: Page, number: int, total: int) -> None:
    """Waits until a film is drawn, by its place in the reader's order."""
    expect(page.locator(".position")).to_have_text(f"Film {number} of {total}")
    expect(page.locator(".desk")).to_have_attribute("data-waits", "no")


def is_blind(page: Page) -> None:
    """Nothing of the model is told, and a call is asked for."""
    expect(page.locator(".question")).to_have_text("Your own call")
    expect(page.locator(".sentence")).to_be_hidden()
    expect(page.locator(".scale")).to_be_hidden()


def press_call(page: Page, key: str) -> None:
    """Locks a call by keys."""
    is_blind(page)
    for one in (key, "w", "Enter"):
        page.keyboard.press(one)


def sees_model(page: Page) -> None:
    """Waits until the call is on the disk, whereupon the model is shown."""
    expect(page.locator(".question")).to_have_text("Having seen the model")
    expect(page.locator(".sentence")).to_be_visible()


def press_verdict(page: Page, key: str) -> None:
    """Keeps the call, or changes it, by keys."""
    page.keyboard.press(key)
    page.keyboard.press("Enter")


def decided(page: Page) -> None:
    """Waits until the decision is on the disk."""
    expect(page.locator(".confirm")).to_contain_text("Decided")
    expect(page.locator(".saved")).to_contain_text("Saved")
