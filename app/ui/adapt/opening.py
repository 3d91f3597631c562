"""What Adapt is for, and what can be adapted; and how an adaptation is taken away."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.core.adaptation import folder
from app.core.adaptation.gate_words import gate_sentences
from app.core.bundles.adaptation import Adaptation
from app.core.bundles.bundle import Bundle
from app.core.bundles.bundle_folders import shown_names
from app.core.markdown import escape_markdown
from app.core.performance.formatting import by_class, counted
from app.core.performance.promises import promises
from app.core.settings import read_settings
from app.ui import errors
from app.ui.state import chosen_model, jobs


def say_purpose() -> None:
    """What the page is for."""
    st.write(
        "A model's threshold and probabilities are those of the films it learned from; yours may "
        "differ. From 50 to 200 films of your place whose truth is known, or more where the "
        "finding is rare, this page fits them anew, and finds which films can be ruled out or "
        "ruled in with a promise."
    )


def require_adaptable(bundle: Bundle) -> None:
    """Stops the page, with what to do, if the chosen model cannot be adapted.

    Args:
        bundle: The model.
    """
    if bundle.manifest.task.any_of:
        st.info(
            f"The model {escape_markdown(bundle.name)} has findings that do not exclude "
            "each other. Only a model with classes that exclude each other can be adapted: choose "
            "one in the model picker.",
            icon=":material/info:",
        )
        st.stop()


def say_not_adapted(bundle: Bundle) -> None:
    """Says that the chosen model is not adapted yet, and that adapting it changes nothing of it.

    Args:
        bundle: The model.
    """
    st.caption(
        f"Chosen model: {escape_markdown(bundle.name)}, not adapted. It stays as it is: "
        "an adaptation is a small folder beside it, used only when chosen."
    )
    if not folder.may_be_written(read_settings().models):
        st.warning(
            "Nothing can be saved here: the folder of models may only be read. Have it made "
            "writable for Overread, or set OVERREAD_MODELS to one that is.",
            icon=":material/lock:",
        )


def show_adaptation(bundle: Bundle) -> None:
    """What an adapted model was made from, and what it promises.

    Args:
        bundle: The model.
    """
    adaptation, task = bundle.adaptation, bundle.manifest.task
    if adaptation is None:
        return
    films = escape_markdown(
        by_class((adaptation.data.counts.get(name, 0) for name in task.classes), task)
    )
    total = counted(sum(adaptation.data.counts.values()), "labelled film")
    st.info(
        f"The chosen model is adapted already: {escape_markdown(bundle.name)}, made on "
        f"{adaptation.date} from {total} ({films}). To adapt again, with more labels or those of "
        f"another place, choose {escape_markdown(adaptation.bundle)} in the model "
        "picker. Its card is on Model card, its films are the Local split of Performance.",
        icon=":material/tune:",
    )
    said = [*promises(adaptation.thresholds, task), *gate_sentences(adaptation)]
    st.markdown("\n".join(f"- {one}" for one in said))


def offer_to_remove(bundle: Bundle) -> None:
    """Takes an adapted model away when asked to, and says before what that means.

    Args:
        bundle: The adapted model.
    """
    adaptation = bundle.adaptation
    if adaptation is None:
        return
    name, base = escape_markdown(bundle.name), escape_markdown(adaptation.bundle)
    with st.popover("Remove this adaptation", icon=":material/delete:"):
        st.write(
            f"Nobody who uses this server can choose **{name}** any longer: its calibration, "
            f"threshold and zones of {adaptation.date} are taken away, and films are judged by "
            f"{base} as before. Results and verdicts that name it stay as they are. It can be "
            f"restored: choose {base}, and open *Removed adaptations* on this page."
        )
        st.button(
            f"Remove {name}",
            key="adapt_remove",
            on_click=errors.callback(_remove),
            args=(bundle, adaptation),
        )


def _remove(bundle: Bundle, adaptation: Adaptation) -> None:
    folder.remove(bundle)
    # Else its base would still offer to use what is gone.
    jobs.forget_adapting(adaptation.bundle_sha256)
    chosen_model.choose_model(bundle.path.name)


def offer_removed(bundle: Bundle) -> None:
    """Lists the removed adaptations of a model, and brings one back when asked to.

    Args:
        bundle: The model, not adapted.
    """
    models = read_settings().models
    found = folder.removed(bundle, models)
    if not found:
        return
    with st.expander("Removed adaptations", icon=":material/restore_from_trash:"):
        for path, shown in zip(found, shown_names(found), strict=True):
            name, button = st.columns([4, 1], vertical_alignment="center")
            name.write(escape_markdown(shown))
            button.button(
                "Restore",
                key=f"adapt_restore_{path.name}",
                on_click=errors.callback(_restore),
                args=(path, models),
                width="stretch",
            )


def _restore(path: Path, models: Path) -> None:
    restored = folder.restore(path, models)
    if restored.adapted_in is not None:
        chosen_model.choose_model(restored.adapted_in.name)
