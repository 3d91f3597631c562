"""How its films differ from those that the model was tested on: a sentence, and its proof."""

from __future__ import annotations

import streamlit as st

from app.charts import shift as charts
from app.core.bundles.bundle import Bundle
from app.core.gate.comparisons import Difference, Distributions
from app.core.gate.shift import Shift
from app.core.markdown import escape_markdown
from app.core.performance import formatting
from app.core.results.reference_films import answer_names
from app.core.scoring.gatekeeper import NO_REFERENCE
from app.core.statistics.metrics import Proportion
from app.ui import components

_HEIGHT = 260
_TOGETHER = {"features": "What the network sees", "statistics": "How they were made"}


def show(shift: Shift | None, bundle: Bundle) -> None:
    """Shows a line if a difference matters, and below it how; else what was compared.

    Args:
        shift: The comparison; None if there is none.
        bundle: The model.
    """
    if bundle.manifest.reference is None:
        st.caption(NO_REFERENCE)
    if shift is None:
        return
    if not shift.matters:
        st.caption(shift.detail)
        return
    if not shift.differences:
        st.warning(escape_markdown(shift.sentence), icon=":material/compare_arrows:")
        return
    # One line, so that the list keeps its rows; what to do about it is a click away.
    first, _, rest = shift.paragraphs[0].partition(". ")
    label = f"{escape_markdown(first.rstrip('.'))}. :small[More]"
    with st.expander(label, icon=":material/warning:", key="review_shift"):
        words, *figure = st.columns([1.5, 1] if shift.drawn is not None else 1)
        for paragraph in filter(None, (rest, *shift.paragraphs[1:])):
            words.markdown(escape_markdown(paragraph))
        if shift.drawn is not None:
            with figure[0]:
                _draw(shift.drawn)
        _show_proof(shift, bundle)


def _draw(drawn: Distributions) -> None:
    components.chart(
        charts.distributions(drawn, height=_HEIGHT),
        key="review_shift_figure",
        alt=f"{charts.AXES[drawn.what]}: distribution of these films and of those the model was "
        "tested on",
    )


def _show_proof(shift: Shift, bundle: Bundle) -> None:
    components.table(
        [
            *_proportions(shift, bundle),
            *(_row(one) for one in shift.differences if one.matters and _is_of_films(one)),
        ],
        key="review_shift_table",
        figures=["These films", "Tested on", "Effect", "p"],
    )
    st.caption(shift.detail)


def _is_of_films(difference: Difference) -> bool:
    return difference.what not in ("refused", "answers")


def _proportions(shift: Shift, bundle: Bundle) -> list[dict[str, str]]:
    names = answer_names(bundle.manifest.task)
    counts = list(zip(names, shift.answers, shift.reference_answers, strict=True))
    totals = sum(shift.answers), sum(shift.reference_answers)
    # Of two answers, one says it all.
    shown = counts[1:] if len(counts) == 2 else counts
    tested = {one.what: _tested(one) for one in shift.differences}
    rows = [
        _proportion_row(
            f"Predicted: {name}", Proportion(ours, totals[0]), Proportion(theirs, totals[1])
        )
        # The test is of all answers together.
        | (tested.get("answers", {}) if place == 0 else {})
        for place, (name, ours, theirs) in enumerate(shown)
    ]
    refused = _proportion_row("Refused", shift.refused, shift.reference_refused)
    return [refused | tested["refused"], *rows]


def _proportion_row(what: str, folder: Proportion, reference: Proportion) -> dict[str, str]:
    return {
        "What": what,
        "These films": formatting.proportion_in_full(folder),
        "Tested on": formatting.proportion_in_full(reference),
        "Effect": "",
        "p": "",
    }


def _row(difference: Difference) -> dict[str, str]:
    medians = (difference.folder, difference.reference)
    ours, theirs = (
        "" if value is None else f"median {charts.written(difference.what, value)}"
        for value in medians
    )
    return {
        "What": _name(difference.what),
        "These films": ours,
        "Tested on": theirs,
    } | _tested(difference)


def _tested(difference: Difference) -> dict[str, str]:
    return {
        "Effect": f"{difference.effect:.2f}",
        "p": "< 0.001" if difference.p < 0.001 else f"{difference.p:.3f}",
    }


def _name(what: str) -> str:
    return _TOGETHER.get(what) or charts.AXES[what].partition(" (")[0]
