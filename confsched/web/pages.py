"""What every page shows around its content: language, colours, navigation, the alarm of a silent worker."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from confsched.errors import Message, msg
from confsched.i18n import translate
from confsched.services import accounts, engine
from confsched.web import navigation
from confsched.web.context import (
    find_actor,
    now,
    preference,
    read_session,
    reader_language,
    reader_zone,
)


def register_pages(app: Flask) -> None:
    """Give every template the frame's values and `_()`."""
    app.jinja_env.globals["_"] = sentence
    app.context_processor(_frame)


def sentence(text: str | Message, **values: object) -> str:
    """Return a sentence in the reader's language."""
    message = text if isinstance(text, Message) else msg(text, **values)
    return translate(message, reader_language())


def _frame() -> dict[str, Any]:
    actor = find_actor()
    return {
        "actor": actor,
        "language": reader_language(),
        "zone": reader_zone(),
        "site_name": accounts.site_name(read_session(), actor) if actor else None,
        "theme": preference("theme", ("light", "dark")),
        "navigation": navigation.main_links(actor),
        "settings_navigation": navigation.settings_links(actor),
        "engine_is_late": actor is not None and engine.is_late(read_session(), now()),
        "current_path": request.full_path if request.query_string else request.path,
    }
