"""The two fields that ask a page of duties what was known at a former instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import request

from confsched.clock import start_of_day
from confsched.errors import Message, Refusal, msg
from confsched.web.context import reader_zone
from confsched.web.instants import find_day, find_time, own_instant

KNOWN_DAY, KNOWN_TIME = KNOWN_FIELDS = ("known_day", "known_time")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Known:
    """Hold the instant that was asked for, None for the present, and what is wrong with it by field."""

    at: datetime | None = None
    problems: dict[str, Message] = field(default_factory=dict)


def read_known(present: datetime) -> Known:
    """Read the fields from the address, in the reader's zone; what is wrong with them asks for nothing."""
    day, at = (request.args.get(name, "") for name in KNOWN_FIELDS)
    if not day and not at:
        return Known()
    try:
        return Known(_end_of(day, present) if not at else _instant(day, at, present))
    except Refusal as refusal:
        return Known(problems={refusal.field or KNOWN_DAY: refusal.message})


def _end_of(typed: str, present: datetime) -> datetime:
    """Return the last instant of a day, and of the present day this one."""
    day, zone = find_day(typed), reader_zone()
    if day is None or start_of_day(day, zone) > present:
        raise _not_yet()
    return min(present, start_of_day(day + ONE_DAY, zone) - timedelta.resolution)


def _instant(typed_day: str, typed_time: str, present: datetime) -> datetime:
    day, at = find_day(typed_day), find_time(typed_time)
    if day is None:
        raise _not_yet()
    if at is None:
        raise Refusal(msg("Choose a time, such as 14:30."), field=KNOWN_TIME)
    instant = own_instant(day, at, field=KNOWN_TIME)
    if instant > present:
        raise _not_yet()
    return instant


def _not_yet() -> Refusal:
    text = msg("Choose a day and a time up to now: what will be known later, nobody knows yet.")
    return Refusal(text, field=KNOWN_DAY)
