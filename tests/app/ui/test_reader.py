"""How readers are asked who they are."""

import pytest
from streamlit.testing.v1 import AppTest

ONE = {"client_id": "overread", "server_metadata_url": "https://login.example.org"}


def sign_in():
    from app.ui import reader

    reader._ask_to_sign_in()


@pytest.mark.parametrize(
    ("section", "labels"),
    [
        (ONE, ["Sign in"]),
        ({"hospital": ONE, "uni": ONE}, ["Sign in with hospital", "Sign in with uni"]),
        ({**ONE, "uni": ONE}, ["Sign in", "Sign in with uni"]),
    ],
)
def test_every_provider_is_offered_by_its_name(section, labels):
    at = AppTest.from_function(sign_in, default_timeout=30)
    at.secrets["auth"] = {"redirect_uri": "https://overread.example.org", **section}

    at.run()

    assert not at.exception
    assert [one.label for one in at.button] == labels
