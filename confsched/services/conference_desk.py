"""The page of a conference: what desk, people and presenters see of it, and the freezing of its agenda."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched.domain.cases import WAITING
from confsched.domain.conferences import AHEAD, OFF, cutoff_at
from confsched.domain.intervals import Span
from confsched.domain.kinds import CaseLane, CaseState, ConferenceState
from confsched.domain.permissions import Actor
from confsched.domain.quorum import Forecast
from confsched.errors import Conflict, Message, NotFound, msg
from confsched.models.bookings import Booking
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference, QuorumCheck
from confsched.models.people import Person
from confsched.services import (
    access,
    agenda,
    carry_over,
    case_steps,
    conference_merge,
    conference_places,
    conference_steps,
    quorum,
)
from confsched.services.agenda_view import AgendaRow, AgendaView
from confsched.services.quorum_substitutes import propose
from confsched.services.substitutes import Substitute

# What is on the agenda: it waits for its turn there, or has had it.
ON_AGENDA = frozenset(
    {
        *(CaseState.SUBMITTED, CaseState.INCOMPLETE, CaseState.READY, CaseState.SCHEDULED),
        *(CaseState.IN_DISCUSSION, CaseState.RECOMMENDED, CaseState.IMPLEMENTED, CaseState.NOT_IMPLEMENTED),
    }
)

LEFT = frozenset({CaseState.DEFERRED, CaseState.WITHDRAWN, CaseState.REJECTED, CaseState.NOTED})


@dataclass(frozen=True)
class ShownCase:
    """Hold a case in its place; `at` is None as long as nobody has arranged the agenda."""

    case: CaseItem
    number: int
    at: datetime | None
    is_mine: bool
    missing: tuple[str, ...] = ()
    warnings: tuple[Message, ...] = ()


@dataclass(frozen=True)
class DeskView:
    """Hold all that the page of a conference shows its reader."""

    conference: Conference
    chair: Person
    is_desk: bool
    takes_part: bool
    sees_meeting: bool
    span: Span | None
    closes_at: datetime | None
    is_closed: bool
    forecast: Forecast
    checks: tuple[QuorumCheck, ...]
    proposed: Mapping[str, Sequence[Substitute]]
    agenda: AgendaView
    rows: tuple[ShownCase, ...]
    late: tuple[ShownCase, ...]
    standard_care: tuple[CaseItem, ...]
    left: tuple[CaseItem, ...]
    lacks: tuple[Message, ...]
    next_date: Conference | None
    others: tuple[Conference, ...] = ()
    undecided: int = 0
    left_behind: int = 0

    @property
    def is_ahead(self) -> bool:
        return self.conference.state in AHEAD

    @property
    def is_off(self) -> bool:
        return self.conference.state in OFF

    @property
    def minutes_asked(self) -> int:
        """Return what the cases on the agenda take, arranged or not."""
        return sum(one.case.minutes for one in self.rows)

    @property
    def capacity(self) -> int:
        return capacity_of(self.conference)

    @property
    def minutes_free(self) -> int:
        return self.capacity - self.minutes_asked


def capacity_of(conference: Conference) -> int:
    """Return the minutes that a conference has for cases."""
    return conference.capacity_minutes or conference.duration_minutes


def chair_of(conference: Conference) -> Person:
    """Return who chairs: without a chair it is the organiser."""
    return conference.chair or conference.organiser


def is_desk(session: Session, actor: Actor, conference: Conference) -> bool:
    """Tell whether the actor runs the desk of a conference."""
    query = access.visible(actor, Conference, to="change").where(Conference.id == conference.id)
    return session.scalar(select(query.exists())) or False


def view(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> DeskView:
    """Return the page of a conference as the actor may see it: cases of others only to who takes part."""
    runs, booking = is_desk(session, actor, conference), conference.booking
    cases = _list_cases(session, actor, conference)
    is_ahead = conference.state in AHEAD and booking is not None
    found = quorum.forecast(session, conference, now=now) if is_ahead else Forecast()
    planned = agenda.plan_view(session, conference)
    rows = tuple(_rows(actor, planned.rows, cases))
    closes_at = cutoff_at(booking.starts_at, conference.cutoff_minutes) if booking else None
    return DeskView(
        conference=conference,
        chair=chair_of(conference),
        is_desk=runs,
        takes_part=_takes_part(actor, conference),
        sees_meeting=_sees_meeting(session, actor, conference),
        span=Span(booking.starts_at, booking.ends_at) if booking else None,
        closes_at=closes_at,
        is_closed=closes_at is not None and closes_at <= now,
        forecast=found,
        checks=tuple(quorum.list_checks(session, conference)),
        proposed=propose(session, conference, found, now=now) if runs and is_ahead else {},
        agenda=planned,
        rows=rows,
        late=tuple(_shown(actor, place, one) for place, one in enumerate(_late(cases), start=len(rows) + 1)),
        standard_care=tuple(one for one in cases if _is_listed(one)),
        left=tuple(one for one in cases if _has_left(one)),
        lacks=tuple(conference_places.find_lacks(session, conference)),
        next_date=carry_over.find_next(session, conference, now=now),
        others=tuple(conference_merge.list_others(session, actor, conference)) if runs else (),
        undecided=sum(one.state in (CaseState.SUBMITTED, CaseState.INCOMPLETE) for one in cases),
        left_behind=_count_left_behind(session, conference) if runs else 0,
    )


def _count_left_behind(session: Session, conference: Conference) -> int:
    """Return how many cases have to go on to another date, now that this one is over or off."""
    if conference.state is ConferenceState.RUNNING or not carry_over.may_carry_over(conference):
        return 0
    return len(carry_over.list_left(session, conference))


def _takes_part(actor: Actor, conference: Conference) -> bool:
    parts = conference.booking.participations if conference.booking else []
    return any(part.person_id == actor.person_id and part.removed_at is None for part in parts)


def _sees_meeting(session: Session, actor: Actor, conference: Conference) -> bool:
    query = access.visible(actor, Booking).where(Booking.id == conference.booking_id)
    return session.scalar(select(query.exists())) or False


def _list_cases(session: Session, actor: Actor, conference: Conference) -> list[CaseItem]:
    query = (
        access.visible(actor, CaseItem)
        .where(CaseItem.conference_id == conference.id)
        .options(joinedload(CaseItem.presenter), joinedload(CaseItem.site), selectinload(CaseItem.needs))
        .order_by(CaseItem.position.nulls_last(), CaseItem.first_registered_at, CaseItem.id)
    )
    return list(session.scalars(query))


def _rows(actor: Actor, planned: Sequence[AgendaRow], cases: Sequence[CaseItem]) -> Iterable[ShownCase]:
    """Return what is to be discussed: in the order of the agenda, then what has no place on it yet."""
    readable = {one.id for one in cases}
    placed = [row for row in planned if row.case.id in readable]
    for row in placed:
        yield _shown(actor, row.number, row.case, at=row.starts_at, missing=row.missing, warns=_warnings(row))
    known = {row.case.id for row in placed}
    rest = [one for one in cases if one.id not in known and _is_on_agenda(one)]
    for number, one in enumerate(rest, start=len(planned) + 1):
        yield _shown(actor, number, one, at=one.starts_at)


def _is_on_agenda(case: CaseItem) -> bool:
    return case.lane is CaseLane.DISCUSSION and case.state in ON_AGENDA


def _is_listed(case: CaseItem) -> bool:
    return case.lane is CaseLane.STANDARD_CARE and case.state in ON_AGENDA | {CaseState.NOTED}


def _late(cases: Iterable[CaseItem]) -> list[CaseItem]:
    return [one for one in cases if one.lane is CaseLane.LATE and one.state in WAITING]


def _has_left(case: CaseItem) -> bool:
    is_listed = case.lane is CaseLane.STANDARD_CARE and case.state is CaseState.NOTED
    return case.state in LEFT and not is_listed


def _warnings(row: AgendaRow) -> tuple[Message, ...]:
    found = []
    if row.is_outside:
        found.append(msg("The presenter cannot come then"))
    if row.is_beyond:
        found.append(msg("Beyond the minutes of the conference"))
    return tuple(found)


def _shown(
    actor: Actor,
    number: int,
    case: CaseItem,
    *,
    at: datetime | None = None,
    missing: tuple[str, ...] = (),
    warns: tuple[Message, ...] = (),
) -> ShownCase:
    me = actor.person_id
    is_mine = case.presenter_id == me or case.registered_by_id == me
    return ShownCase(case, number, at, is_mine, missing, warns)


def freeze(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> None:
    """Close the agenda: what is ready is scheduled, and nothing moves any more. Twice is once.

    The cut-off only closes registration; freezing is the act of the desk.
    """
    if conference.state is ConferenceState.FROZEN:
        return
    conference_steps.enter(session, actor, conference, ConferenceState.FROZEN, now=now)
    for case in _waiting(session, conference, CaseState.READY):
        if case.lane is CaseLane.DISCUSSION:
            case_steps.enter(session, actor, case, CaseState.SCHEDULED, now=now)


def thaw(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> None:
    """Open the agenda again, as long as the conference has not begun. Twice is once."""
    if conference.state is ConferenceState.REGISTRATION_OPEN:
        return
    if conference.state is not ConferenceState.FROZEN:
        raise Conflict(msg("This conference has moved on meanwhile. Look at where it stands now."))
    conference_steps.enter(
        session, actor, conference, ConferenceState.REGISTRATION_OPEN, now=now, code="thawed"
    )
    for case in _waiting(session, conference, CaseState.SCHEDULED):
        case_steps.enter(session, actor, case, CaseState.READY, now=now)


def _waiting(session: Session, conference: Conference, state: CaseState) -> list[CaseItem]:
    query = select(CaseItem).where(CaseItem.conference_id == conference.id, CaseItem.state == state)
    return list(session.scalars(query.order_by(CaseItem.position.nulls_last(), CaseItem.id)))


def find_of_booking(session: Session, actor: Actor, booking_id: uuid.UUID) -> Conference | None:
    """Return the conference of a meeting, if there is one that the actor may see."""
    query = access.visible(actor, Conference).where(Conference.booking_id == booking_id)
    return session.scalars(query).one_or_none()


def get_of_desk(session: Session, actor: Actor, conference_id: uuid.UUID) -> Conference:
    """Return a conference whose desk the actor runs, to read; raises NotFound alike for all others."""
    query = access.visible(actor, Conference, to="change").where(Conference.id == conference_id)
    conference = session.scalars(query).one_or_none()
    if conference is None:
        raise NotFound
    return conference
