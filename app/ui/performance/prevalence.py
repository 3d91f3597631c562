"""What the figures become at the prevalence of the reader's own site, on the Performance page."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import streamlit as st

from app.core.markdown import escape_markdown
from app.core.performance import formatting
from app.core.performance.proportions import DecisionMetrics
from app.core.statistics.metrics import Proportion
from app.core.statistics.prevalence import PER, at_prevalence
from app.ui import components

KEY = "performance_prevalence"
CLASS_KEY = "performance_prevalence_class"
_HOW = (
    "Sensitivity and specificity as shown above, taken over to your prevalence, which counts as "
    "known exactly. Intervals: those of sensitivity and specificity; of the predictive values, "
    "that of the likelihood ratio (MOVER-R, Newcombe 2016)."
)


def of_one_class(decisions: Sequence[DecisionMetrics], names: Sequence[str]) -> None:
    """Asks for one of several classes and its prevalence, and shows what follows from it.

    Args:
        decisions: Figures of each class against all others.
        names: Display names of the classes.
    """
    place, _ = st.columns([1, 4])
    label = place.selectbox(
        "Class at your site",
        range(len(names)),
        format_func=lambda position: names[position],
        key=CLASS_KEY,
        persist_state="session",
    )
    of_class = decisions[label]
    positive, negative = of_class.sensitivity.total, of_class.specificity.total
    at_own_site(
        of_class,
        Proportion(positive, positive + negative),
        names[label],
        condition="the other classes are in the same proportions to each other as here, and ",
    )


def at_own_site(
    decisions: DecisionMetrics, tested: Proportion, positive: str, *, condition: str = ""
) -> None:
    """Asks for the prevalence at the reader's site, and shows what follows from it.

    Args:
        decisions: Figures at the decision threshold.
        tested: The prevalence of the split.
        positive: Display name of the positive class.
        condition: What else must be as here, for a sentence.
    """
    asked, *cards = st.columns(5)
    with asked:
        per_cent = st.number_input(
            "Prevalence at your site, in %",
            min_value=0.0,
            max_value=100.0,
            value=None,
            step=1.0,
            format="%g",
            placeholder=f"here {formatting.percent(tested)}",
            key=KEY,
            persist_state="session",
            help="The share of your films that show the finding. PPV and NPV above hold for the "
            "films of this split only.",
        )
    if per_cent is None:
        st.caption(
            "With your prevalence, this shows what PPV, NPV, missed films and false alarms become "
            "where the finding is rarer or more frequent."
        )
        return
    name = escape_markdown(positive)
    if not 0 < per_cent < 100:
        films = "no film shows" if per_cent == 0 else "every film shows"
        st.caption(
            f"Where {films} {name}, there is nothing to tell apart. Enter a prevalence above 0 and "
            "below 100 %."
        )
        return
    there = at_prevalence(decisions.sensitivity, decisions.specificity, per_cent / 100)
    with_finding, without = PER * there.prevalence, PER - PER * there.prevalence
    alarms = there.found.value + there.false_alarms.value
    silent = there.missed.value + there.cleared.value
    for card, label, texts, of in (
        (cards[0], "PPV there", formatting.share(there.ppv), _of(there.found.value, alarms)),
        (cards[1], "NPV there", formatting.share(there.npv), _of(there.cleared.value, silent)),
        (cards[2], "Missed per 1,000", formatting.expected(there.missed), f"of {with_finding:.4g}"),
        (
            cards[3],
            "False alarms per 1,000",
            formatting.expected(there.false_alarms),
            f"of {without:.4g}",
        ),
    ):
        with card:
            components.estimate(label, texts, of, note=_HOW)
    st.caption(
        f"Expected of 1,000 films at a prevalence of {per_cent:.4g} %, if {condition}films with "
        f"and without {name} look there as they do here: a place with milder disease or other "
        "machines has another sensitivity and specificity."
    )


def _of(part: float, total: float) -> str:
    return f"{part:,.0f} of {total:,.0f}" if isfinite(total) else formatting.NO_FIGURE
