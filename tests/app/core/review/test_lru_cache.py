import threading
import time

import pytest

from app.core.review.lru_cache import LruCache


def test_a_value_is_made_once_while_others_wait():
    kept, made = LruCache(2), []

    def make():
        time.sleep(0.05)
        made.append(1)
        return object()

    found = []
    threads = [threading.Thread(target=lambda: found.append(kept.get("a", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 1
    assert len(set(map(id, found))) == 1
    assert "a" in kept


def test_the_values_used_last_are_kept():
    kept = LruCache(2)
    for key in ("a", "b", "a", "c"):
        kept.get(key, key.upper)

    assert [key in kept for key in "abc"] == [True, False, True]
    assert kept.values() == ["A", "C"]


def test_values_are_kept_up_to_a_size():
    kept = LruCache(10, size=len)
    for word in ("four", "five5", "two", "one"):
        kept.get(word, lambda word=word: word)
    assert kept.values() == ["two", "one"]

    assert kept.get("much too large", lambda: "much too large")
    assert kept.values() == ["much too large"]


def test_a_failure_is_not_kept():
    kept = LruCache(2)

    def fail():
        raise ValueError("not now")

    with pytest.raises(ValueError, match="not now"):
        kept.get("a", fail)
    assert kept.values() == []
    assert kept.get("a", lambda: 3) == 3
