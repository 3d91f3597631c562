"""Cache keys of the functions in this package.

Returned values are shared between sessions and must not be modified. Arguments that start with an
underscore are not part of the key: a film is identified by the SHA-256 of its file and never by
its pixels, because Streamlit hashes only a sample of a large array, and one patient's film might
be shown for another's.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from app.core.bundles.bundle import Bundle
from app.core.evidence.evidence import Evidence

# A bundle is identified by its digest, so one that was exported again is a different one. A
# finding of it is a bundle with the same digest. So are results without a model.
NAMED_BY: dict[str | type[Any], Callable[[Any], Any]] = {
    Bundle: attrgetter("sha256", "finding"),
    Evidence: attrgetter("sha256", "finding"),
}
