"""Answers for machines: calendars, feeds, health."""

from __future__ import annotations

from flask import Flask

from confsched.api.feeds import blueprint as feeds
from confsched.api.health import health

BLUEPRINTS = (feeds, health)


def register_api(app: Flask) -> None:
    """Add every blueprint for machines."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
