"""Who holds an urgent consult: a second consultant beside the first, and handing over at the end of a duty.

An open consult stays with its consultant when their duty ends: only a hand-over changes that, and both
sides read it on the page.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from confsched.domain.kinds import AlertPurpose, UrgentStepKind
from confsched.domain.permissions import Actor, Function
from confsched.domain.urgent import is_open
from confsched.errors import Conflict, Refusal, msg
from confsched.models.people import Membership, Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.urgent import UrgentConsult
from confsched.services import alerts, urgent_claims, urgent_steps
from confsched.services.escalation_words import call_lines
from confsched.services.urgent_sides import demand_answering

NEXT_WITHIN = timedelta(hours=14)  # who begins a duty so soon is proposed
MOST_PROPOSED = 12


@dataclass(frozen=True)
class Successor:
    """Hold whom a consult may be handed to, and the duty for which they are proposed."""

    person_id: uuid.UUID
    name: str
    line_name: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def is_on(self, now: datetime) -> bool:
        return self.starts_at is not None and self.starts_at <= now


def join_second(session: Session, actor: Actor, consult: UrgentConsult, *, now: datetime) -> None:
    """Let somebody who answers work beside the consultant; raises Conflict where two do already."""
    demand_answering(session, actor, consult)
    urgent_steps.lock(session, consult)
    me = actor.person_id
    if me in (consult.consultant_id, consult.second_consultant_id):
        return
    if not is_open(consult.state) or consult.consultant_id is None:
        raise Conflict(msg("Nobody has taken this consult yet, or it is over: there is nobody to join."))
    if consult.second_consultant_id is not None:
        name = session.get_one(Person, consult.second_consultant_id).name
        raise Conflict(msg("%(name)s has joined this consult already.", name=name))
    consult.second_consultant_id = me
    urgent_claims.take(session, consult, me, now=now)
    urgent_steps.add_step(session, actor, consult, UrgentStepKind.JOINED, "joined", now=now, other_id=me)


def hand_over(
    session: Session, actor: Actor, consult: UrgentConsult, person_id: uuid.UUID | None, *, now: datetime
) -> None:
    """Give an open consult to somebody who answers too, and tell them by an alert; oneself may take over.

    Raises Refusal for somebody who is not among the successors, Conflict where there is nothing to hand over.
    """
    demand_answering(session, actor, consult)
    urgent_steps.lock(session, consult)
    if person_id is not None and consult.consultant_id == person_id:
        return
    if not is_open(consult.state) or consult.consultant_id is None:
        raise Conflict(
            msg("Nobody has taken this consult yet, or it is over: there is nothing to hand over.")
        )
    allowed = {one.person_id for one in list_successors(session, consult, now=now)} | {actor.person_id}
    if person_id is None or person_id not in allowed:
        raise Refusal(msg("Choose one of the people proposed."), field="person_id")
    before = consult.consultant_id
    consult.consultant_id = person_id
    if consult.second_consultant_id == person_id:
        consult.second_consultant_id = None
    urgent_steps.add_step(
        session,
        actor,
        consult,
        UrgentStepKind.HANDED_OVER,
        "handed_over",
        now=now,
        other_id=person_id,
        details={"from": str(before)},
    )
    urgent_claims.give_back(session, consult, now=now, person_id=before)
    urgent_claims.take(session, consult, person_id, now=now)
    if person_id != actor.person_id:
        _tell(session, consult, session.get_one(Person, person_id), now)


def _tell(session: Session, consult: UrgentConsult, person: Person, now: datetime) -> None:
    alerts.alert(
        session,
        person,
        purpose=AlertPurpose.URGENT_CONSULT,
        consult=consult,
        heading=msg("An urgent consult of %(site)s was handed to you", site=consult.site.name),
        lines=call_lines(consult),
        path=f"/urgent/{consult.id}",
        now=now,
    )


def list_successors(session: Session, consult: UrgentConsult, *, now: datetime) -> list[Successor]:
    """Return whom a consult may be handed to: who is on duty next or now first, then other consultants."""
    on_duty = _on_duty(session, consult, now)
    known = {one.person_id for one in on_duty}
    others = [one for one in _colleagues(session, consult, now) if one.person_id not in known]
    return [one for one in (*on_duty, *others) if one.person_id != consult.consultant_id][:MOST_PROPOSED]


def _on_duty(session: Session, consult: UrgentConsult, now: datetime) -> list[Successor]:
    """Return who holds a line of the ladder, those who begin next before those whose duty runs."""
    lines = {rung.line_id for rung in consult.rungs if rung.line_id is not None}
    query = (
        select(Duty, Person, DutyLine)
        .join(Person, Person.id == Duty.person_id)
        .join(DutyLine, DutyLine.id == Duty.line_id)
        .where(
            Duty.line_id.in_(lines),
            Duty.superseded_at.is_(None),
            Duty.ends_at > now,
            Duty.starts_at <= now + NEXT_WITHIN,
        )
        .order_by(DutyLine.position, Duty.starts_at)
    )
    found: dict[uuid.UUID, Successor] = {}
    rows = session.execute(query).all()
    for duty, person, line in sorted(rows, key=lambda row: row[0].starts_at <= now):
        one = Successor(person.id, person.name, line.name, duty.starts_at, duty.ends_at)
        found.setdefault(person.id, one)
    return list(found.values())


def _colleagues(session: Session, consult: UrgentConsult, now: datetime) -> list[Successor]:
    today = now.date()
    query = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.organisation_id == consult.service.site.organisation_id,
            Membership.function == Function.CONSULTANT,
            Membership.valid_from <= today,
            or_(Membership.valid_until.is_(None), Membership.valid_until >= today),
        )
        .order_by(Person.family_name, Person.given_name)
        .limit(MOST_PROPOSED)
    )
    return [Successor(one.id, one.name) for one in session.scalars(query).unique()]
