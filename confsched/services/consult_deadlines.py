"""What the reply deadline does by itself: a reminder before it, the end of the request after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.consults import OPEN_STATES, last_reminded_day, remind_at
from confsched.domain.invites import Kind
from confsched.domain.kinds import ConsultState, SlotAnswer
from confsched.errors import msg
from confsched.models.consults import Consult
from confsched.models.network import Site
from confsched.services import claims, consult_notices, consult_steps, waiting_line

ROUND = 50  # consults in one transaction; the next call takes the rest


def expire_due(session: Session, *, now: datetime) -> int:
    """End open requests after their deadline, give held time back, tell both sides; returns how many.

    Rows that another worker is busy with are left to it.
    """
    due = _by_place(session, lambda zone, _: Consult.reply_by_on < clock.local_day(now, zone))
    query = (
        select(Consult)
        .where(Consult.state.in_(OPEN_STATES), due)
        .order_by(Consult.reply_by_on, Consult.id)
        .limit(ROUND)
        .with_for_update(of=Consult, skip_locked=True)
    )
    consults = list(session.scalars(query))
    for consult in consults:
        _expire(session, consult, now)
    return len(consults)


def _expire(session: Session, consult: Consult, now: datetime) -> None:
    waited_for_triage = consult.state is ConsultState.REQUESTED
    if consult.hold is not None:
        claims.release_hold(session, consult.hold)
        session.expire(consult, ["hold"])
    waiting_line.leave(session, consult, SlotAnswer.EXPIRED, now=now)
    consult_steps.enter(session, None, consult, ConsultState.EXPIRED, now=now)
    heading = msg("A teleconsult has run out without a meeting")
    line = msg("Ask again with a later day, or phone %(phone)s.", phone=consult.service.site.phone)
    consult_notices.tell_asking(session, consult, heading, [line], now=now)
    if waited_for_triage:
        missed = [msg("Nobody had decided on it.")]
        consult_notices.tell_triagers(session, consult, heading, missed, kind=Kind.CONSULT_NEWS, now=now)


def remind_due(session: Session, *, now: datetime) -> int:
    """Remind of deadlines of the next working day, each request once; returns how many were looked at."""
    due = _by_place(
        session,
        lambda zone, state: and_(
            Consult.reply_by_on <= last_reminded_day(now, zone, state),
            Consult.reply_by_on >= clock.local_day(now, zone),
        ),
    )
    query = (
        select(Consult)
        .where(Consult.state.in_(OPEN_STATES), Consult.reminded_at.is_(None), due)
        .order_by(Consult.reply_by_on, Consult.id)
        .limit(ROUND)
        .with_for_update(of=Consult, skip_locked=True)
    )
    consults = list(session.scalars(query))
    for consult in consults:
        consult.reminded_at = now
        if consult.created_at < remind_at(consult.reply_by_on, consult.site.zone, consult.site.state):
            _remind(session, consult, now)  # who asks at the last moment knows how late it is
    session.flush()
    return len(consults)


def _remind(session: Session, consult: Consult, now: datetime) -> None:
    heading = msg("A teleconsult runs out on %(day)s", day=consult.reply_by_on)
    phone, kind = consult.service.site.phone, Kind.DEADLINE_REMINDER
    if consult.state is ConsultState.REQUESTED:
        asking = [msg("The hospital you asked has not decided yet. In doubt phone %(phone)s.", phone=phone)]
        waits = [msg("It waits for your decision.")]
        consult_notices.tell_triagers(session, consult, heading, waits, kind=kind, now=now)
    else:
        asking = [msg("No time is booked yet. Choose one on its page.")]
    consult_notices.tell_asking(session, consult, heading, asking, kind=kind, now=now)


def _by_place(session: Session, rule: Callable[[str, str], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return a rule about days for the sites of each zone and state, of which there are few."""
    places = session.execute(select(Site.zone, Site.state).distinct().order_by(Site.zone, Site.state))
    return or_(
        false(),
        *(
            and_(Consult.site.has(and_(Site.zone == zone, Site.state == state)), rule(zone, state))
            for zone, state in places
        ),
    )
