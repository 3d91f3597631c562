"""The worklist and the film in the address, and those that were opened last."""

from __future__ import annotations

import streamlit as st

# In addresses and in the session.
_ID, _FILM = "id", "film"
_FOLLOWED = "followed"


def worklist_id() -> str | None:
    """The worklist in the address; on pages without one, that which was opened last."""
    return _addressed(_ID)


def film() -> int | None:
    """The film in the address, by its position in the worklist; else that opened last."""
    found = _addressed(_FILM)
    return int(found) if found is not None and found.isdecimal() else None


def open_worklist(worklist_id: str) -> None:
    """Makes a worklist the one that pages are about, from the next page on."""
    if st.session_state.get(_ID) != worklist_id:
        st.session_state.pop(_FILM, None)
    st.session_state[_ID] = worklist_id
    st.query_params.from_dict({_ID: worklist_id})


def open_film(worklist_id: str, item: int) -> None:
    """Opens a film on the pages Case and Activations.

    Args:
        worklist_id: Part of the worklist's address.
        item: Position of the film in it.
    """
    st.session_state[_ID], st.session_state[_FILM] = worklist_id, str(item)
    st.query_params.from_dict(film_address(worklist_id, item))


def film_address(worklist_id: str, item: int) -> dict[str, str]:
    """What the address of a film says after the name of a page.

    Args:
        worklist_id: Part of the worklist's address.
        item: Position of the film in it.
    """
    return {_ID: worklist_id, _FILM: str(item)}


def new_in_address() -> str | None:
    """The worklist in the address, where its model was not chosen for it yet in this session."""
    asked = st.query_params.get(_ID)
    if asked is None or asked == st.session_state.get(_FOLLOWED):
        return None
    st.session_state[_FOLLOWED] = asked
    return asked


def of_worklist(name: str) -> str:
    """Session key of something that each worklist has its own of.

    Args:
        name: Of what it is.
    """
    return f"worklist_{name}_{st.session_state.get(_ID)}"


def _addressed(name: str) -> str | None:
    """A part of the address, which is added where a page was opened by a link without it."""
    asked = st.query_params.get(name)
    if asked is None and (kept := st.session_state.get(name)) is not None:
        st.query_params[name] = kept
        return str(kept)
    if asked is not None and asked != st.session_state.get(name):
        st.session_state[name] = asked
        if name == _ID:
            st.session_state.pop(_FILM, None)
    return asked
