"""What a kept result is found again by.

What is returned from the functions of this folder is shared between sessions and not to be changed.
An argument whose name begins with an underscore is no part of what a result is found by: a film is
named by the SHA-256 of its file, never by its pixels, of which Streamlit would hash only a sample,
so that one patient's film might be shown for another's.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from app.core.bundles.bundle import Bundle

# A bundle is named by its digest, so that one that was exported anew is another.
NAMED_BY: dict[str | type[Any], Callable[[Any], Any]] = {Bundle: attrgetter("sha256")}
