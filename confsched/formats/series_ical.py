"""Lay a series out as calendars know it: a master with a rule, an exception for each date that differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from confsched.domain.intervals import Span
from confsched.errors import Refusal, msg
from confsched.formats.ical import Entry, Repeats
from confsched.formats.vtimezone import may_write_local


def lay_out(
    master: Entry, rule: str, starts: Sequence[datetime], dates: Sequence[Entry]
) -> tuple[Entry, ...]:
    """Return master and exceptions that give exactly these dates to one reader (RFC 5545 3.8.5).

    `starts` are the instants of the rule, in order; `dates` are the entries that stand, each with its
    `recurrence_at` among them. The master takes its length from its span; it begins and ends with the
    reader's first and last date, so that DTSTART lies inside its own rule, and leaves out what lies between
    and is not theirs. No exception carries a SEQUENCE below the master's.
    """
    held = {one.recurrence_at: one for one in dates if one.recurrence_at is not None}
    order = sorted(held)
    assert order and len(held) == len(dates), "a series has dates, each once"
    assert held.keys() <= set(starts), "a date belongs to the rule of its series"
    between = [at for at in starts if order[0] <= at <= order[-1]]
    left_out = tuple(at for at in between if at not in held)
    whole = replace(
        master,
        span=Span(order[0], order[0] + master.span.duration),
        repeats=Repeats(rule, order[-1], left_out),
        recurrence_at=None,
    )
    exceptions = (exception_of(whole, held[at]) for at in order if _differs(whole, held[at], at))
    return (whole, *exceptions)


def exception_of(master: Entry, date: Entry) -> Entry:
    """Return one date as the exception of a master, which its SEQUENCE is never below."""
    return replace(date, uid=master.uid, sequence=max(date.sequence, master.sequence), zone=master.zone)


def check_repeatable(starts: Sequence[datetime], zone: str) -> None:
    """Refuse a series whose zone changes its clock by no yearly rule: no calendar could repeat its hour."""
    if zone != "UTC" and not all(may_write_local(at, zone) for at in starts):
        raise Refusal(
            msg("Calendar programs cannot repeat a time in the zone %(zone)s. Plan single dates.", zone=zone),
            field="rule",
        )


def _differs(master: Entry, date: Entry, starts_at: datetime) -> bool:
    """Tell whether a date is not what the rule makes of the master; its own link alone is no difference."""
    by_rule = Span(starts_at, starts_at + master.span.duration)
    return date.span != by_rule or _shown(date) != _shown(master)


def _shown(entry: Entry) -> tuple[object, ...]:
    return entry.summary, entry.location, entry.join_link, entry.status, entry.busy, entry.categories
