"""Lists of conferences: those an actor may see, with state, quorum, minutes and waiting cases of each."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from confsched import clock
from confsched.domain.cases import WAITING
from confsched.domain.conferences import AHEAD, OFF, cutoff_at
from confsched.domain.intervals import Span
from confsched.domain.kinds import CaseLane, CaseState, ConferenceKind, ConferenceState
from confsched.domain.permissions import Actor
from confsched.domain.quorum import Forecast
from confsched.domain.registration import ON_THE_LIST
from confsched.errors import Message
from confsched.models.bookings import Booking
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import access, conference_places, quorum
from confsched.services.conference_desk import capacity_of

PAGE_SIZE = 20
MAX_TEXT = 80
FORGOTTEN = timedelta(days=31)  # what nobody has ended for longer stands in nobody's way


class Show(StrEnum):
    """Which conferences a list holds."""

    COMING = "coming"
    TO_FINISH = "to_finish"
    PAST = "past"
    OFF = "off"


_STATES: Mapping[Show, frozenset[ConferenceState]] = {
    Show.COMING: AHEAD | {ConferenceState.RUNNING},
    Show.TO_FINISH: AHEAD | {ConferenceState.RUNNING, ConferenceState.MINUTES_DRAFT},
    Show.PAST: frozenset({ConferenceState.RELEASED, ConferenceState.ARCHIVED}),
    Show.OFF: OFF,
}


@dataclass(frozen=True)
class Listed:
    """Hold one conference with what its row says; `forecast` is None where nothing is ahead any more."""

    conference: Conference
    span: Span
    forecast: Forecast | None
    capacity: int
    minutes_used: int
    waiting: int
    late: int
    lacks: tuple[Message, ...]
    is_closed: bool


@dataclass(frozen=True)
class Listing:
    """Hold one page of conferences and how many there are."""

    items: list[Listed]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def list_conferences(
    session: Session, actor: Actor, *, show: Show = Show.COMING, text: str = "", page: int = 1, now: datetime
) -> Listing:
    """Return the conferences that have a time and that the actor may see; what comes soonest first."""
    query = _query(actor, show, text[:MAX_TEXT].strip(), now)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = Booking.starts_at if show is Show.COMING else Booking.starts_at.desc()
    page = max(1, page)
    rows = session.scalars(
        query.options(
            contains_eager(Conference.booking).joinedload(Booking.resource),
            joinedload(Conference.chair),
            joinedload(Conference.organiser),
            joinedload(Conference.site),
            joinedload(Conference.series),
        )
        .order_by(order, Conference.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Listing(_listed(session, list(rows), now), total, page)


def _query(actor: Actor, show: Show, text: str, now: datetime) -> Select[Conference]:
    query = (
        access.visible(actor, Conference)
        .join(Booking, Booking.id == Conference.booking_id)
        .where(Conference.state.in_(_STATES[show]))
    )
    today = clock.start_of_day(clock.local_day(now, actor.zone), actor.zone)
    if show is Show.COMING:
        query = query.where(Booking.ends_at >= today)
    if show is Show.TO_FINISH:  # minutes to write, and what nobody has begun or ended
        is_left = Booking.ends_at.between(today - FORGOTTEN, today)
        query = query.where(or_(Conference.state == ConferenceState.MINUTES_DRAFT, is_left))
    if text:
        query = query.where(Conference.title.icontains(text, autoescape=True))
    return query


def _listed(session: Session, rows: Sequence[Conference], now: datetime) -> list[Listed]:
    """Return the rows of a page, in as many queries as for one row."""
    ahead = [one for one in rows if one.state in AHEAD]
    # A regional conference counts groups as well, one conference at a time: its own page foresees them.
    foreseen = [one for one in ahead if one.kind is not ConferenceKind.REGIONAL_CONFERENCE]
    forecasts = quorum.forecasts(session, foreseen, now=now)
    lacks = conference_places.list_lacks(session, ahead)
    cases = _load_cases(session, rows)
    return [
        _row(one, forecasts.get(one.id), cases.get(one.id, []), lacks.get(one.id, []), now) for one in rows
    ]


def _row(
    conference: Conference,
    found: Forecast | None,
    cases: Sequence[tuple[CaseLane, CaseState, int]],
    lacks: Sequence[Message],
    now: datetime,
) -> Listed:
    booking = conference.booking
    assert booking is not None, "what is listed has a time"
    discussed = [minutes for lane, _, minutes in cases if lane is CaseLane.DISCUSSION]
    return Listed(
        conference,
        Span(booking.starts_at, booking.ends_at),
        found if found and found.lines else None,
        capacity_of(conference),
        sum(discussed),
        sum(state in WAITING for lane, state, _ in cases if lane is CaseLane.DISCUSSION),
        sum(state in WAITING for lane, state, _ in cases if lane is CaseLane.LATE),
        tuple(lacks),
        is_closed=conference.state is ConferenceState.REGISTRATION_OPEN
        and cutoff_at(booking.starts_at, conference.cutoff_minutes) <= now,
    )


def _load_cases(
    session: Session, rows: Sequence[Conference]
) -> dict[uuid.UUID, list[tuple[CaseLane, CaseState, int]]]:
    query = select(CaseItem.conference_id, CaseItem.lane, CaseItem.state, CaseItem.minutes).where(
        CaseItem.conference_id.in_([one.id for one in rows]), CaseItem.state.in_(ON_THE_LIST)
    )
    found: dict[uuid.UUID, list[tuple[CaseLane, CaseState, int]]] = {}
    for conference_id, lane, state, minutes in session.execute(query):
        found.setdefault(conference_id, []).append((lane, state, minutes))
    return found
