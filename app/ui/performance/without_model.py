"""What Performance says of results without a model: where they are from, and what is doubtful."""

from __future__ import annotations

import streamlit as st

from app.core.evidence.evidence import Evidence
from app.core.markdown import escape_markdown, escape_sentence
from app.core.performance import formatting
from app.core.performance.predictions import ALL_CASES, HeldOut, count_classes, count_patients
from app.core.performance.sampling_units import about_units
from app.ui.performance.splits import split_title


def about(evidence: Evidence) -> None:
    """Warnings about the results, and what was decided when they were read.

    Args:
        evidence: The results.
    """
    for warning in evidence.manifest.warnings:
        st.warning(escape_sentence(warning), icon=":material/warning:")
    tables = ", ".join(escape_markdown(one.name) for one in evidence.manifest.tables)
    with st.expander(f"Results without their model, read on {evidence.manifest.date}"):
        st.markdown("\n".join(f"- {escape_sentence(note)}" for note in evidence.manifest.notes))
        st.caption(f"From {tables}. Whoever made the scores answers for them.")


def describe(held_out: HeldOut, evidence: Evidence, threshold: float | None) -> None:
    """Describes the cases behind the figures, and where the threshold is from.

    Args:
        held_out: The cases of all sites, or of one.
        evidence: The results.
        threshold: The current decision threshold; None with more than two classes.
    """
    counts = (count.num_images for count in count_classes(held_out))
    text = (
        f"{escape_markdown(split_title(held_out.split))}: "
        f"{formatting.counted(held_out.num_images, 'case')} of "
        f"{formatting.counted(count_patients(held_out), held_out.unit)} "
        f"({escape_markdown(formatting.by_class(counts, evidence.manifest.task))}). "
    )
    if not all(held_out.named_patients):
        text += f"{about_units(held_out.named_patients)} "
    cut = evidence.manifest.thresholds
    if threshold is None:
        pass
    elif threshold != cut.decision:
        text += (
            "The threshold was changed. If you choose one by looking at these figures, they no "
            "longer test it."
        )
    elif cut.chosen_on == ALL_CASES:
        text += "The threshold was chosen on these cases, so figures at it are optimistic."
    else:
        text += f"The threshold: {cut.rule}."
    st.caption(text)
