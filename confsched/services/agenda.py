"""The order of the cases of a conference: arranged, changed by hand, kept at a place, taken back, and shown.

Only the order changes here, never the state of a case. What came late without approval, and what is listed as
standard of care, stays out. A frozen agenda does not move, one that runs is called up in any order.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain import agenda
from confsched.domain.agenda import Arrangement
from confsched.domain.kinds import ConferenceState
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference, ConferenceStep
from confsched.services import agenda_facts, agenda_layout, audit, conference_steps
from confsched.services.agenda_facts import AgendaFacts
from confsched.services.agenda_view import AgendaPresence, AgendaView

ORDERED = "agenda_order"  # the step whose reason is the order as it was before, by case references
MAX_REASON = 400
PROVEN_AT_ONCE = 12  # cases; the best order of more is looked for when somebody asks for it


def plan_view(session: Session, conference: Conference) -> AgendaView:
    """Return the agenda as it stands, with everybody's time."""
    return agenda_layout.build(agenda_facts.load(session, conference), *_frame(conference))


def blocks_of(session: Session, conference: Conference, person_id: uuid.UUID) -> AgendaPresence | None:
    """Return the time that one person is needed for, None where they are not needed."""
    return next((one for one in plan_view(session, conference).blocks if one.person_id == person_id), None)


@dataclass(frozen=True)
class Judged:
    """Hold an agenda and what is known of better ones: `best` is None where nobody has looked for it."""

    view: AgendaView
    best: Arrangement | None
    stands_best: bool  # no order is known that is better
    has_former: bool


def judge(session: Session, conference: Conference, *, is_asked: bool) -> Judged:
    """Return the agenda and how good it is; of a long one only where somebody asks."""
    facts = agenda_facts.load(session, conference)
    view = agenda_layout.build(facts, *_frame(conference))
    has_former = find_former(session, conference) is not None
    if facts is None or not facts.cases or (len(facts.cases) > PROVEN_AT_ONCE and not is_asked):
        return Judged(view, None, False, has_former)
    best = agenda.arrange(facts.docket)
    return Judged(view, best, agenda.is_as_good(facts.docket, facts.order, best.layout.order), has_former)


def _frame(conference: Conference) -> tuple[int, datetime | None]:
    ends_at = conference.booking.ends_at if conference.booking else None
    return conference.capacity_minutes or conference.duration_minutes, ends_at


def arrange(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> Arrangement:
    """Put the cases into the best order; pinned ones keep their places. One that is as good already stays."""
    facts = _changeable(session, conference)
    best = agenda.arrange(facts.docket)
    if not agenda.is_as_good(facts.docket, facts.order, best.layout.order):
        _write(session, actor, conference, facts, best.layout.order, now)
    elif any(case.position is None for case in facts.cases):
        agenda_facts.number(facts, facts.order)
    return best


def reorder(
    session: Session, actor: Actor, conference: Conference, case_ids: Sequence[uuid.UUID], *, now: datetime
) -> None:
    """Put the cases into an order by hand; pinned ones keep their places, the others go around them.

    Raises Conflict where these are not the cases of the agenda: somebody has changed it meanwhile.
    """
    facts = _changeable(session, conference)
    if sorted(case_ids) != sorted(facts.order):
        raise Conflict(msg("The agenda has changed meanwhile. Look at it, then move the case again."))
    _write(session, actor, conference, facts, _around_pins(facts, case_ids), now)


def move(
    session: Session,
    actor: Actor,
    conference: Conference,
    case_id: uuid.UUID,
    *,
    by: int,
    now: datetime,
) -> None:
    """Let a case change places with the one before (-1) or after it (1), over those that are pinned."""
    facts = _changeable(session, conference)
    case = _case_of(facts, case_id)
    if case.is_pinned:
        raise Refusal(msg("%(ref)s is pinned. Take the pin out, then move it.", ref=case.case_ref))
    free = [one.id for one in facts.cases if not one.is_pinned]
    at = free.index(case_id)
    to = min(max(at + by, 0), len(free) - 1)
    free.insert(to, free.pop(at))
    _write(session, actor, conference, facts, _around_pins(facts, free), now)


def pin(
    session: Session,
    actor: Actor,
    conference: Conference,
    case_id: uuid.UUID,
    *,
    is_pinned: bool,
    now: datetime,
) -> None:
    """Keep a case at the place where it stands, or let it go; twice is once."""
    facts = _changeable(session, conference)
    case = _case_of(facts, case_id)
    if case.is_pinned is is_pinned:
        return
    agenda_facts.number(facts, facts.order)
    case.is_pinned = is_pinned
    audit.record(session, actor, "case.pin" if is_pinned else "case.unpin", case, now=now)


def undo(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> None:
    """Go back to the order before the last one; done again, return to it."""
    facts = _changeable(session, conference)
    former = find_former(session, conference)
    if former is None:
        raise Conflict(msg("There is no former order to go back to."))
    refs = former.split()
    known = {case.case_ref: case.id for case in facts.cases}
    kept = [known[one] for one in refs if one in known]
    rest = [one for one in facts.order if one not in kept]
    _write(session, actor, conference, facts, _around_pins(facts, [*kept, *rest]), now)


def find_former(session: Session, conference: Conference) -> str | None:
    """Return the order before the last one, as case references; None where it never changed."""
    query = (
        select(ConferenceStep.reason)
        .where(ConferenceStep.conference_id == conference.id, ConferenceStep.code == ORDERED)
        .order_by(ConferenceStep.number.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none() or None


def may_change(conference: Conference) -> bool:
    """Tell whether the order of a conference may be changed now."""
    return conference.state is ConferenceState.REGISTRATION_OPEN and conference.booking is not None


def _changeable(session: Session, conference: Conference) -> AgendaFacts:
    if conference.state is ConferenceState.FROZEN:
        raise Conflict(msg("The agenda is frozen. Open it again on the page of the conference first."))
    facts = agenda_facts.load(session, conference)
    if facts is None or not may_change(conference):
        raise Conflict(msg("The order of this conference can no longer be changed."))
    return facts


def _case_of(facts: AgendaFacts, case_id: uuid.UUID) -> CaseItem:
    case = next((one for one in facts.cases if one.id == case_id), None)
    if case is None:
        raise NotFound
    return case


def _around_pins(facts: AgendaFacts, case_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    pinned = {place: case.id for place, case in enumerate(facts.cases) if case.is_pinned}
    order = [one for one in case_ids if one not in pinned.values()]
    for place in sorted(pinned):
        order.insert(place, pinned[place])
    return order


def _write(
    session: Session,
    actor: Actor,
    conference: Conference,
    facts: AgendaFacts,
    order: Sequence[uuid.UUID],
    now: datetime,
) -> None:
    """Give each case its place and time, and keep the order before; the same order again is none."""
    is_numbered = all(case.position is not None for case in facts.cases)
    agenda_facts.number(facts, order)
    if tuple(order) == facts.order and is_numbered:
        return
    former = " ".join(case.case_ref for case in facts.cases)
    reason = former if len(former) <= MAX_REASON else ""  # too long an agenda to be taken back
    conference_steps.record_step(session, actor, conference, now=now, reason=reason, code=ORDERED)
