"""What readers said, what the model did to it, and the films behind each number."""

from __future__ import annotations

from collections.abc import Sequence

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
    _agreement(found)
    return _reader(_pick(found), found, contents)


def _agreement(found: RelianceReport) -> None:
    rows = []
    for pair in found.pairs:
        for when, agreement in (("before the model", pair.before), ("in the end", pair.after)):
            if agreement is not None:
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
    components.table(
        rows, key="report_agreement", figures=["Same class", "Cohen's κ", "Gwet's AC1"]
    )


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
    left, right = st.columns([4, 5])
    with left:
        components.chart(
            charts.proportions(lines), key="report_figures", alt=charts.describe(lines)
        )
    with right:
        line = _pick_line(lines)
    return None if line is None else _films(line, found, contents)


def _pick_line(lines: Sequence[Line]) -> Line | None:
    """A table of the figures; the one whose row is selected, if any."""
    event = st.dataframe(
        [
            {
                "Figure": line.name,
                "Value": formatting.proportion_in_full(line.figure.proportion),
                "Counts": line.meaning,
            }
            for line in lines
        ],
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="single-row",
        key="report_lines",
    )
    st.caption("Select a row to list the films behind it.")
    rows = event.selection.rows
    return lines[rows[0]] if rows and rows[0] < len(lines) else None


def _films(line: Line, found: RelianceReport, contents: Contents) -> int | None:
    """The films behind a figure; the one that is selected, if any."""
    figure = line.figure
    st.markdown(
        f"**{escape_markdown(line.name)}**: {formatting.count_of_total(figure.proportion)}, "
        f"{escape_markdown(line.meaning)}"
    )
    readings = [*figure.counted, *figure.others]
    if not readings:
        st.caption("No film is behind it.")
        return None
    event = st.dataframe(
        [
            _row(one, found, contents, is_counted=place < len(figure.counted))
            for place, one in enumerate(readings)
        ],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"report_films_{line.name}",
    )
    st.caption(f"First those that count, then {_OTHERS}. Select a row to open the film.")
    rows = event.selection.rows
    return readings[rows[0]].item if rows else None


def _row(
    one: Reading, found: RelianceReport, contents: Contents, *, is_counted: bool
) -> dict[str, str]:
    task, question = contents.bundle.manifest.task, found.question

    def word(label: int | None) -> str:
        return "" if label is None else question.words[label]

    truth = contents.truth.get(one.item)
    return {
        "Counts": "yes" if is_counted else "no",
        "Film": f"{one.item + 1:,}",
        "Name": contents.names[one.item],
        "Reader": words.name_of(one.reader),
        "Truth": "" if truth is None else in_words(task.classes[truth], task),
        "Call": word(one.before),
        "Model": word(one.advice),
        "Verdict": word(one.after),
    }
