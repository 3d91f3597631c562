"""Readers sign in with a real provider; an administrator gives roles and removes one of them."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import dashboard
from tests.e2e.steps import shown
from tests.openid_provider import (
    CLIENT,
    DISCOVERY,
    PASSWORD,
    SECRET,
    email,
    free_port,
    provider,
)


@pytest.fixture
def server(home):
    """A dashboard that asks who is there, and who its administrator is."""
    port = free_port()
    redirect_uri = f"http://127.0.0.1:{port}/oauth2callback"
    with provider(redirect_uri) as address:
        home.mkdir(exist_ok=True)
        (home / "secrets.toml").write_text(
            f"""
            [auth]
            redirect_uri = "{redirect_uri}"
            cookie_secret = "a secret of the cookie, long enough"
            client_id = "{CLIENT}"
            client_secret = "{SECRET}"
            server_metadata_url = "{address}{DISCOVERY}"
            """
        )
        with dashboard(home, port=port, OVERREAD_ADMINISTRATORS=email("chief")) as url:
            yield url


def sign_in(page: Page, url: str, person: str) -> None:
    page.goto(url)
    shown(page.get_by_role("heading", name="Sign in"))
    expect(page.get_by_role("link", name="Performance")).to_have_count(0)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Login").fill(person)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_two_of_one_name_and_an_administrator(server, new_page, console):
    console.expect("/fomanticui/", "/oauth/end_session", "/favicon.ico")  # the provider's own pages
    ada, other, chief = new_page(), new_page(), new_page()
    for page, person, name, place in (
        (ada, "ada", "Ada Lovelace", ""),
        (other, "ada2", "Ada Lovelace (ada2@example.org)", ""),
        (chief, "chief", "Grace Hopper", "/readers"),
    ):
        sign_in(page, server + place, person)
        shown(page.get_by_text(f"Reading as {name}", exact=True))

    # Back where the sign-in was asked for.
    shown(chief.get_by_role("heading", name="Readers"))
    role = chief.get_by_label("Role of Ada Lovelace (ada2@example.org)")
    role.click()
    chief.get_by_role("option", name="adjudicator").click()
    removed = chief.locator('[class*="st-key-reader_1"]')
    removed.get_by_role("button", name="Remove").click()
    shown(removed.get_by_text("removed", exact=True))

    ada.get_by_role("link", name="Performance").click()
    shown(ada.get_by_text("Ada Lovelace may no longer read here."))
    expect(ada.get_by_role("heading", name="Performance")).to_have_count(0)
    ada.get_by_role("button", name="Sign out").click()
    ada.wait_for_url("**/oauth/end_session**")  # the provider ends its own session, too
    ada.goto(server)
    shown(ada.get_by_role("heading", name="Sign in"))

    other.get_by_role("link", name="Readers").click()
    shown(other.get_by_text("Only an administrator changes this list."))
    expect(other.get_by_role("button", name="Remove")).to_have_count(0)
