"""Labelled films of which the model thinks that a part is missing, for the reader to look at."""

from __future__ import annotations

import streamlit as st

from app.core.adaptation.adapt import Adapted
from app.core.adaptation.gate_words import taken_for_cropped
from app.core.markdown import escape_markdown
from app.core.performance.formatting import counted
from app.core.review.thumbnails import Thumbnails

_IN_A_ROW, _MOST_SHOWN = 6, 24
_THUMBNAILS = Thumbnails()


def show(adapted: Adapted) -> None:
    """Says how many there are, and shows them.

    Args:
        adapted: What was fitted.
    """
    said = taken_for_cropped(adapted.adaptation)
    if not said:
        return
    st.info(
        f"{said} Look at them: take those that lack a part out of the list, and adapt again.",
        icon=":material/crop:",
    )
    films = adapted.films.taken_for_cropped
    window = adapted.bundle.manifest.input.window
    with st.expander("The films that may be cropped"):
        for row in range(0, min(len(films), _MOST_SHOWN), _IN_A_ROW):
            columns = st.columns(_IN_A_ROW)
            for column, film in zip(columns, films[row : row + _IN_A_ROW], strict=False):
                picture = _THUMBNAILS.get(film.image_id, film.source, model_window=window)
                if picture is not None:
                    column.image(picture, alt=f"{film.name}, which may be cropped")
                column.caption(escape_markdown(film.name))
        if len(films) > _MOST_SHOWN:
            st.caption(f"{counted(len(films) - _MOST_SHOWN, 'more film')} not shown.")
