import io
import sys

from app.core import progress as module
from app.core.progress import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_log_gets_nothing_of_short_work(capsys):
    assert list(progress(range(1000), title="decoding", unit="film")) == list(range(1000))
    with progress(title="scoring", unit="image", leave=True) as bar:
        bar.update()

    assert capsys.readouterr().err == ""


def test_a_log_gets_plain_lines_of_long_work(capsys, monkeypatch):
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_LINES", 1e-9)

    list(progress(range(3), title="decoding", unit="film"))

    printed = capsys.readouterr().err
    assert len(printed.splitlines()) == 3
    assert printed.splitlines()[-1].startswith("decoding: 100% 3/3 [")
    assert not set("\r\x1b█|") & set(printed)


def test_a_terminal_gets_a_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())

    list(progress(range(3), title="decoding", unit="film", leave=True))

    assert "\rdecoding: 100%|" in sys.stderr.getvalue()
