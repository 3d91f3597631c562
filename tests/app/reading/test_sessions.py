from app.core.record.readers import Reader
from app.reading.sessions import Sessions

ANNA, BEN = Reader(1, "Anna", None, False), Reader(2, "Ben", None, False)


def test_a_token_stands_for_one_reader_in_one_worklist():
    sessions = Sessions()
    tokens = [sessions.open(who, worklist) for who in (ANNA, BEN, None) for worklist in "ab"]

    assert len(set(tokens)) == 6
    found = sessions.find(tokens[3])
    assert found is not None
    assert (found.reader, found.worklist_id) == (BEN, "b")
    assert sessions.find("guessed") is None


def test_a_page_that_is_drawn_again_gets_the_same_token():
    sessions = Sessions()

    assert sessions.open(ANNA, "a") == sessions.open(ANNA, "a")


def test_a_session_ends_twelve_hours_after_its_last_use():
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0])
    used, unused = sessions.open(ANNA, "a"), sessions.open(BEN, "a")
    now[0] = 11.9 * 3600
    assert sessions.find(used)
    now[0] = 12.1 * 3600

    assert sessions.find(used)
    assert sessions.find(unused) is None
    assert sessions.open(BEN, "a") != unused


def test_a_removed_reader_reads_on_nowhere():
    sessions = Sessions()
    anna, ben = [sessions.open(ANNA, one) for one in "ab"], sessions.open(BEN, "a")
    sessions.end_of(ANNA.id)

    assert [sessions.find(token) for token in anna] == [None, None]
    assert sessions.find(ben)
