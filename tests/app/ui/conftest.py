"""Pages of a test's own are drawn as the app's are."""

from tests.app.views.conftest import installed_components, waiting_for_the_page

__all__ = ["installed_components", "waiting_for_the_page"]
