"""Instants out of forms: a pressed offer, or a day and a time typed in the reader's zone."""

from __future__ import annotations

from datetime import date, datetime, time

from confsched.clock import is_real_local_time, to_instant
from confsched.errors import Refusal, msg
from confsched.web.context import reader_zone


def parse_instant(text: str | None, field: str = "starts_at") -> datetime:
    """Read an instant that a page of ours wrote into a form; raises Refusal for anything else."""
    try:
        instant = datetime.fromisoformat(text or "")
    except ValueError as error:
        raise Refusal(msg("This is not a time. Choose one from the page."), field=field) from error
    if instant.tzinfo is None:
        raise Refusal(msg("This is not a time. Choose one from the page."), field=field)
    return instant


def own_instant(day: date, at: time) -> datetime:
    """Return the instant of a local time; raises Refusal in the hour that a clock change skips or doubles."""
    if not is_real_local_time(day, at, reader_zone()):
        raise Refusal(
            msg("The clocks change at this hour. Choose a time before 02:00 or after 03:00."), field="at"
        )
    return to_instant(day, at, reader_zone())
