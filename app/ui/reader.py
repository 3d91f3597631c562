"""Who is reading: a name that is chosen in this browser, or whoever has signed in.

Readers sign in where the server has a section `[auth]` in Streamlit's secrets (docs/readers.md).
Without one, whoever can open the app may choose any name.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

import streamlit as st

from app.core.markdown import escape_markdown
from app.core.record.database import Database
from app.core.record.readers import Reader, all_readers, find_reader, known_reader, set_role
from app.core.settings import read_settings
from app.ui import elements, errors
from app.ui.cache import models
from app.ui.state import remembered, widgets
from app.ui.widget_keys import NEW_READER, READER_NAME

_COOKIE = "overread_reader"
_keep_in_browser = elements.define("overread_reader", __file__)


def signs_in() -> bool:
    """Whether readers sign in here, instead of choosing a name."""
    return "is_logged_in" in st.user


def must_sign_in() -> bool:
    """Whether whoever is here has yet to sign in."""
    return signs_in() and not st.user.is_logged_in


def current() -> Reader | None:
    """Who reads; None if nobody has signed in, or no name was chosen yet.

    Raises:
        RecordError: If the record cannot be read.
    """
    return _signed_in() if signs_in() else _chosen()


def name() -> str:
    """The name of whoever reads; empty if nobody is named."""
    found = current()
    return found.name if found else ""


def require_reader() -> Reader:
    """Who reads. Where that is not known, asks and ends the page there.

    Raises:
        RecordError: If the record cannot be read.
    """
    found = current()
    if found is None:
        if signs_in():
            _ask_to_sign_in()
        else:
            _ask_for_name()
        st.stop()
    if found.is_removed:
        st.warning(
            f"{escape_markdown(found.name)} may no longer read here. What was saved is kept, and "
            "what was typed stays in this browser tab. If this is a mistake, ask an "
            "administrator.",
            icon=":material/person_off:",
        )
        if signs_in():
            st.button("Sign out", on_click=errors.callback(st.logout))
        else:
            _ask_for_name()
        st.stop()
    return found


def show_in_sidebar() -> None:
    """Says who reads, and lets another take over."""
    found = current()
    if found is not None and not found.is_removed:
        st.caption(f"Reading as {escape_markdown(found.name)}")
        if signs_in():
            st.button(
                "Sign out",
                on_click=errors.callback(st.logout),
                type="tertiary",
                icon=":material/logout:",
            )
        else:
            with st.popover("Change reader", type="tertiary", icon=":material/person:"):
                _ask_for_name()
    if signs_in():
        _keep_in_browser(key="reader_kept", data={"signedIn": True})
    elif chosen := remembered.chosen_reader():
        _keep_in_browser(key="reader_kept", data={"chosen": chosen})


def _signed_in() -> Reader | None:
    """Whoever has signed in; the first administrators are such from then on."""
    user = st.user.to_dict()
    if not user.get("is_logged_in"):
        return None
    email = str(user.get("email") or "")
    shown_name = str(user.get("name") or user.get("preferred_username") or email or user["sub"])
    found = known_reader(_record(), shown_name, subject=f"{user['iss']}|{user['sub']}", email=email)
    is_named = email.lower() in read_settings().administrator_emails
    # An address that its owner never confirmed may be anybody's.
    if is_named and user.get("email_verified") is not False and found.role != "administrator":
        set_role(_record(), found.id, "administrator")
        return current()
    return found


def _chosen() -> Reader | None:
    name = remembered.chosen_reader() or unquote(st.context.cookies.get(_COOKIE, ""))
    return find_reader(_record(), name) if name else None


def _ask_to_sign_in() -> None:
    st.title("Sign in")
    st.write("Readers have verdicts of their own here.")
    for name in _providers():
        st.button(
            f"Sign in with {escape_markdown(name)}" if name else "Sign in",
            key=f"reader_sign_in_{name}",
            on_click=errors.callback(st.login),
            args=(name or None,),
            type="primary",
            icon=":material/login:",
        )
    _keep_in_browser(key="reader_wanted", data={"signedIn": False})


def _providers() -> list[str]:
    """Those that readers may sign in with, by the names of their sections; the unnamed first."""
    section = st.secrets["auth"]
    named = [name for name, value in section.items() if isinstance(value, Mapping)]
    return [*([""] if "client_id" in section else []), *named]


def _ask_for_name() -> None:
    """Offers the names that are known, and takes a new one."""
    names = [one.name for one in all_readers(_record()) if not one.subject and not one.is_removed]
    if names:
        st.pills(
            "Who is reading?",
            names,
            key=READER_NAME,
            on_change=errors.callback(_choose),
            args=(READER_NAME,),
        )
    with st.form("reader", border=False, width=400):
        st.text_input("Another name" if names else "Your name", key=NEW_READER)
        st.caption("Verdicts are saved under this name. This browser keeps it.")
        st.form_submit_button(
            "Read under this name", on_click=errors.callback(_choose), args=(NEW_READER,)
        )


def _choose(key: str) -> None:
    if name := widgets.value_of(key):
        remembered.choose_reader(known_reader(_record(), name).name)


def _record() -> Database:
    return models.record()
