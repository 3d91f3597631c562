import tracemalloc

from app.core.images import decoder_log


def test_words_of_a_file_are_found_in_any_case_and_across_its_parts_without_a_copy():
    data = bytearray(32 * 2**20)
    border = decoder_log._PART
    data[5:11] = b"Canary"
    data[border - 3 : border + 4] = b"BORDERS"
    data[-4:] = b"last"
    tracemalloc.start()

    found = decoder_log._found_in(bytes(data), {"canary", "Borders", "LAST", "absent"})

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == {"canary", "Borders", "LAST"}
    assert decoder_log._found_in(b"", {"a"}) == decoder_log._found_in(b"abc", set()) == set()
    assert peak < 40 * 2**20  # the 32 MB that `bytes` made, and no second copy
