"""What readers said, what the model did to it, and the films behind each number."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.charts import reliance as charts
from app.core.exports.contents import Contents
from app.core.exports.film_section import in_words
from app.core.markdown import escape_markdown
from app.core.performance import formatting
from app.core.reliance import words
from app.core.reliance.readings import Reading
from app.core.reliance.report import ReaderReport, RelianceReport
from app.core.reliance.words import Line
from app.ui import components
from app.ui.state import remembered

_INTERVALS = (
    "95 % intervals: Wilson, widened where several readers read a film; kappa and AC1 by their "
    "large-sample variance. Patients are not known, so the unit is the film."
)
_OTHERS = "the others of its denominator"


def show(contents: Contents, version: tuple[object, ...]) -> int | None:
    """Shows the reliance report.

    Args:
        contents: The worklist.
        version: Changes whenever it would.

    Returns:
        Position of a film that was chosen to be opened; None without one.
    """
    st.subheader("Readers")
    questions = contents.questions()
    question = questions[0]
    if len(questions) > 1:
        question = st.selectbox(
            "Finding", questions, format_func=lambda one: one.words[1], key="report_finding"
        )
    found = remembered.cached(
        "report_reliance", (*version, question), lambda: contents.reliance(question)
    )
    if not found.readers:
        st.info("Nobody has read a film of this worklist yet.")
        return None
    differing = _agreement(found, contents)
    behind_figure = _reader(_pick(found), found, contents)
    return behind_figure if differing is None else differing


def _agreement(found: RelianceReport, contents: Contents) -> int | None:
    """How far each two agree, and where not; a film that is selected, if any."""
    stages = [
        (pair, when, agreement, differing)
        for pair in found.pairs
        for when, agreement, differing in (
            ("before the model", pair.before, pair.differing_before),
            ("in the end", pair.after, pair.differing),
        )
        if agreement is not None
    ]
    rows = []
    for pair, when, agreement, _ in stages:
        raw, kappa, ac1 = words.agreement_in_words(agreement)
        rows.append(
            {
                "Between": words.pair_in_words(pair),
                "When": when,
                "Same class": raw,
                "Cohen's κ": kappa,
                "Gwet's AC1": ac1,
            }
        )
    st.markdown("**Agreement**", help=_INTERVALS)
    chosen = _selectable(
        rows, key="report_agreement", figures=["Same class", "Cohen's κ", "Gwet's AC1"]
    )
    st.caption("Select a row to list the films on which the two differ.")
    if chosen is None or chosen >= len(stages):
        return None
    pair, when, agreement, differing = stages[chosen]
    st.markdown(
        f"**{escape_markdown(words.pair_in_words(pair))}, {when}**: another class on "
        f"{formatting.counted(len(differing), 'film')} of {agreement.raw.total:,}"
    )
    readings = [
        one
        for report in found.readers
        if report.reader in (pair.first, pair.second)
        for one in report.readings
        if one.item in differing
    ]
    readings.sort(key=lambda one: one.item)
    return _listed(
        readings, [_row(one, found, contents) for one in readings],
        key=f"report_differing_{chosen}",
    )  # fmt: skip


def _selectable(
    rows: Sequence[dict[str, str]], *, key: str, figures: Sequence[str] = ()
) -> int | None:
    """A table in full; the position of the row that is selected, if any."""
    right = st.column_config.TextColumn(alignment="right")
    event = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        column_config=dict.fromkeys(figures, right),
        on_select="rerun",
        selection_mode="single-row",
        key=key,
    )
    chosen = event.selection.rows
    return chosen[0] if chosen else None


def _pick(found: RelianceReport) -> ReaderReport:
    offered = [*([found.together] if found.together else []), *found.readers]
    names = [words.name_of(one.reader) for one in offered]
    chosen = st.segmented_control(
        "Reader", range(len(offered)), format_func=lambda place: names[place], default=0,
        required=True, key="report_reader", label_visibility="collapsed",
    )  # fmt: skip
    return offered[chosen or 0]


def _reader(one: ReaderReport, found: RelianceReport, contents: Contents) -> int | None:
    times = f"Median reading time {words.time_in_words(one.times.whole)}."
    gain = words.gain_in_words(one.gain)
    st.caption(
        f"{formatting.counted(len(one.readings), 'reading')}, of which {len(one.compared):,} have "
        f"a class, a prediction beside it and a known true class. {times}"
        + (f" Right answers, in the end against before the model: {gain}." if gain else "")
    )
    if not one.compared:
        return None
    lines = (*words.accuracy_lines(one, found.question), *words.reliance_lines(one))
    components.chart(charts.proportions(lines), key="report_figures", alt=charts.describe(lines))
    line = _pick_line(lines)
    return None if line is None else _films(line, found, contents)


def _pick_line(lines: Sequence[Line]) -> Line | None:
    """A table of the figures; the one whose row is selected, if any."""
    chosen = _selectable(
        [
            {
                "Figure": line.name,
                "Value": formatting.proportion_in_full(line.figure.proportion),
                "Counts": line.meaning,
            }
            for line in lines
        ],
        key="report_lines",
    )
    st.caption("Select a row to list the films behind it.")
    return lines[chosen] if chosen is not None and chosen < len(lines) else None


def _films(line: Line, found: RelianceReport, contents: Contents) -> int | None:
    """The films behind a figure; the one that is selected, if any."""
    figure = line.figure
    st.markdown(
        f"**{escape_markdown(line.name)}**: {formatting.count_of_total(figure.proportion)}, "
        f"{escape_markdown(line.meaning)}"
    )
    readings = [*figure.counted, *figure.others]
    rows = [
        {"Counts": "yes" if place < len(figure.counted) else "no"} | _row(one, found, contents)
        for place, one in enumerate(readings)
    ]
    if len(figure.counted) and len(figure.others):
        st.caption(f"First those that count, then {_OTHERS}.")
    return _listed(readings, rows, key=f"report_films_{line.name}")


def _listed(readings: Sequence[Reading], rows: Sequence[dict[str, str]], *, key: str) -> int | None:
    """Readings as a table; the film of the one that is selected, if any."""
    if not readings:
        st.caption("No film is behind it.")
        return None
    event = st.dataframe(
        pd.DataFrame(rows), hide_index=True, on_select="rerun", selection_mode="single-row", key=key
    )
    st.caption("Select a row to open the film.")
    chosen = event.selection.rows
    return readings[chosen[0]].item if chosen else None


def _row(one: Reading, found: RelianceReport, contents: Contents) -> dict[str, str]:
    task, question = contents.bundle.manifest.task, found.question

    def word(label: int | None) -> str:
        return "" if label is None else question.words[label]

    truth = contents.truth.get(one.item)
    return {
        "Film": f"{one.item + 1:,}",
        "Name": contents.names[one.item],
        "Reader": words.name_of(one.reader),
        "Truth": "" if truth is None else in_words(task.classes[truth], task),
        "Call": word(one.before),
        "Model": word(one.advice),
        "Verdict": word(one.after),
    }
