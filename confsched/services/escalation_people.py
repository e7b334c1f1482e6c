"""Whom a step of a ladder reaches at an instant, and why; a dry run asks the same as a request."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from confsched.domain.escalation import Candidate, Choice, choose
from confsched.domain.kinds import EscalationTarget, SkipReason
from confsched.errors import Message, msg
from confsched.models.catalogue import Service
from confsched.models.claims import Claim
from confsched.models.ladders import EscalationStep
from confsched.models.rosters import DutyLine
from confsched.models.urgent import UrgentConsult, UrgentRung
from confsched.services import contact_points, hub_rotation
from confsched.services.hub_rotation import TraceStep
from confsched.services.who_is_on import OnDuty, who_is_on

# Whatever stands in the roster counts, also what a machine whose clock is ahead has recorded.
_ALL_THAT_IS_KNOWN = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Reached:
    """Hold whom a step calls, over which line, and the way there; a phone card calls nobody."""

    choice: Choice
    line_id: uuid.UUID | None = None
    on: tuple[OnDuty, ...] = ()
    steps: tuple[TraceStep, ...] = ()


def resolve_step(
    session: Session,
    service: Service,
    step: EscalationStep | UrgentRung,
    at: datetime,
    known_at: datetime | None = None,
    *,
    called: Collection[uuid.UUID] = (),
    is_repeat: bool = False,
) -> Reached:
    """Return whom a step would call at an instant, by the roster as it stands now or was known then.

    `called` are those whom other steps have called already. The turn of hubs is found at the instant too.
    """
    if step.target is EscalationTarget.PHONE_CARD:
        number = step.phone or service.hotline or service.site.phone
        shown = msg("The number %(phone)s is shown to who asks.", phone=number)
        return Reached(Choice(()), steps=(TraceStep(shown),))
    line_id, on, way = _holders(session, service, step, at, known_at or _ALL_THAT_IS_KNOWN)
    candidates = _candidates(session, on, at, called)
    choice = choose(candidates, service.consults_at_once, is_repeat=is_repeat)
    return Reached(choice, line_id, on, (*way, *_say(choice)))


def _holders(
    session: Session, service: Service, step: EscalationStep | UrgentRung, at: datetime, known_at: datetime
) -> tuple[uuid.UUID | None, tuple[OnDuty, ...], tuple[TraceStep, ...]]:
    if step.target is EscalationTarget.HUB_ROTATION:
        found = hub_rotation.resolve(session, service.id, at, known_at=known_at)
        return found.line_id, found.on, found.steps
    if step.line_id is None:
        return None, (), (TraceStep(msg("This step names no duty line.")),)
    on = tuple(who_is_on(session, at, line_id=step.line_id, known_at=known_at))
    line = session.get_one(DutyLine, step.line_id)
    held = [
        TraceStep(msg("%(name)s holds %(line)s.", name=one.name, line=line.name), one.until) for one in on
    ]
    return line.id, on, tuple(held) or (TraceStep(msg("Nobody holds %(line)s then.", line=line.name)),)


def _candidates(
    session: Session, on: Iterable[OnDuty], at: datetime, called: Collection[uuid.UUID]
) -> list[Candidate]:
    names = {one.person_id: one.name for one in on}
    if not names:
        return []
    reachable = contact_points.reachable(session, list(names), now=at)
    counts = _open_consults(session, names)
    taken = _taken(session, names, at)
    return [
        Candidate(
            person_id,
            name,
            is_reachable=bool(reachable.get(person_id)),
            is_busy=person_id in taken or counts.get(person_id, 0) > 0,
            open_consults=counts.get(person_id, 0),
            was_called=person_id in called,
        )
        for person_id, name in names.items()
    ]


def _open_consults(session: Session, people: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    query = (
        select(UrgentConsult.consultant_id, func.count())
        .where(UrgentConsult.consultant_id.in_(people), UrgentConsult.ended_at.is_(None))
        .group_by(UrgentConsult.consultant_id)
    )
    return {person_id: count for person_id, count in session.execute(query) if person_id is not None}


def _taken(session: Session, people: Collection[uuid.UUID], at: datetime) -> set[uuid.UUID]:
    """Return who sits in a meeting, treats somebody or is away; a hold that ran out takes nobody."""
    query = select(Claim.subject_id).where(
        Claim.subject_id.in_(people),
        Claim.blocking.is_(True),
        Claim.starts_at <= at,
        Claim.starts_at > at - timedelta(days=400),  # absences are long, history is longer
        Claim.ends_at > at,
        or_(Claim.expires_at.is_(None), Claim.expires_at > at),
    )
    return set(session.scalars(query))


_PASSED = {
    SkipReason.NOBODY_REACHABLE: msg("%(name)s has no proven contact point and is not called."),
    SkipReason.ALL_AT_CAP: msg("%(name)s has %(count)s urgent consults open already and is not called."),
    SkipReason.ALREADY_ALERTED: msg("%(name)s has been called by a step before."),
}
_SKIPPED = {
    SkipReason.NOBODY_ON_DUTY: msg("Nobody is on duty: the next step begins at once."),
    SkipReason.NOBODY_REACHABLE: msg("Nobody can be reached: the next step begins at once."),
    SkipReason.ALL_AT_CAP: msg("Nobody has room for one more: the next step begins at once."),
    SkipReason.ALREADY_ALERTED: msg("All have been called already: the next step begins at once."),
}


def skip_sentence(reason: SkipReason) -> Message:
    """Say why a step called nobody."""
    return _SKIPPED[reason]


def _say(choice: Choice) -> Sequence[TraceStep]:
    said = [
        msg(_PASSED[reason].text, name=one.name, count=one.open_consults) for one, reason in choice.passed
    ]
    for one in choice.called:
        free, busy = msg("%(name)s is called."), msg("%(name)s is busy and is called, since nobody is free.")
        said.append(msg((busy if one.is_busy else free).text, name=one.name))
    waiting = msg("%(name)s is busy and is called when the step is repeated.")
    said += [msg(waiting.text, name=one.name) for one in choice.waiting]
    if choice.skipped is not None:
        said.append(skip_sentence(choice.skipped))
    return [TraceStep(one) for one in said]
