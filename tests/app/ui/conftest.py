"""Pages of a test's own are drawn as the app's are."""

from tests.app.views.conftest import (
    garbage_collected_when_due,
    installed_components,
    waiting_for_the_page,
)

__all__ = ["garbage_collected_when_due", "installed_components", "waiting_for_the_page"]
