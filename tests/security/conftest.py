"""The desk as its own tests have it."""

from tests.admin.desk.conftest import (  # noqa: F401 - fixtures
    desk_app,
    desk_settings,
    index,
    log,
    operator,
    reader,
    reports,
    stores,
    stranger,
)
