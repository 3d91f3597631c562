"""An OpenID Connect provider that the tests start: Canaille, as a small place would run it.

    python -m tests.openid_provider PORT REDIRECT_URI

It has real discovery, keys, passwords and the authorization code flow; only what is stored is in
memory. The certified `oidc-provider` would bring a second language and its packages.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLIENT, SECRET, PASSWORD = "overread", "a secret of the client", "correct horse battery"
# Two people of the same name, and one who administrates.
PEOPLE = {"ada": "Ada Lovelace", "ada2": "Ada Lovelace", "chief": "Grace Hopper"}
DISCOVERY = "/.well-known/openid-configuration"


def email(person: str) -> str:
    return f"{person}@example.org"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def provider(redirect_uri: str) -> Iterator[str]:
    """Starts a provider that knows one client and three people, and gives its address."""
    port = free_port()
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.openid_provider", str(port), redirect_uri],
        cwd=Path(__file__).parents[1], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address + DISCOVERY, running)
        yield address
    finally:
        running.terminate()
        running.wait(timeout=30)


def _wait_for(address: str, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert running.poll() is None, f"The provider ended with {running.returncode}"
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("The provider did not answer within 60 s")


def serve(port: int, redirect_uri: str) -> None:
    from canaille import create_app
    from canaille.app import models
    from canaille.backends import Backend

    app = create_app(
        {
            "SECRET_KEY": os.urandom(16).hex(),
            "SERVER_NAME": f"127.0.0.1:{port}",
            "PREFERRED_URL_SCHEME": "http",
            "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False, "SMTP": None},
            # Whoever runs Overread has allowed it for everybody.
            "CANAILLE_OIDC": {"TRUSTED_DOMAINS": ["127.0.0.1"]},
        }
    )
    with app.app_context():
        for person, name in PEOPLE.items():
            known = models.User(
                user_name=person, formatted_name=name, given_name=name.split()[0],
                family_name=name.split()[1], emails=[email(person)], password=PASSWORD,
            )  # fmt: skip
            Backend.instance.save(known)
        client = models.Client(
            client_id=CLIENT, client_secret=SECRET, client_name="Overread",
            client_uri="http://127.0.0.1", redirect_uris=[redirect_uri],
            post_logout_redirect_uris=[redirect_uri],
            grant_types=["authorization_code"], response_types=["code"],
            scope=["openid", "profile", "email"], token_endpoint_auth_method="client_secret_basic",
        )  # fmt: skip
        Backend.instance.save(client)
    app.run("127.0.0.1", port, threaded=True)


if __name__ == "__main__":
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # there is no certificate for 127.0.0.1
    serve(int(sys.argv[1]), sys.argv[2])
