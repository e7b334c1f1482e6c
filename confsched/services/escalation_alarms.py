"""Who keeps the rosters hears at once when a ladder finds nobody, once for each line and consult."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from confsched.domain.escalation import MAX_ROUNDS
from confsched.domain.invites import Kind
from confsched.domain.kinds import SkipReason
from confsched.errors import Message, msg
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.models.urgent import Alert, UrgentConsult, UrgentRung
from confsched.services.notices import notify
from confsched.services.swap_notices import secretaries_of

_PATH = "/duty-board/"
_GAPS = {
    SkipReason.NOBODY_ON_DUTY: msg("An urgent request found nobody on duty: %(line)s"),
    SkipReason.NOBODY_REACHABLE: msg("An urgent request could reach nobody: %(line)s"),
    SkipReason.ALL_AT_CAP: msg("An urgent request found nobody with room for it: %(line)s"),
}

_ENDS = {
    False: msg("Nobody has taken an urgent request; all are called once more: %(service)s"),
    True: msg("Nobody has taken an urgent request, and nobody is called any more: %(service)s"),
}


def alarm_gap(session: Session, consult: UrgentConsult, rung: UrgentRung, *, now: datetime) -> None:
    """Tell the owners of a line that its step was skipped, and why (PEER_FAILURES 32)."""
    assert rung.skipped is not None, "a step that called somebody is no gap"
    if _was_alarmed(session, rung):
        return
    rung.owner_alarmed_at = now
    heading = msg(_GAPS[rung.skipped].text, line=rung.label)
    _tell(session, consult, _lines_of(session, consult, rung), heading, now)


def _was_alarmed(session: Session, rung: UrgentRung) -> bool:
    same_line = UrgentRung.line_id == rung.line_id if rung.line_id else UrgentRung.line_id.is_(None)
    query = select(UrgentRung.id).where(
        UrgentRung.consult_id == rung.consult_id, same_line, UrgentRung.owner_alarmed_at.is_not(None)
    )
    return session.scalar(query.limit(1)) is not None


def _lines_of(session: Session, consult: UrgentConsult, rung: UrgentRung) -> list[DutyLine]:
    """Return the line of a step; a step that found none, as a rotation that has ended, concerns all."""
    if rung.line_id is not None:
        return [session.get_one(DutyLine, rung.line_id)]
    return _all_lines(session, consult)


def alarm_unanswered(session: Session, consult: UrgentConsult, round_number: int, *, now: datetime) -> None:
    """Tell the owners of every line of a ladder that it was called to its end in vain."""
    is_last = round_number + 1 == MAX_ROUNDS
    if not is_last and (round_number > 0 or not _was_anybody_called(session, consult)):
        return  # they know
    heading = msg(_ENDS[is_last].text, service=consult.service.name)
    _tell(session, consult, _all_lines(session, consult), heading, now)


def _was_anybody_called(session: Session, consult: UrgentConsult) -> bool:
    return session.scalar(select(Alert.id).where(Alert.consult_id == consult.id).limit(1)) is not None


def _all_lines(session: Session, consult: UrgentConsult) -> list[DutyLine]:
    called = select(UrgentRung.line_id).where(UrgentRung.consult_id == consult.id)
    query = select(DutyLine).where(or_(DutyLine.id.in_(called), DutyLine.service_id == consult.service_id))
    return list(session.scalars(query.order_by(DutyLine.position, DutyLine.id)))


def _tell(
    session: Session, consult: UrgentConsult, lines: Iterable[DutyLine], heading: Message, now: datetime
) -> None:
    told: dict[Person, DutyLine] = {}
    for line in lines:
        for person in secretaries_of(session, line, now):
            told.setdefault(person, line)
    for person, line in told.items():
        notify(
            session,
            Kind.ROSTER_ALARM,
            person,
            organisation_id=line.department.site.organisation_id,
            heading=heading,
            lines=[
                msg("Service: %(service)s", service=consult.service.name),
                msg("Requested: %(at)s", at=consult.requested_at),
            ],
            path=_PATH,
            now=now,
        )
