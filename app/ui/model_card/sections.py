"""Sections of the Model card page. They display results and compute none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from app.core.adaptation.check_words import section as checks_section
from app.core.bundles.adaptation_checks import read_checks
from app.core.bundles.bundle import Bundle
from app.core.bundles.provenance import FileCheck, VersionCheck
from app.core.markdown import escape_markdown
from app.core.performance import formatting
from app.core.scoring.gatekeeper import reference_note
from app.ui import components

_DIGEST_DIGITS = 8
_MOST_LISTED = 8  # files of one folder that are unchanged
_WIDE, _NARROW = 140, 76  # widths of a column of names and of digests, in pixels


def headline(bundle: Bundle, files: Sequence[FileCheck], versions: Sequence[VersionCheck]) -> None:
    """Whether the bundle is unchanged, and the card for download.

    Args:
        bundle: The model.
        files: Check of every file.
        versions: Check of every library version.
    """
    changed = sum(check.word != "unchanged" for check in files)
    differing = sum(check.word != "same" for check in versions)
    with st.container(horizontal=True, vertical_alignment="center"):
        if changed:
            st.badge(
                f"{changed} of {len(files)} files changed", icon=":material/error:", color="red"
            )
        else:
            st.badge(f"All {len(files)} files unchanged", icon=":material/check:", color="green")
        if differing:
            st.badge(
                f"{formatting.counted(differing, 'library version')} not as trained",
                icon=":material/difference:",
                color="orange",
            )
        else:
            st.badge("Library versions as trained", icon=":material/check:", color="green")
        st.download_button(
            "Download card",
            whole_card(bundle),
            f"{bundle.name}-MODEL_CARD.md",
            "text/markdown",
            icon=":material/download:",
            key="model_card_download",
            on_click="ignore",
        )


def whole_card(bundle: Bundle) -> str:
    """The card in Markdown; of an adapted model, with how it did when it was checked.

    Args:
        bundle: The model.
    """
    if bundle.adaptation is None:
        return bundle.card()
    base = replace(bundle, adapted_in=None).card()
    checks = checks_section(read_checks(bundle), bundle.manifest.task)
    return f"{bundle.card().removesuffix(base)}{checks}\n{base}"


def gate(bundle: Bundle) -> None:
    """Whether the model can tell images unlike those it learned from, and how many it refused."""
    note = escape_markdown(reference_note(bundle))
    if bundle.manifest.reference is None:
        st.warning(note, icon=":material/warning:")
    else:
        st.caption(f":material/shield: {note}")


def file_table(bundle: Bundle, files: Sequence[FileCheck]) -> None:
    """The digest of the bundle, and the expected and current digests of its files.

    Args:
        bundle: The model.
        files: Check of every file.
    """
    st.markdown("**Bundle**")
    st.code(bundle.sha256, language=None, wrap_lines=True)
    file = "bundle.json" if bundle.adaptation is None else "adaptation.json"
    st.caption(
        f"SHA-256 of {file}. As that contains the digests of all other files, it identifies "
        "the whole model. It is written into every result."
    )
    st.markdown("**Files**")
    table = pd.DataFrame(_file_rows(files))
    narrow = st.column_config.TextColumn(width=_NARROW)
    st.dataframe(
        table,
        hide_index=True,
        key="model_card_files",
        column_config={
            "File": st.column_config.TextColumn(width=_WIDE),
            **dict.fromkeys(("Expected", "Found"), narrow),
        },
    )
    st.caption(f"First {_DIGEST_DIGITS} digits of SHA-256, computed when this page was opened.")


def _file_rows(files: Sequence[FileCheck]) -> list[dict[str, str]]:
    """A row a file; but one for all unchanged files of a folder with many, such as pictures."""
    unchanged = Counter(_folder(check) for check in files if check.word == "unchanged")
    many = {folder for folder, count in unchanged.items() if folder and count > _MOST_LISTED}
    rows = [
        {
            "File": check.name,
            "Expected": check.expected[:_DIGEST_DIGITS],
            "Found": check.found[:_DIGEST_DIGITS] if check.found else "none",
            "Result": check.word,
        }
        for check in files
        if check.word != "unchanged" or _folder(check) not in many
    ]
    for folder in sorted(many):
        name = f"{folder}: {formatting.counted(unchanged[folder], 'file')}"
        rows.append({"File": name, "Expected": "", "Found": "", "Result": "unchanged"})
    return rows


def _folder(check: FileCheck) -> str:
    return check.name.rpartition("/")[0]


def version_table(versions: Sequence[VersionCheck]) -> None:
    """The library versions at training time and those installed here."""
    st.markdown("**Versions**")
    rows = [
        {
            "Library": check.name,
            "Trained with": check.trained,
            "Installed": check.installed or "none",
            "Result": check.word,
        }
        for check in versions
    ]
    components.table(rows, key="model_card_versions")
    if any(check.word != "same" for check in versions):
        st.caption("Scores may differ in the last digits if versions differ.")


def training_table(training: Mapping[str, str | int | float | bool | None]) -> None:
    """The configuration the model was trained with."""
    st.markdown("**Training configuration**")
    rows = [{"Setting": name, "Value": _setting(value)} for name, value in training.items()]
    components.table(rows, key="model_card_training")


def _setting(value: str | int | float | bool | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return "not set" if value is None else str(value)
