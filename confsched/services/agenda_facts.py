"""What an agenda is made of: the cases to be discussed on a date, whom each needs, when those can be had."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.agenda import AgendaCase, Docket, lay_out
from confsched.domain.cases import DISCUSSED, WAITING
from confsched.domain.kinds import CaseLane, CaseState, Partstat
from confsched.models.bookings import Participation
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services.agenda_view import Needed
from confsched.services.cases import list_cases

ON_AGENDA = WAITING | DISCUSSED | {CaseState.IN_DISCUSSION}
MINUTE = timedelta(minutes=1)
_STAYS_AWAY = (Partstat.DECLINED, Partstat.DELEGATED)


@dataclass(frozen=True)
class AgendaFacts:
    """Hold the cases of a date in the order of its agenda; those of other lanes are none of it."""

    cases: tuple[CaseItem, ...]
    people: Mapping[uuid.UUID, tuple[Needed, ...]]  # by case, the presenter first
    missing: Mapping[uuid.UUID, tuple[str, ...]]  # by case, disciplines for which nobody comes
    docket: Docket
    starts_at: datetime
    stays: frozenset[uuid.UUID] = field(default=frozenset())  # there all the time: the chair

    @property
    def order(self) -> tuple[uuid.UUID, ...]:
        return tuple(case.id for case in self.cases)

    def at(self, minutes: int) -> datetime:
        """Return the instant so many minutes after the start."""
        return self.starts_at + minutes * MINUTE


def load(session: Session, conference: Conference) -> AgendaFacts | None:
    """Return the facts of a date, None as long as it has no time."""
    booking = conference.booking
    if booking is None:
        return None
    cases = tuple(case for case in list_cases(session, conference) if is_on_agenda(case))
    coming = _load_coming(session, booking.id)
    serving = {
        one: _serving(coming, one) for one in {need.discipline for case in cases for need in case.needs}
    }
    people = {case.id: tuple(_needed(case, serving)) for case in cases}
    missing = {
        case.id: tuple(need.discipline for need in case.needs if not serving[need.discipline])
        for case in cases
    }
    stays = frozenset({conference.chair_id or conference.organiser_id})
    docket = Docket(
        cases=tuple(_agenda_cases(cases, people, stays, booking.starts_at)),
        capacity=conference.capacity_minutes or conference.duration_minutes,
        at_home=_at_home(conference, cases, people),
    )
    return AgendaFacts(cases, people, missing, docket, booking.starts_at, stays)


def number(facts: AgendaFacts, order: Sequence[uuid.UUID]) -> None:
    """Write the places of an order, counted from 1, and its times."""
    known, layout = {case.id: case for case in facts.cases}, lay_out(facts.docket, order)
    for place, (case_id, starts) in enumerate(zip(layout.order, layout.starts, strict=True), start=1):
        known[case_id].position, known[case_id].starts_at = place, facts.at(starts)


def is_on_agenda(case: CaseItem) -> bool:
    """Tell whether a case is discussed: not late without approval, and not listed as standard of care."""
    return case.lane is CaseLane.DISCUSSION and case.state in ON_AGENDA


def _load_coming(session: Session, booking_id: uuid.UUID) -> list[Participation]:
    query = (
        select(Participation)
        .where(
            Participation.booking_id == booking_id,
            Participation.removed_at.is_(None),
            Participation.partstat.not_in(_STAYS_AWAY),
        )
        .options(joinedload(Participation.person))
        .order_by(Participation.position, Participation.id)
    )
    return list(session.scalars(query))


def _serving(coming: Sequence[Participation], discipline: str) -> tuple[Needed, ...]:
    """Return who comes for a discipline: all who have to; without any, the first of those who may."""
    fit = [one for one in coming if discipline in (one.serves, one.person.discipline)]
    chosen = [one for one in fit if not one.is_optional] or fit[:1]
    return tuple(Needed(one.person_id, one.person.name, discipline) for one in chosen)


def _needed(case: CaseItem, serving: Mapping[str, tuple[Needed, ...]]) -> Iterable[Needed]:
    yield Needed(case.presenter_id, case.presenter.name, "")
    for need in case.needs:
        yield from serving[need.discipline]


def _agenda_cases(
    cases: Sequence[CaseItem],
    people: Mapping[uuid.UUID, tuple[Needed, ...]],
    stays: frozenset[uuid.UUID],
    starts_at: datetime,
) -> Iterable[AgendaCase]:
    """Yield the cases as they were registered; who stays all the time is waited for by no case."""
    places = {case.id: place for place, case in enumerate(cases)}
    for case in sorted(cases, key=lambda case: (case.first_registered_at, case.case_ref)):
        yield AgendaCase(
            key=case.id,
            minutes=case.minutes,
            people=frozenset(one.person_id for one in people[case.id]) - stays,
            opens=-int((starts_at - case.present_from) // MINUTE) if case.present_from else 0,
            closes=int((case.present_until - starts_at) // MINUTE) if case.present_until else None,
            place=places[case.id] if case.is_pinned else None,
            is_urgent=case.is_urgent,
            deferrals=case.deferrals,
        )


def _at_home(
    conference: Conference, cases: Iterable[CaseItem], people: Mapping[uuid.UUID, tuple[Needed, ...]]
) -> frozenset[uuid.UUID]:
    """Return who presents in their own house and is needed for nothing else."""
    house = conference.site.organisation_id
    at_home = {case.presenter_id for case in cases if case.site.organisation_id == house}
    return frozenset(at_home - {one.person_id for needed in people.values() for one in needed if one.serves})
