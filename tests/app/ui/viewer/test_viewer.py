"""The parts of the viewer fit together: in the browser a misspelt action would only do nothing."""

import re
from collections import Counter
from pathlib import Path

from app.ui import elements
from app.ui.viewer import viewer

FOLDER = Path(viewer.__file__).parent
SCRIPT = elements.assemble(FOLDER / "viewer.js")
KEYS = re.findall(r'^    \["([\w.]+)", "([^"]+)", "', (FOLDER / "keys.js").read_text("utf-8"), re.M)
ACTIONS = re.findall(r"^    ([\w.]+): ", (FOLDER / "actions.js").read_text("utf-8"), re.M)


def test_no_two_files_declare_the_same_name():
    declared = Counter(
        re.findall(r"^(?:async )?(?:const|let|class|function) (\w+)", SCRIPT, re.MULTILINE)
    )

    assert len(declared) > 50
    assert [name for name, times in declared.items() if times > 1] == []


def test_every_key_is_bound_once_to_something_that_can_be_done():
    assert len(KEYS) > 30
    assert {action for action, _ in KEYS} <= set(ACTIONS)
    assert [key for key, times in Counter(key for _, key in KEYS).items() if times > 1] == []


def test_every_button_does_something_and_names_a_key_that_does_the_same():
    buttons = re.findall(
        r'data-action="(\w+)"(?: title="[^"]*\((.)\)")?',
        (FOLDER / "viewer.html").read_text("utf-8"),
    )

    assert len(buttons) > 12
    assert {action for action, _ in buttons} <= set(ACTIONS)
    assert {(action, key) for action, key in buttons if key} <= set(KEYS)
