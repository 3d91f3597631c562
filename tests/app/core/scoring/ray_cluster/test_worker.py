"""What a worker does without a cluster."""

from app.core.scoring.ray_cluster import driver, worker
from app.core.sources.source import Source


def test_digests_are_found_to_the_last_byte():
    class Known:
        def image_ids(self):
            return ["00" * 32, "ab" * 31 + "00", "ff" * 32]

    digests = worker.Digests(driver._digests(Known()))
    source = Source("a", None)

    assert [
        digests.get(image_id, source) is not None
        for image_id in ("00" * 32, "ab" * 31 + "00", "ff" * 32, "ab" * 32, "00" * 31 + "01")
    ] == [True, True, True, False, False]
