"""Dates of conferences to which a case may be brought, of the own house and of partners, in order of time."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched import clock
from confsched.domain.conferences import AHEAD, cutoff_at
from confsched.domain.intervals import Span
from confsched.domain.kinds import CaseLane, CaseState, ConferenceKind, ConferenceState, Partstat
from confsched.domain.permissions import Actor, Permission
from confsched.domain.registration import (
    ON_THE_LIST,
    Date,
    Needs,
    Verdict,
    find_earliest,
    free_minutes,
    judge,
)
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.bookings import Booking, Participation
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.models.series import ConferenceSeries
from confsched.services import conference_access

HORIZON = timedelta(days=92)
MAX_BOARDS = 60
MAX_NEXT = 8
SHOWN_BEFORE, SHOWN_AFTER = 6, 6
_NOT_COMING = frozenset({Partstat.DECLINED, Partstat.DELEGATED})

Listed = tuple[CaseLane, CaseState, int]


@dataclass(frozen=True)
class Window:
    """Say between which times of day a presenter is to be had, in their zone; None: open on that side."""

    starts: time | None = None
    ends: time | None = None


@dataclass(frozen=True)
class Board:
    """Hold one date, what it has for cases, and how it suits the case that was asked for."""

    conference: Conference
    date: Date
    verdict: Verdict


def earliest(
    session: Session,
    actor: Actor,
    needs: Collection[str],
    minutes: int,
    *,
    now: datetime,
    is_standard_care: bool = False,
    window: Window | None = None,
) -> list[Board]:
    """Return the dates of the next weeks that are open to the actor in order of time, each with its verdict.

    The first whose verdict suits is the earliest suitable board; those before it say why they do not suit.
    """
    conferences = list(session.scalars(_ahead(now).where(_open_to(actor)).limit(MAX_BOARDS)))
    listed = _listed(session, conferences)
    boards = []
    for conference in conferences:
        date = _date(conference, listed[conference.id])
        asked = Needs(frozenset(needs), minutes, is_standard_care, window_of(date.span, window, actor.zone))
        boards.append(Board(conference, date, judge(date, asked, now=now)))
    return boards


def find_suitable(boards: Sequence[Board]) -> int | None:
    """Return the place of the earliest suitable board, None where none suits."""
    return find_earliest([board.verdict for board in boards])


def shorten(boards: Sequence[Board], wanted: uuid.UUID | None = None) -> list[Board]:
    """Return what a page shows: the earliest that suits, a few dates around it, and the one wanted."""
    place = find_suitable(boards) or 0
    near = range(max(0, place - SHOWN_BEFORE), place + SHOWN_AFTER)
    return [board for at, board in enumerate(boards) if at in near or board.conference.id == wanted]


def get_open(session: Session, actor: Actor, conference_id: uuid.UUID | None) -> Conference:
    """Return a conference to which the actor may bring cases, locked; NotFound alike for all others.

    Whoever brings a case or changes one waits here for whoever does so at the same time, so that the minutes
    of a date are given away once.
    """
    query = (
        select(Conference)
        .where(
            Conference.id == conference_id,
            Conference.kind == ConferenceKind.CASE_CONFERENCE,
            _open_to(actor),
        )
        .with_for_update(of=Conference, key_share=True)
    )
    conference = session.scalars(query).one_or_none()
    if conference is None:
        raise NotFound
    return conference


def lock(session: Session, conference: Conference) -> None:
    """Let nobody else give away minutes of a date until this transaction ends."""
    session.execute(
        select(Conference.id)
        .where(Conference.id == conference.id)
        .with_for_update(of=Conference, key_share=True)
    )


def date_of(session: Session, conference: Conference, *, without: CaseItem | None = None) -> Date:
    """Return what a date has for cases; the minutes of the case `without` count as free."""
    return _date(conference, _listed(session, [conference], without)[conference.id])


def list_next(session: Session, conference: Conference, *, now: datetime) -> list[Conference]:
    """Return the dates to which a case of this one can go on: of its series, else of its house, in order."""
    starts_at = conference.booking.starts_at if conference.booking else now
    query = _ahead(max(now, starts_at)).where(_goes_on(conference), Conference.id != conference.id)
    return list(session.scalars(query.limit(MAX_NEXT)))


def find_next(session: Session, conference: Conference, *, now: datetime) -> Conference | None:
    """Return the next open date of the series, None for a conference that has no other date."""
    if conference.series_id is None:
        return None
    return next(iter(list_next(session, conference, now=now)), None)


def find_later_date(
    session: Session, conference: Conference, conference_id: uuid.UUID | None, *, now: datetime
) -> Conference | None:
    """Return the later date with this id, None without an id; raises Refusal where a case cannot go there."""
    if conference_id is None:
        return None
    for later in list_next(session, conference, now=now):
        if later.id == conference_id:
            return later
    raise Refusal(msg("Choose a later date from the list."), field="to")


def leads(actor: Actor, conference: Conference) -> bool:
    """Tell whether the actor runs the desk of a conference, as conference_access.runs says it to a query."""
    heads = (conference.organiser_id, conference.chair_id, conference.deputy_id)
    houses = actor.organisations_with(Permission.RUN_CONFERENCES)
    return actor.person_id in heads or conference.organisation_id in houses


def chairs(actor: Actor, conference: Conference) -> bool:
    """Tell whether the actor chairs: the chair or the deputy; where there is no chair, the organiser."""
    return actor.person_id in (conference.chair_id or conference.organiser_id, conference.deputy_id)


def has_closed(conference: Conference, now: datetime) -> bool:
    """Tell whether registration has closed: by its cut-off, or because the agenda is frozen."""
    return now >= closes_at(conference) or conference.state is not ConferenceState.REGISTRATION_OPEN


def closes_at(conference: Conference) -> datetime:
    """Return when registration closes."""
    return cutoff_at(span_of(conference).starts_at, conference.cutoff_minutes)


def window_of(span: Span, window: Window | None, zone: str) -> Span | None:
    """Return a presenter's window on the day of a meeting; what is open on one side ends with the meeting."""
    if window is None or (window.starts is None and window.ends is None):
        return None
    day = clock.local_day(span.starts_at, zone)
    starts_at = clock.to_instant(day, window.starts, zone) if window.starts else span.starts_at
    ends_at = clock.to_instant(day, window.ends, zone) if window.ends else span.ends_at
    # A window that is over before the meeting begins, or begins after it, leaves no minute of it.
    return Span(starts_at, ends_at) if starts_at < ends_at else Span(ends_at, ends_at + timedelta.resolution)


def span_of(conference: Conference) -> Span:
    """Return when a conference takes place; raises Conflict where it has no time."""
    booking = conference.booking
    if booking is None:
        raise Conflict(msg("This conference has no time yet."))
    return Span(booking.starts_at, booking.ends_at)


def _open_to(actor: Actor) -> ColumnElement[bool]:
    """Return the conferences to which the actor may bring cases.

    Those of series that are open to a site of theirs, those of their house, and those they are invited to.
    """
    houses = actor.organisations_with(Permission.REGISTER_CASE)
    return or_(
        Conference.organisation_id.in_(houses),
        Conference.series.has(conference_access.open_to(actor)),
        Conference.booking.has(conference_access.takes_part(actor, "see")),
    )


def _goes_on(conference: Conference) -> ColumnElement[bool]:
    if conference.series_id is None:
        return Conference.organisation_id == conference.organisation_id
    # "This and following" cuts a series: its later dates are those of the one that took over.
    follows = select(ConferenceSeries.id).where(ConferenceSeries.former_id == conference.series_id)
    return or_(Conference.series_id == conference.series_id, Conference.series_id.in_(follows))


def _ahead(since: datetime) -> Select[Conference]:
    parts = joinedload(Conference.booking).selectinload(Booking.participations)
    return (
        select(Conference)
        .join(Booking, Booking.id == Conference.booking_id)
        .where(
            Conference.state.in_(AHEAD),
            Conference.kind == ConferenceKind.CASE_CONFERENCE,
            Booking.starts_at > since,
            Booking.starts_at <= since + HORIZON,
        )
        .options(parts.joinedload(Participation.person), joinedload(Conference.site))
        .options(selectinload(Conference.series))
        .order_by(Booking.starts_at, Conference.title, Conference.id)
    )


def _listed(
    session: Session, conferences: Iterable[Conference], without: CaseItem | None = None
) -> Mapping[uuid.UUID, list[Listed]]:
    query = select(CaseItem.conference_id, CaseItem.lane, CaseItem.state, CaseItem.minutes).where(
        CaseItem.conference_id.in_([one.id for one in conferences]), CaseItem.state.in_(ON_THE_LIST)
    )
    if without is not None:
        query = query.where(CaseItem.id != without.id)
    listed = defaultdict[uuid.UUID, list[Listed]](list)
    for conference_id, lane, state, minutes in session.execute(query):
        listed[conference_id].append((lane, state, minutes))
    return listed


def _date(conference: Conference, listed: Sequence[Listed]) -> Date:
    present, declined = _disciplines(conference)
    return Date(
        span=span_of(conference),
        state=conference.state,
        cutoff_minutes=conference.cutoff_minutes,
        late_rule=conference.late_rule,
        standard_care=conference.standard_care,
        free_minutes=free_minutes(conference.capacity_minutes or conference.duration_minutes, listed),
        cases=len(listed),
        present=present,
        declined=declined,
    )


def _disciplines(conference: Conference) -> tuple[frozenset[str], frozenset[str]]:
    """Return the disciplines of which somebody comes or has not answered, and those of which all declined."""
    parts = conference.booking.participations if conference.booking else []
    live = [part for part in parts if part.removed_at is None and part.person.discipline]
    present = frozenset(part.person.discipline for part in live if part.partstat not in _NOT_COMING)
    return present, frozenset(part.person.discipline for part in live) - present
