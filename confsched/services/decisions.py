"""What a conference decides: who does it, until when, and when it was done."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.guests import checked_words
from confsched.domain.permissions import Actor
from confsched.errors import NotFound, Refusal, msg
from confsched.models.conferences import Conference
from confsched.models.guests import Decision
from confsched.services import audit, idempotency

MAX_DECISIONS = 100
MAX_TEXT = 1000
MAX_RESPONSIBLE = 200
MAX_DAYS = 3 * 366


def list_decisions(session: Session, conference: Conference) -> list[Decision]:
    """Return the decisions of a conference in their order."""
    query = select(Decision).where(Decision.conference_id == conference.id).order_by(Decision.number)
    return list(session.scalars(query))


def add(
    session: Session,
    actor: Actor,
    conference: Conference,
    text: str,
    responsible: str,
    due_on: date | None,
    *,
    now: datetime,
    key: str,
) -> Decision:
    """Record a decision under the next number; the same key twice records one."""
    known = idempotency.find_result(session, actor, "decision", key)
    if known is not None:
        return session.get_one(Decision, known)
    text = checked_words(text, MAX_TEXT, field="text")
    if not text:
        raise Refusal(msg("Type what was decided."), field="text")
    decision = Decision(
        conference_id=conference.id,
        number=_next_number(session, conference),
        text=text,
        responsible=checked_words(responsible, MAX_RESPONSIBLE, field="responsible"),
        due_at=_due_at(conference, due_on, now),
        recorded_at=now,
    )
    session.add(decision)
    session.flush()
    idempotency.remember(session, actor, "decision", key, decision.id, now=now)
    audit.record(session, actor, "conference.decide", conference, now=now, detail=str(decision.number))
    return decision


def _next_number(session: Session, conference: Conference) -> int:
    last = session.scalar(select(func.max(Decision.number)).where(Decision.conference_id == conference.id))
    if (last or 0) >= MAX_DECISIONS:
        raise Refusal(msg("At most %(count)s decisions.", count=MAX_DECISIONS), field="text")
    return (last or 0) + 1


def _due_at(conference: Conference, due_on: date | None, now: datetime) -> datetime | None:
    """Return the end of the due day where the conference is at home."""
    if due_on is None:
        return None
    zone = conference.site.zone
    today = clock.local_day(now, zone)
    if not today - timedelta(days=MAX_DAYS) <= due_on <= today + timedelta(days=MAX_DAYS):
        raise Refusal(msg("Choose a day within three years."), field="due_on")
    return clock.start_of_day(due_on + timedelta(days=1), zone) - timedelta(minutes=1)


def settle(
    session: Session,
    actor: Actor,
    conference: Conference,
    decision_id: uuid.UUID,
    is_done: bool,
    *,
    now: datetime,
) -> None:
    """Say that a decision has been carried out, or that it has not yet; twice is the same as once."""
    decision = session.get(Decision, decision_id)
    if decision is None or decision.conference_id != conference.id:
        raise NotFound
    if (decision.done_at is not None) is is_done:
        return
    decision.done_at = now if is_done else None
    detail = f"{decision.number} {'done' if is_done else 'open'}"
    audit.record(session, actor, "conference.settle_decision", conference, now=now, detail=detail)
