"""The base may be passed on under Apache-2.0: nothing in it is under the GPL or the AGPL."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.installation import REPOSITORY

# Not the LGPL, which asks nothing of what only loads a library.
COPYLEFT = re.compile(r"\bA?GPL|GNU (Affero )?General Public", re.IGNORECASE)


def required(requirement: Requirement, seen: set[str]) -> Iterator[str]:
    """A package and all that it requires, where they are installed."""
    name = canonicalize_name(requirement.name)
    key = f"{name}[{','.join(sorted(requirement.extras))}]"
    if key in seen:
        return
    seen.add(key)
    try:
        further = distribution(name).requires or []
    except PackageNotFoundError:  # not on this system
        return
    yield name
    for text in further:
        found = Requirement(text)
        extras = ("", *requirement.extras)
        if not found.marker or any(found.marker.evaluate({"extra": one}) for one in extras):
            yield from required(found, seen)


def licence(name: str) -> str:
    """What a package says of its licence; of a whole text, the first line."""
    metadata = distribution(name).metadata
    classifiers = metadata.get_all("Classifier") or []
    stated = (metadata.get("License") or "").strip().partition("\n")[0]
    return "; ".join(
        [
            metadata.get("License-Expression") or "",
            stated,
            *(one for one in classifiers if one.startswith("License ::")),
        ]
    )


def base() -> set[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    seen: set[str] = set()
    return {name for text in project["dependencies"] for name in required(Requirement(text), seen)}


def test_nothing_in_the_base_is_under_the_gpl():
    found = base()
    assert len(found) > 50
    assert {name: text for name in found if COPYLEFT.search(text := licence(name))} == {}


@pytest.mark.parametrize(("text", "is_copyleft"), [
    ("GPL V3.0", True), ("AGPL-3.0-only", True),
    ("License :: OSI Approved :: GNU General Public License v3 (GPLv3)", True),
    ("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", False),
    ("BSD-3-Clause", False),
])  # fmt: skip
def test_copyleft_is_told_from_what_only_lends(text, is_copyleft):
    assert bool(COPYLEFT.search(text)) == is_copyleft
