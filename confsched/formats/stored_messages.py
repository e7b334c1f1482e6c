"""Messages in a row: kept by their English text and plain values, worded for whoever reads them later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from confsched.clock import local_day
from confsched.domain.intervals import Span
from confsched.errors import Message
from confsched.formats.dates import format_day, format_span, format_time
from confsched.i18n import DEFAULT_LANGUAGE, LANGUAGES, translate

Stored = dict[str, Any]


def store_message(message: Message) -> Stored:
    """Return a message as JSON; its values may be words, numbers, days, instants, spans and messages."""
    return {
        "text": message.text,
        "values": {name: _stored(value) for name, value in message.values.items()},
    }


def _stored(value: object) -> object:
    if isinstance(value, Message):
        return store_message(value)
    if isinstance(value, Span):
        return {"span": [value.starts_at.isoformat(), value.ends_at.isoformat()]}
    if isinstance(value, datetime):  # before date, which every datetime is as well
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    assert isinstance(value, str | int), "a stored value is plain"
    return value


def word_stored(stored: Mapping[str, Any], language: str, zone: str) -> str:
    """Return a stored message in the reader's language, its times in the reader's zone."""
    language = language if language in LANGUAGES else DEFAULT_LANGUAGE
    values = {name: _worded(value, language, zone) for name, value in stored["values"].items()}
    return translate(Message(stored["text"], values), language)


def _worded(value: Any, language: str, zone: str) -> object:
    if not isinstance(value, dict):
        return value
    if "text" in value:
        return word_stored(value, language, zone)
    if "span" in value:
        starts_at, ends_at = (datetime.fromisoformat(instant) for instant in value["span"])
        return format_span(Span(starts_at, ends_at), zone, language, with_zone=True)
    if "at" in value:
        at = datetime.fromisoformat(value["at"])
        return f"{format_day(local_day(at, zone), language)}, {format_time(at, zone, language)}"
    return format_day(date.fromisoformat(value["day"]), language)
