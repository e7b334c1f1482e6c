"""The fixtures of tests/support/web.py and tests/support/access.py."""

from tests.support.access import stage
from tests.support.web import app, client, fresh_app, moment, settings, sign_in, world

__all__ = ["app", "client", "fresh_app", "moment", "settings", "sign_in", "stage", "world"]
