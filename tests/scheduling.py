"""How tests are shared out among the workers of a run."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

JOURNEYS = "tests/e2e/"


class JourneysTogether(LoadFileScheduling):
    """A file goes to one worker, and so do all journeys, whose browser and dashboard start once."""

    def _split_scope(self, nodeid: str) -> str:
        return JOURNEYS if nodeid.startswith(JOURNEYS) else super()._split_scope(nodeid)
