"""The ladder of an urgent consult as its page shows it: who was called when, by which way, and the result."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.escalation import round_of, step_of
from confsched.domain.kinds import Channel, EscalationTarget, GatewayKind, SkipReason
from confsched.models.contacts import AlertGateway, ContactPoint
from confsched.models.urgent import Alert, UrgentConsult, UrgentRung


class RowState(StrEnum):
    """Say how a step stands: `past` called before the one that rings now, `answered` was acknowledged."""

    PAST = "past"
    RINGS = "rings"
    ANSWERED = "answered"
    WAITS = "waits"
    SKIPPED = "skipped"
    STOPPED = "stopped"


class AlertResult(StrEnum):
    """Say what became of one message."""

    WAITS = "waits"
    TRIED = "tried"  # refused for now, tried again
    SENT = "sent"
    SEEN = "seen"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class AlertLine:
    """Hold one message: when, by which way, what became of it."""

    at: datetime
    way: str
    result: AlertResult


@dataclass(frozen=True)
class LadderRow:
    """Hold one step of one round: whom it called, how it stands, its messages."""

    number: int
    round: int
    target: EscalationTarget
    label: str
    names: tuple[str, ...]
    state: RowState
    due_at: datetime
    entered_at: datetime | None
    skipped: SkipReason | None
    phone: str
    owner_alarmed_at: datetime | None
    alerts: tuple[AlertLine, ...]


def list_rows(session: Session, consult: UrgentConsult) -> tuple[LadderRow, ...]:
    """Return the steps in order, the repeats of each together."""
    ways = _ways(session, [alert for rung in consult.rungs for alert in rung.alerts])
    groups = [list(rungs) for _, rungs in groupby(consult.rungs, key=lambda rung: rung.position)]
    called = [rungs for rungs in groups if rungs[0].entered_at and rungs[0].skipped is None]
    last = called[-1][0].position if called else 0
    return tuple(_row(consult, rungs, last, ways) for rungs in groups)


def _row(
    consult: UrgentConsult, rungs: Sequence[UrgentRung], last: int, ways: dict[uuid.UUID, str]
) -> LadderRow:
    first = rungs[0]
    messages = [alert for rung in rungs for alert in rung.alerts]
    return LadderRow(
        number=step_of(first.position),
        round=round_of(first.position),
        target=first.target,
        label=first.label,
        names=tuple(dict.fromkeys(alert.person.name for alert in messages)),
        state=_state(consult, first, last, messages),
        due_at=first.due_at,
        entered_at=first.entered_at,
        skipped=first.skipped,
        phone=first.phone,
        owner_alarmed_at=first.owner_alarmed_at,
        alerts=tuple(_line(alert, ways) for alert in messages),
    )


def _state(consult: UrgentConsult, first: UrgentRung, last: int, messages: Iterable[Alert]) -> RowState:
    if first.skipped is not None:
        return RowState.SKIPPED
    if first.entered_at is None:
        return RowState.WAITS if first.stopped_at is None else RowState.STOPPED
    if consult.acknowledged_at is None:
        return RowState.RINGS if first.position == last and consult.ended_at is None else RowState.PAST
    is_taker = any(alert.person_id == consult.consultant_id for alert in messages)
    return RowState.ANSWERED if is_taker else RowState.PAST


def _line(alert: Alert, ways: dict[uuid.UUID, str]) -> AlertLine:
    at = alert.seen_at or alert.sent_at or alert.failed_at or alert.created_at
    return AlertLine(at, ways.get(alert.contact_id, Channel.EMAIL.value), _result(alert))


def _result(alert: Alert) -> AlertResult:
    if alert.seen_at:
        return AlertResult.SEEN
    if alert.sent_at:
        return AlertResult.SENT
    if alert.failed_at:
        return AlertResult.FAILED
    if alert.stopped_at:
        return AlertResult.STOPPED
    return AlertResult.TRIED if alert.last_error else AlertResult.WAITS


def _ways(session: Session, messages: Sequence[Alert]) -> dict[uuid.UUID, str]:
    """Return the way of each contact point: a mail, a push, or what its gateway is."""
    if not messages:
        return {}
    query = (
        select(ContactPoint.id, ContactPoint.channel, AlertGateway.kind)
        .outerjoin(AlertGateway, AlertGateway.id == ContactPoint.gateway_id)
        .where(ContactPoint.id.in_({alert.contact_id for alert in messages}))
    )
    return {row_id: _way(channel, kind) for row_id, channel, kind in session.execute(query)}


def _way(channel: Channel, kind: GatewayKind | None) -> str:
    return kind.value if kind is not None else channel.value
