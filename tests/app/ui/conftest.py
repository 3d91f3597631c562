"""Pages of a test's own are drawn as the app's are."""

from tests.app.views.conftest import installed_components

__all__ = ["installed_components"]
