"""Who is told what about a swap: who is asked, who waits for the answer, who keeps the roster."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import SwapState
from confsched.domain.permissions import Actor, Function
from confsched.errors import Message, msg
from confsched.models.people import Membership, Person
from confsched.models.rosters import DutyLine
from confsched.models.swaps import DutySwap
from confsched.services.duty_codes import qualified_for
from confsched.services.notices import notify
from confsched.services.roster_staff import valid_on

MAX_SECRETARIES = 10
MAX_ASKED = 100

_OUTCOMES = {
    SwapState.PROPOSED: msg("%(name)s steps back; everybody qualified is asked again"),
    SwapState.ACCEPTED: msg("%(name)s takes a duty; the secretary has yet to approve"),
    SwapState.EFFECTIVE: msg("A duty has changed hands: %(name)s has it now"),
    SwapState.DECLINED: msg("A duty stays where it is: the swap was declined"),
    SwapState.WITHDRAWN: msg("A duty stays where it is: the swap was withdrawn"),
}


def tell_asked(session: Session, actor: Actor, swap: DutySwap, *, now: datetime) -> None:
    """Ask the one who is named, or everybody who is qualified; tell whose duty the roster's keeper offers."""
    is_gap = swap.from_person_id is None
    heading = (
        msg("Cover is needed: %(line)s", line=swap.line.name)
        if is_gap
        else msg("%(name)s asks you to take a duty: %(line)s", name=actor.name, line=swap.line.name)
    )
    kind = Kind.COVER_REQUEST if is_gap else Kind.SWAP_PROPOSAL
    _tell(session, actor, swap, _asked(session, swap), kind, heading, now)
    if swap.from_person and swap.from_person_id != swap.proposed_by_id:
        offered = msg(
            "%(name)s proposes that somebody else takes your duty: %(line)s",
            name=actor.name,
            line=swap.line.name,
        )
        _tell(session, actor, swap, [swap.from_person], Kind.SWAP_RESULT, offered, now)


def tell_outcome(session: Session, actor: Actor, swap: DutySwap, *, now: datetime) -> None:
    """Tell giver, taker and proposer what has become of it, and the secretary what she decides or keeps."""
    people = [swap.from_person, swap.taken_by, swap.proposed_by, swap.to_person]
    if swap.state in (SwapState.ACCEPTED, SwapState.EFFECTIVE):
        people += secretaries_of(session, swap.line, now)
    taker = swap.taken_by.name if swap.taken_by else actor.name
    heading = msg(_OUTCOMES[swap.state].text, name=taker)
    _tell(session, actor, swap, [one for one in people if one], Kind.SWAP_RESULT, heading, now)


def tell_overtaken(session: Session, actor: Actor, swap: DutySwap, *, now: datetime) -> None:
    """Tell who waits for a proposal that it is closed, because its time has changed hands otherwise."""
    people = [swap.from_person, swap.taken_by, swap.proposed_by, swap.to_person]
    heading = msg("A proposal is closed: its time has gone to somebody else meanwhile")
    _tell(session, actor, swap, [one for one in people if one], Kind.SWAP_RESULT, heading, now)


def secretaries_of(session: Session, line: DutyLine, now: datetime) -> list[Person]:
    """Return who keeps the roster of a line: the secretaries of its department, else of its site."""
    department = line.department
    on = clock.local_day(now, department.site.zone)
    query = (
        select(Person, Membership.department_id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.site_id == department.site_id,
            Membership.function == Function.SECRETARY,
            *valid_on(on),
        )
        .order_by(Person.family_name, Person.id)
    )
    found = list(session.execute(query))
    own = [person for person, department_id in found if department_id == department.id]
    return (own or [person for person, _ in found])[:MAX_SECRETARIES]


def _asked(session: Session, swap: DutySwap) -> list[Person]:
    if swap.to_person_id is not None:
        return [session.get_one(Person, swap.to_person_id)]
    day = clock.local_day(swap.starts_at, swap.line.department.site.zone)
    people = qualified_for(session, swap.line, day)
    return [person for person in people if person.id != swap.from_person_id][:MAX_ASKED]


def _tell(
    session: Session,
    actor: Actor,
    swap: DutySwap,
    people: Iterable[Person],
    kind: Kind,
    heading: Message,
    now: datetime,
) -> None:
    """Write to each person once, and not to who has just pressed the button."""
    told: set[uuid.UUID] = {actor.person_id}
    for person in people:
        if person.id in told:
            continue
        told.add(person.id)
        notify(
            session,
            kind,
            person,
            organisation_id=swap.line.department.site.organisation_id,
            heading=heading,
            lines=_lines(swap),
            path=f"/swaps/{swap.id}",
            now=now,
        )


def _lines(swap: DutySwap) -> list[Message]:
    lines = [msg("%(line)s: %(span)s", line=swap.line.name, span=Span(swap.starts_at, swap.ends_at))]
    if swap.from_person:
        lines.append(msg("Duty of %(name)s", name=swap.from_person.name))
    if swap.in_return:
        back = Span(swap.in_return.starts_at, swap.in_return.ends_at)
        lines.append(msg("In return: %(line)s, %(span)s", line=swap.in_return.line.name, span=back))
    if swap.note:
        lines.append(msg("Note: %(note)s", note=swap.note))
    if swap.decision_reason:
        lines.append(msg("Reason: %(reason)s", reason=swap.decision_reason))
    return lines
