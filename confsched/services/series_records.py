"""Writing the dates of a series: conferences, bookings, who takes part, and the time taken from them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.bookings import BookingState
from confsched.domain.intervals import Span
from confsched.domain.kinds import BookingKind, ConferenceState, Partstat, RequirementKind, SubjectKind
from confsched.domain.permissions import Actor
from confsched.models.bookings import Booking, Cancellation, Participation
from confsched.models.catalogue import Requirement
from confsched.models.conferences import Conference
from confsched.models.series import ConferenceSeries, SeriesPartner
from confsched.services import bookings, claims, conference_steps, reminders, series_people
from confsched.services.bookings import Meeting
from confsched.services.claims import Override, Taking
from confsched.services.series_dates import SeriesDate, instances_among
from confsched.services.series_drafts import Required, SeriesPlan

SHARED = (
    *("title", "kind", "duration_minutes", "join_link", "resource_id", "chair_id", "deputy_id"),
    *("capacity_minutes", "cutoff_minutes", "late_rule", "standard_care", "retime_minutes"),
)
FROM_DRAFT = (
    *("title", "kind", "duration_minutes", "join_link", "resource_id", "chair_id", "deputy_id"),
    *("cutoff_minutes", "late_rule", "standard_care", "retime_minutes", "holiday_rule"),
)


@dataclass(frozen=True)
class DateWanted:
    """Hold one date as it is to be, who of the series and which room it is to have, and its row if any."""

    date: SeriesDate
    people: frozenset[uuid.UUID]
    room_id: uuid.UUID | None
    row: Conference | None = None


def describe(
    session: Session, actor: Actor, series: ConferenceSeries, plan: SeriesPlan, now: datetime
) -> None:
    """Write a plan into the row of a series; its dates are written by themselves."""
    draft = plan.draft
    for name in FROM_DRAFT:
        setattr(series, name, getattr(draft, name))
    assert draft.until_on and draft.starts_at_local, "the plan was checked"
    series.rule, series.first_on, series.until_on = draft.rule, plan.first_on, draft.until_on
    series.starts_at_local = draft.starts_at_local
    series.capacity_minutes = draft.capacity_minutes or draft.duration_minutes
    series.partners = _partners(series, draft.partner_site_ids)
    if draft.required != _required_of(series.requirements):
        series.requirements = [_requirement(place, one) for place, one in enumerate(draft.required)]
    series.members = series_people.members_of(session, actor, series, plan, now)


def _partners(series: ConferenceSeries, site_ids: Iterable[uuid.UUID]) -> list[SeriesPartner]:
    own = {one.site_id: one for one in series.partners}
    return [own.get(site_id) or SeriesPartner(site_id=site_id) for site_id in site_ids]


def _required_of(requirements: Iterable[Requirement]) -> tuple[Required, ...]:
    return tuple(Required(one.discipline or "", one.count, one.specialists_only) for one in requirements)


def _requirement(position: int, one: Required) -> Requirement:
    return Requirement(
        position=position,
        kind=RequirementKind.DISCIPLINE,
        discipline=one.discipline,
        count=one.count,
        specialists_only=one.specialists_only,
    )


def write_dates(
    session: Session,
    actor: Actor,
    series: ConferenceSeries,
    plan: SeriesPlan,
    wanted: Sequence[DateWanted],
    *,
    now: datetime,
    override: Override | None = None,
    kept: Mapping[datetime, Span] | None = None,
) -> None:
    """Make the dates what they are to be, and take everybody's time for what has changed; all or nothing.

    `kept` are the dates that stand already and are not touched: calendars order the others among them.
    """
    _let_go_of_instants(session, series, wanted)
    usual = series_people.participations(session, actor, plan.people, now)
    written = [(one, *_write(session, actor, series, plan, one, usual, now)) for one in wanted]
    session.flush()
    _number_instances(series, [(one, row.booking) for one, row, _ in written], kept or {})
    new = {row: "" if one.date.span else one.date.holiday for one, row, _ in written if one.row is None}
    conference_steps.begin(session, actor, new, now=now)
    changed = [row.booking for _, row, is_changed in written if row.booking is not None and is_changed]
    _take(session, changed, {row.booking.id for row in new if row.booking is not None}, override, now)


def _let_go_of_instants(session: Session, series: ConferenceSeries, wanted: Iterable[DateWanted]) -> None:
    """Free the instants that rows give up, so that dates may pass each other's former ones."""
    for one in wanted:
        if one.row is not None and (one.row.series_id, one.row.occurs_at) != (series.id, one.date.occurs_at):
            one.row.occurs_at = None
            if one.row.booking is not None:
                one.row.booking.series_id = one.row.booking.recurrence_at = None
    session.flush()


def _write(
    session: Session,
    actor: Actor,
    series: ConferenceSeries,
    plan: SeriesPlan,
    one: DateWanted,
    usual: Sequence[Participation],
    now: datetime,
) -> tuple[Conference, bool]:
    """Write one date; returns its row, and whether somebody's time has to be taken anew."""
    row = one.row or Conference(
        site_id=series.site_id,
        organisation_id=series.organisation_id,
        organiser_id=series.organiser_id,
        state=ConferenceState.PLANNED,
        created_at=now,
    )
    row.series, row.occurs_at = series, one.date.occurs_at
    _share(row, series, one, plan.draft.required)
    if one.row is not None:
        assert row.booking is not None, "a date that goes on is booked"
        return row, _rewrite(row.booking, series, one, usual, now)
    if one.date.span is not None:
        row.booking = _booking(actor, series, one, one.date.span, usual, now)
    session.add(row)
    return row, True


def _share(row: Conference, series: ConferenceSeries, one: DateWanted, required: Sequence[Required]) -> None:
    """Copy what a date has of its series."""
    for name in SHARED:
        setattr(row, name, getattr(series, name))
    row.resource_id = one.room_id
    row.search_from_on = row.search_until_on = one.date.held_on or one.date.occurs_on
    if tuple(required) != _required_of(row.requirements):
        row.requirements = [_requirement(place, need) for place, need in enumerate(required)]


def _booking(
    actor: Actor,
    series: ConferenceSeries,
    one: DateWanted,
    span: Span,
    usual: Iterable[Participation],
    now: datetime,
) -> Booking:
    meeting = Meeting(
        kind=BookingKind.CONFERENCE,
        title=series.title,
        span=span,
        zone=series.zone,
        organisation_id=series.organisation_id,
        join_link=series.join_link,
        resource_id=one.room_id,
    )
    booking = bookings.booking_of(actor, meeting, [], now=now)
    booking.organiser_id = series.organiser_id
    booking.participations = [
        series_people.alike(person, now) for person in usual if person.person.id in one.people
    ]
    return booking


def _rewrite(
    booking: Booking, series: ConferenceSeries, one: DateWanted, usual: Sequence[Participation], now: datetime
) -> bool:
    """Bring a booking to what is wanted; tells whether another time, room or person has to be taken."""
    span = one.date.span
    assert span is not None, "a date that is skipped has no booking"
    before = _taking(booking)
    booking.title, booking.join_link, booking.resource_id = series.title, series.join_link, one.room_id
    if (booking.starts_at, booking.ends_at) != (span.starts_at, span.ends_at):
        booking.starts_at, booking.ends_at = span.starts_at, span.ends_at
        reminders.forget(booking)
    series_people.change_people(booking, one.people, usual, now)
    return before != _taking(booking)


def _taking(booking: Booking) -> tuple[object, ...]:
    """Return what decides whose time a booking takes when."""
    return booking.starts_at, booking.ends_at, booking.resource_id, series_people.standing(booking)


def _number_instances(
    series: ConferenceSeries,
    written: Sequence[tuple[DateWanted, Booking | None]],
    kept: Mapping[datetime, Span],
) -> None:
    """Let each booking be an instance in the series' calendars, or an event of its own."""
    spans = {**kept, **{one.date.occurs_at: one.date.span for one, _ in written if one.date.span}}
    instances = instances_among(spans, series.zone)
    for one, booking in written:
        if booking is not None:
            is_instance = one.date.occurs_at in instances
            booking.series_id = series.id if is_instance else None
            booking.recurrence_at = one.date.occurs_at if is_instance else None
            for participation in booking.participations:
                participation.is_of_series = participation.is_of_series and is_instance


def _take(
    session: Session,
    changed: Sequence[Booking],
    new: Collection[uuid.UUID],
    override: Override | None,
    now: datetime,
) -> None:
    """Give back all that the dates had before any takes anew: they may stand in each other's former place."""
    for booking in changed:
        if booking.id not in new:
            claims.release_booking(session, booking.id)
    takings = {
        booking.id: _takings_of_new(booking) if booking.id in new else _takings(booking)
        for booking in changed
    }
    claims.take_all(session, takings, now=now, override=override)


def _takings_of_new(booking: Booking) -> list[Taking]:
    """Return what a new date takes: its people all belong to the series, and none of them is a guest."""
    span = Span(booking.starts_at, booking.ends_at)
    people = [Taking(p.person_id, SubjectKind.PERSON, span) for p in booking.participations]
    room = [Taking(booking.resource_id, SubjectKind.RESOURCE, span)] if booking.resource_id else []
    return people + room


def _takings(booking: Booking) -> list[Taking]:
    return [one for one in bookings.takings(booking) if not _has_declined(booking, one)]


def _has_declined(booking: Booking, taking: Taking) -> bool:
    return any(
        p.person_id == taking.subject_id and p.partstat is Partstat.DECLINED for p in booking.participations
    )


def call_off(
    session: Session, actor: Actor, rows: Iterable[Conference], *, now: datetime, reason: str
) -> None:
    """Call dates off and give everybody's time back; whoever is to know is told by the caller."""
    for row in rows:
        if row.booking is not None:
            row.booking.state = BookingState.CANCELLED
            row.booking.cancellation = Cancellation(
                person_id=actor.person_id, cancelled_at=now, reason=reason
            )
            claims.release_booking(session, row.booking.id)
        conference_steps.enter(session, actor, row, ConferenceState.CANCELLED, now=now, reason=reason)
