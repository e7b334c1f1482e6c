"""What a view may ask for: the database of this request, and who is reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from flask import Flask, current_app, g, request
from flask_login import current_user
from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.domain.permissions import Actor
from confsched.i18n import DEFAULT_LANGUAGE, LANGUAGES
from confsched.settings import Settings

DATABASE = "confsched_database"
SETTINGS = "confsched_settings"
DEFAULT_ZONE = "Europe/Berlin"


def register_context(app: Flask, settings: Settings, database: Database) -> None:
    """Give every view of the app its database and its settings."""
    app.extensions[DATABASE] = database
    app.extensions[SETTINGS] = settings
    app.teardown_appcontext(lambda _error: close_read_session())


def database() -> Database:
    opened: Database = current_app.extensions[DATABASE]
    return opened


def settings() -> Settings:
    given: Settings = current_app.extensions[SETTINGS]
    return given


def now() -> datetime:
    return clock.now()


def read_session() -> Session:
    """Return the one session of this request that cannot write; opened when first asked for."""
    if "read_session" not in g:
        g.reading = ExitStack()
        g.read_session = g.reading.enter_context(database().read())
    session: Session = g.read_session
    return session


def close_read_session() -> None:
    """Give the connection back; what was read stays readable, what was not loaded does not."""
    if "read_session" in g:
        g.pop("read_session")
        g.pop("reading").close()


@contextmanager
def transaction() -> Iterator[Session]:
    """Give a session whose work is committed as a whole at the end, or not at all.

    The read session ends first: a request never waits for a second connection while it holds one, and what
    is read afterwards is what was written.
    """
    close_read_session()
    with database().transaction() as session:
        yield session


def find_actor() -> Actor | None:
    """Return who is signed in, with the rights of this request; None for a visitor."""
    actor: Actor | None = getattr(current_user, "actor", None)
    return actor


def current_actor() -> Actor:
    """Return who is signed in; for views whose policy has made sure of it."""
    actor = find_actor()
    assert actor is not None, "the policy of the view lets only signed-in people through"
    return actor


def read_as(language: str, zone: str) -> None:
    """Let this page speak to the visitor to whom its link was sent, in their language and zone."""
    g.guest = (language, zone)


def reader_language() -> str:
    """Return the language of the person; a visitor's is the one chosen, else the one the browser asks for."""
    actor = find_actor()
    if actor:
        return actor.language
    guest = g.guest[0] if "guest" in g and g.guest[0] in LANGUAGES else None
    chosen = preference("language", LANGUAGES) or guest
    return chosen or request.accept_languages.best_match(LANGUAGES) or DEFAULT_LANGUAGE


def reader_zone() -> str:
    """Return the zone in which the person reads times."""
    actor = find_actor()
    guest: str | None = g.guest[1] if "guest" in g else None
    return actor.zone if actor else guest or DEFAULT_ZONE


def preference(name: str, allowed: tuple[str, ...]) -> str | None:
    """Return what this browser has chosen, None where it has not, or not something that is offered."""
    value = request.cookies.get(preference_cookie(name))
    return value if value in allowed else None


def preference_cookie(name: str) -> str:
    prefix = "__Host-" if settings().is_https else ""
    return f"{prefix}confsched_{name}"
