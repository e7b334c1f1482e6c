"""Gaps that are meant: declared with a reason, for a time to come, and withdrawn again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.coverage import find_holes
from confsched.domain.intervals import Span
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, Refusal, msg
from confsched.models.network import Department
from confsched.models.rosters import DeclaredGap, Duty, DutyLine
from confsched.services import access, audit, idempotency
from confsched.services.standing import intended_gaps, meant, standing

FARTHEST = timedelta(days=366)
MAX_REASON = 200
DECLARE = "declare_gap"


def list_declared(
    session: Session, actor: Actor, *, now: datetime, since: datetime | None = None
) -> list[DeclaredGap]:
    """Return the gaps that stand declared at `now` and are not over then, or at `since`, with their lines.

    A former `now` gives what was known then.
    """
    query = (
        access.visible(actor, DeclaredGap)
        .where(*meant(now), DeclaredGap.ends_at > (since or now))
        .options(joinedload(DeclaredGap.line).joinedload(DutyLine.department).joinedload(Department.site))
        .order_by(DeclaredGap.starts_at, DeclaredGap.id)
    )
    return list(session.scalars(query))


def declare_gap(
    session: Session, actor: Actor, line: DutyLine, span: Span, reason: str, *, now: datetime, key: str
) -> DeclaredGap:
    """Declare that nobody is meant to hold a line for a time to come; the line is loaded to be changed.

    Only minutes that are open now can be declared, so that a duty which falls out later still alarms.
    """
    first = idempotency.find_result(session, actor, DECLARE, key)
    if first is not None:
        return session.get_one(DeclaredGap, first)
    gap = DeclaredGap(
        line_id=line.id,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        reason=_checked_reason(reason),
        declared_by_id=actor.person_id,
        declared_at=now,
    )
    _check_open(session, line, span, now)
    session.add(gap)
    idempotency.remember(session, actor, DECLARE, key, gap.id, now=now)
    audit.record(session, actor, "declare_gap", gap, now=now)
    return gap


def _checked_reason(reason: str) -> str:
    words = " ".join(reason.split())
    if not words:
        raise Refusal(msg("Say why nobody is needed, such as: ward closed."), field="reason")
    if len(words) > MAX_REASON:
        raise Refusal(msg("Say it in at most %(count)s letters.", count=MAX_REASON), field="reason")
    check_text(words, "reason")
    return words


def _check_open(session: Session, line: DutyLine, span: Span, now: datetime) -> None:
    if span.ends_at <= now:
        raise Refusal(msg("This time is over, and the past stays as it was."), field="starts_at")
    if span.ends_at > now + FARTHEST:
        raise Refusal(msg("Declare gaps of the coming year at most."), field="ends_at")
    duties = select(Duty.starts_at, Duty.ends_at).where(Duty.line_id == line.id, *standing(span, now))
    held = [(row.starts_at, row.ends_at) for row in session.execute(duties.order_by(Duty.starts_at))]
    declared = intended_gaps(session, span, now).get(line.id, ())
    if find_holes(held, [span], span, declared=declared).gaps != (span,):
        raise Conflict(
            msg("Somebody holds this time by now, or it is declared already. Look at the list again.")
        )


def withdraw_gap(session: Session, actor: Actor, gap: DeclaredGap, *, now: datetime) -> None:
    """Let an open time alarm again; what was declared until now stays on record."""
    if gap.withdrawn_at is not None:
        raise Conflict(msg("This was withdrawn already."))
    if gap.ends_at <= now:
        raise Conflict(msg("This time is over, and the past stays as it was."))
    gap.withdrawn_at = now
    audit.record(session, actor, "withdraw_gap", gap, now=now)
