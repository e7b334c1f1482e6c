"""What a row of the outbox says of a whole series: how it comes back, as a rule and in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from confsched.domain.intervals import Span
from confsched.domain.recurrence import Rule
from confsched.formats.ical import Repeats
from confsched.formats.series_words import Rhythm, rule_words, series_words
from confsched.models.outbox import OutboxMessage


def repeats_of(message: OutboxMessage) -> Repeats:
    """Return the rule of the series in the row."""
    stored = message.snapshot["repeats"]
    left_out = tuple(instant(at) for at in stored["left_out"])
    return Repeats(stored["rule"], instant(stored["until_at"]), left_out)


def every_words(message: OutboxMessage) -> str:
    """Return the rule of the series in the reader's words, short enough for a subject."""
    return rule_words(Rule.from_text(message.snapshot["repeats"]["rule"]), message.language)


def rhythm_words(message: OutboxMessage) -> str:
    """Return when the series is held, in the reader's words; what is over by then is not listed."""
    repeats, since = repeats_of(message), message.created_at
    exceptions = message.snapshot["exceptions"]
    moved = [(instant(one["recurrence_at"]), span_of(one)) for one in exceptions]
    rhythm = Rhythm(
        rule=Rule.from_text(repeats.rule),
        first=span_of(message.snapshot),
        until_at=repeats.until_at,
        zone=message.snapshot["zone"],
        left_out=tuple(at for at in repeats.left_out if at > since),
        moved=tuple((at, span) for at, span in moved if max(at, span.ends_at) > since),
    )
    return series_words(rhythm, message.language, message.zone)


def span_of(stored: Mapping[str, Any]) -> Span:
    """Return the time of a stored meeting."""
    return Span(instant(stored["starts_at"]), instant(stored["ends_at"]))


def instant(text: str) -> datetime:
    """Return a stored instant."""
    return datetime.fromisoformat(text)
