"""The web application, put together."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined

from confsched import logs
from confsched.api import register_api
from confsched.db import Database
from confsched.settings import Settings, load_settings
from confsched.web import register_web
from confsched.web.accounts import register_accounts
from confsched.web.assets import register_assets
from confsched.web.context import register_context
from confsched.web.errors import register_errors
from confsched.web.languages import register_languages
from confsched.web.navigation import register_navigation
from confsched.web.pages import register_pages
from confsched.web.policies import check_policies, register_policies
from confsched.web.security import register_security

ROOT = Path(__file__).parent.parent


def create_app(settings: Settings | None = None, database: Database | None = None) -> Flask:
    """Return the application, which refuses to start when a route does not say who may use it."""
    if settings is None:
        # A server such as gunicorn calls us without the command line, which would have set the logs up.
        logs.configure()
        settings = load_settings(os.environ)
    app = Flask("confsched", static_folder=None, template_folder=ROOT / "templates")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    register_context(app, settings, database or Database(settings.database_url))
    _guard(app, settings)
    register_assets(app)
    register_languages(app)
    register_pages(app)
    register_web(app)
    register_api(app)
    register_navigation(app)
    check_policies(app)
    return app


def _guard(app: Flask, settings: Settings) -> None:
    """Register what looks at every request, in the order in which it looks."""
    register_errors(app)
    register_security(app, settings)
    register_accounts(app)
    register_policies(app)
