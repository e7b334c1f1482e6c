"""Two dates become one: the cases move with their seniority, and the date that gives them is called off."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.cases import WAITING
from confsched.domain.conferences import AHEAD
from confsched.domain.intervals import Span
from confsched.domain.kinds import CaseState, ConferenceState
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import (
    access,
    boards,
    bookings,
    case_steps,
    conference_news,
    conference_steps,
)

AROUND = timedelta(days=62)
SHOWN = 20
INTO = "into"


def list_others(session: Session, actor: Actor, conference: Conference) -> list[Conference]:
    """Return the dates with which one can be merged: those of its series first, then others of its house."""
    booking = conference.booking
    if booking is None or conference.state not in AHEAD:
        return []
    query = (
        access.visible(actor, Conference, to="change")
        .join(Booking, Booking.id == Conference.booking_id)
        .where(
            Conference.id != conference.id,
            Conference.state.in_(AHEAD),
            or_(
                Conference.series_id == conference.series_id,
                Conference.organisation_id == conference.organisation_id,
            ),
            Booking.starts_at.between(booking.starts_at - AROUND, booking.starts_at + AROUND),
        )
        .options(joinedload(Conference.booking))
        .order_by(Booking.starts_at, Conference.id)
        .limit(SHOWN)
    )
    found = list(session.scalars(query))
    return sorted(found, key=lambda one: one.series_id is None or one.series_id != conference.series_id)


def merge(
    session: Session, actor: Actor, conference: Conference, into_id: uuid.UUID, *, now: datetime
) -> Conference:
    """Move the waiting cases to another date, call this one off, and tell everybody where. Twice is once.

    A case keeps when it was registered first and how often it was deferred: to be merged is no deferral.
    """
    if conference.state is ConferenceState.MERGED and conference.merged_into_id == into_id:
        return access.get_conference(session, actor, into_id)
    if into_id == conference.id:
        raise Refusal(msg("Choose another date: this is the one that is merged."), field=INTO)
    into = access.get_conference(session, actor, into_id, to="change")
    _check(conference, into, now)
    moved = _waiting(session, conference)
    for case in moved:
        _move(session, actor, case, into, now)
    conference.merged_into_id = into.id
    conference_steps.enter(session, actor, conference, ConferenceState.MERGED, now=now)
    _call_off(session, actor, conference, into, moved, now)
    return into


def _check(conference: Conference, into: Conference, now: datetime) -> None:
    if conference.state not in AHEAD or into.state not in AHEAD:
        raise Conflict(msg("One of the two dates has begun, is over or is off. Look at both once more."))
    assert conference.booking and into.booking, "what is ahead has a time"
    if min(conference.booking.starts_at, into.booking.starts_at) <= now:
        raise Conflict(msg("One of the two dates has begun, is over or is off. Look at both once more."))


def _waiting(session: Session, conference: Conference) -> list[CaseItem]:
    query = (
        select(CaseItem)
        .where(CaseItem.conference_id == conference.id, CaseItem.state.in_(WAITING))
        .options(joinedload(CaseItem.presenter))
        .order_by(CaseItem.first_registered_at, CaseItem.id)
    )
    return list(session.scalars(query))


def _move(session: Session, actor: Actor, case: CaseItem, into: Conference, now: datetime) -> None:
    if case.state is CaseState.SCHEDULED:
        case_steps.enter(session, actor, case, CaseState.READY, now=now)
    window = _window_on(case, into)
    case.present_from = window.starts_at if window else None
    case.present_until = window.ends_at if window else None
    case.conference = into
    case.position = case.starts_at = None
    case.is_pinned = False
    case_steps.record_step(session, actor, case, now=now, code="merged")


def _window_on(case: CaseItem, into: Conference) -> Span | None:
    """Return between which times of day the presenter is to be had, on the day of the other date."""
    if case.present_from is None or case.present_until is None:
        return None
    zone = case.conference.site.zone
    starts, ends = (clock.to_local(at, zone).time() for at in (case.present_from, case.present_until))
    return boards.window_of(boards.span_of(into), boards.Window(starts, ends), zone)


def _call_off(
    session: Session,
    actor: Actor,
    conference: Conference,
    into: Conference,
    moved: Sequence[CaseItem],
    now: datetime,
) -> None:
    assert conference.booking and into.booking, "what is ahead has a time"
    people = [*conference_news.participants_of(conference), *(case.presenter for case in moved)]
    people += [one for one in conference_news.desk_of(conference) if one is not None]
    bookings.cancel(session, actor, conference.booking, now=now)
    at = Span(into.booking.starts_at, into.booking.ends_at)
    lines = [
        msg("It is merged with: %(title)s, %(time)s", title=into.title, time=at),
        msg("Its cases go there and keep their order; cases moved: %(count)s.", count=len(moved)),
    ]
    heading = msg("A conference is merged with another date")
    conference_news.tell(session, conference, people, heading, lines, now=now)
