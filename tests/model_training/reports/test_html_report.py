import json
import re
from html.parser import HTMLParser

import plotly.graph_objects as go
import pytest

from model_training.reports.html_report import Figure, Section, Table, write_report


class Page(HTMLParser):
    """What a browser would load from elsewhere, the words it shows and the cells of its tables."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.cells, self.words = [], [], []
        self._open = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self._open.append(tag)
        found = dict(attributes)
        self.fetched += [found[name] for name in ("src", "href") if name in found]
        if tag in ("th", "td"):
            self.cells.append([found["class"], ""])

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if self._open and self._open[-1] in ("th", "td"):
            self.cells[-1][1] += data
        if self._open and self._open[-1] not in ("script", "style"):
            self.words.append(data)


def written(tmp_path, *sections, title="A report"):
    path = tmp_path / "new" / "report.html"
    write_report(path, title=title, sections=sections)
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
    return path.read_text(encoding="utf-8")


def test_a_page_needs_nothing_from_elsewhere_and_holds_plotly_once(tmp_path):
    plot = Figure(go.Figure(go.Scatter(x=[1, 2], y=[3, 4])), "Two points")

    text = written(tmp_path, Section("One", figures=[plot, plot]), Section("Two", figures=[plot]))

    page = Page(text)
    assert page.fetched == []
    assert text.count("* plotly.js v") == 1
    assert text.count('class="plot"') == 3
    assert "".join(page.words).count("Two points") == 3


def test_a_page_without_figures_is_small(tmp_path):
    text = written(tmp_path, Section("Only words", ["A sentence."]))

    assert len(text) < 10_000
    assert "A sentence." in "".join(Page(text).words)
    assert "Research use only" in "".join(Page(text).words)


def test_text_is_not_interpreted_as_markup(tmp_path):
    evil = "</script><script>alert('x')</script>"
    plot = Figure(go.Figure(go.Scatter(x=[1], y=[1], name=evil), {"title": evil}), evil)

    text = written(
        tmp_path, Section(evil, [evil], [Table([evil], [[evil]], evil)], [plot]), title=evil
    )

    assert "<script>alert" not in text
    # In title and headings, paragraph, table caption, two cells and figure caption.
    assert "".join(Page(text).words).count(evil) == 8
    layout = json.loads(re.findall(r'application/json">(.*)</script>', text)[0])["layout"]
    assert layout["title"]["text"] == evil


def test_columns_of_numbers_are_set_right_and_others_left(tmp_path):
    table = Table(
        ["figure", "value", "interval", "words", "p"],
        [
            ["AUC", 0.99, "0.98 to 1.00", "12 of", "<0.001"],
            ["Brier", "−0.01", "none: no spread", "all", ""],
        ],
    )

    cells = Page(written(tmp_path, Section("Figures", tables=[table]))).cells

    kinds = ["text", "number", "number", "text", "number"]
    assert [kind for kind, _ in cells] == kinds * 3
    assert [text for _, text in cells[5:10]] == ["AUC", "0.99", "0.98 to 1.00", "12 of", "<0.001"]


def test_a_row_that_does_not_fit_its_header_is_refused():
    with pytest.raises(ValueError, match=r"2 cells.*Received rows of \[1, 3\]"):
        Table(["a", "b"], [[1, 2], [1], [1, 2, 3]])


def test_an_older_report_is_replaced(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")

    write_report(path, title="New", sections=[])

    assert "<h1>New</h1>" in path.read_text(encoding="utf-8")
