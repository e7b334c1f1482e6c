"""What a mail about a whole series holds: its rule, what it leaves out, and the dates that differ."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from confsched.domain.intervals import Span
from confsched.domain.kinds import BookingKind, ConferenceKind, Partstat
from confsched.domain.recurrence import rule_starts
from confsched.formats.ical import Entry
from confsched.formats.series_ical import check_repeatable, lay_out
from confsched.models.bookings import Booking, Participation
from confsched.models.series import ConferenceSeries
from confsched.services import invitation_rows as rows
from confsched.services import participants


@dataclass(frozen=True)
class Laid:
    """Hold the rule of a series as it stood once."""

    rule: str
    first_on: date
    until_on: date
    starts_at_local: time
    zone: str
    minutes: int

    @classmethod
    def of(cls, series: ConferenceSeries) -> Laid:
        return cls(
            series.rule,
            series.first_on,
            series.until_on,
            series.starts_at_local,
            series.zone,
            series.duration_minutes,
        )

    @property
    def starts(self) -> tuple[datetime, ...]:
        """Return the starts that the rule gives, in UTC."""
        days = self.first_on, self.until_on
        return rule_starts(self.rule, *days, self.starts_at_local, self.zone, self.minutes)

    def span_at(self, starts_at: datetime) -> Span:
        return Span(starts_at, starts_at + timedelta(minutes=self.minutes))


def values_of(
    series: ConferenceSeries, laid: Laid, dates: Iterable[Booking], reader: Participation
) -> dict[str, Any]:
    """Return what the mail of one reader says of the dates that stand for them.

    Raises Refusal where no calendar could repeat the rule.
    """
    check_repeatable(laid.starts, laid.zone)
    held = {booking.recurrence_at: booking for booking in dates if booking.recurrence_at}
    whole, *exceptions = lay_out(
        _master(series, laid),
        laid.rule,
        laid.starts,
        [_date(series, at, booking) for at, booking in held.items()],
    )
    return {
        **_common(series, reader),
        **_repeats(whole),
        "attendees": _members(held.values()),
        "exceptions": [_exception(one, held[one.recurrence_at]) for one in exceptions if one.recurrence_at],
    }


def farewell_of(
    series: ConferenceSeries, laid: Laid, told: Collection[datetime], reader: Participation
) -> dict[str, Any]:
    """Return what the mail says to somebody for whom no date is left of those they were told."""
    master = _master(series, laid)
    dates = [replace(master, span=laid.span_at(at), recurrence_at=at) for at in told]
    whole, *_ = lay_out(master, laid.rule, laid.starts, dates)
    return {
        **_common(series, reader),
        **_repeats(whole),
        "attendees": [rows.listed(reader)],
        "exceptions": [],
    }


def _master(series: ConferenceSeries, laid: Laid) -> Entry:
    return Entry(
        uid=series.uid,
        sequence=series.sequence,
        span=laid.span_at(laid.starts[0]),
        zone=laid.zone,
        summary=series.title,
        description="",
        location=rows.place_of(series.resource),
        join_link=series.join_link,
        status="CONFIRMED",
        busy="BUSY",
        created_at=series.created_at,
        revised_at=series.revised_at,
    )


def _date(series: ConferenceSeries, at: datetime, booking: Booking) -> Entry:
    return Entry(
        uid=series.uid,
        sequence=booking.sequence,
        span=Span(booking.starts_at, booking.ends_at),
        zone=series.zone,
        summary=booking.title,
        description="",
        location=rows.place_of(booking.resource),
        join_link=booking.join_link,
        status="CONFIRMED",
        busy="BUSY",
        created_at=booking.created_at,
        revised_at=booking.revised_at,
        recurrence_at=at,
    )


def _common(series: ConferenceSeries, reader: Participation) -> dict[str, Any]:
    is_guest = participants.is_guest(reader.person)
    way = participants.way_of(reader) if is_guest else participants.Way(f"/series/{series.id}")
    is_special = series.kind is not ConferenceKind.CASE_CONFERENCE
    return {
        **way.stored(),
        "uid": series.uid,
        "kind": series.kind.value if is_special else BookingKind.CONFERENCE.value,
        "title": series.title,
        "case_ref": "",
        "old_starts_at": "",
        "old_ends_at": "",
        "zone": series.zone,
        "place": rows.place_of(series.resource),
        "join_link": series.join_link,
        "organiser": series.organiser.name,
        "created_at": series.created_at.isoformat(),
        "revised_at": series.revised_at.isoformat(),
    }


def _repeats(whole: Entry) -> dict[str, Any]:
    assert whole.repeats is not None, "a master has a rule"
    return {
        "starts_at": whole.span.starts_at.isoformat(),
        "ends_at": whole.span.ends_at.isoformat(),
        "repeats": {
            "rule": whole.repeats.rule,
            "until_at": whole.repeats.until_at.isoformat(),
            "left_out": [at.isoformat() for at in whole.repeats.left_out],
        },
    }


def _exception(entry: Entry, booking: Booking) -> dict[str, Any]:
    assert entry.recurrence_at is not None, "an exception names its date"
    return {
        "recurrence_at": entry.recurrence_at.isoformat(),
        "starts_at": entry.span.starts_at.isoformat(),
        "ends_at": entry.span.ends_at.isoformat(),
        "sequence": entry.sequence,
        "title": entry.summary,
        "place": entry.location,
        "join_link": entry.join_link,
        "created_at": entry.created_at.isoformat(),
        "revised_at": entry.revised_at.isoformat(),
        "attendees": rows.attendees_of(booking),
    }


def _members(dates: Iterable[Booking]) -> list[dict[str, str]]:
    """Return who belongs to the series, each once, with the answer that they gave to all of its dates."""
    found: dict[uuid.UUID, Participation] = {}
    answers: dict[uuid.UUID, set[Partstat]] = {}
    for participation in (p for booking in dates for p in booking.participations):
        if participation.is_of_series and participation.removed_at is None:
            person_id = participation.person.id
            found.setdefault(person_id, participation)
            answers.setdefault(person_id, set()).add(participation.partstat)
    unclear = Partstat.NEEDS_ACTION.value
    return [
        rows.listed(one) | ({} if len(answers[person_id]) == 1 else {"partstat": unclear})
        for person_id, one in found.items()
    ]
