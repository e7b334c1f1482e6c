"""The weekday and hour at which the people of a series would meet best, by their rosters and hours."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain import starts
from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span
from confsched.domain.kinds import RequirementKind
from confsched.domain.matching import prepare
from confsched.domain.permissions import Actor
from confsched.domain.weekly import WeeklySlot, best_weekly, choice_of
from confsched.errors import Message, Refusal, msg
from confsched.models.catalogue import Requirement, RequirementPerson
from confsched.models.conferences import Conference
from confsched.models.network import Site
from confsched.services.matching import plan_conference
from confsched.services.series_drafts import Required

WEEKS = 8
PROPOSALS = 5
NAMED = 2


@dataclass(frozen=True)
class Proposal:
    """Hold a weekday (0 is Monday) and a local time, with the reason for it."""

    weekday: int
    starts_at_local: time
    reason: Message


def propose(
    session: Session,
    actor: Actor,
    *,
    people: Sequence[uuid.UUID],
    required: Sequence[Required],
    minutes: int,
    now: datetime,
) -> list[Proposal]:
    """Return the best weekdays and hours of the coming eight weeks, the best first; nothing is booked.

    Days that are public holidays of the host are passed over.
    """
    if not people and not required:
        raise Refusal(
            msg("First say who belongs to the series, or which disciplines it needs."), field="person_text"
        )
    site = session.get_one(Site, actor.site_id)
    conference = Conference(
        site=site,
        organisation_id=actor.organisation_id,
        duration_minutes=minutes,
        requirements=[*map(_named, people), *map(_discipline, required)],
    )
    monday = _next_monday(now, site.zone)
    until = monday + timedelta(weeks=WEEKS)
    window = Span(clock.start_of_day(monday, site.zone), clock.start_of_day(until, site.zone))
    plan = plan_conference(session, conference, now=now, window=window)
    board = prepare(plan.candidates, plan.search)
    ready = starts.Plan(plan.needs, plan.candidates, plan.search, board)
    slots = best_weekly(ready, WEEKS, lambda day: is_public_holiday(day, site.state))
    return [Proposal(slot.weekday, slot.starts, _reason(slot)) for slot in choice_of(slots, PROPOSALS)]


def _next_monday(now: datetime, zone: str) -> date:
    today = clock.local_day(now, zone)
    return today + timedelta(days=7 - today.weekday())


def _named(person_id: uuid.UUID) -> Requirement:
    persons = [RequirementPerson(person_id=person_id)]
    return Requirement(
        id=uuid.uuid4(), kind=RequirementKind.PERSONS, persons=persons, count=1, is_optional=False
    )


def _discipline(one: Required) -> Requirement:
    """Return the need for a discipline; whoever belongs to the series may meet it."""
    return Requirement(
        id=uuid.uuid4(),
        kind=RequirementKind.DISCIPLINE,
        discipline=one.discipline,
        count=one.count,
        is_optional=False,
        specialists_only=one.specialists_only,
        may_double=True,
    )


def _reason(slot: WeeklySlot) -> Message:
    """Say in how many weeks everybody is free, and who is missing most otherwise."""
    free = msg("Everybody is free in %(good)s of %(weeks)s weeks.", good=slot.good_weeks, weeks=slot.weeks)
    if slot.unknown_weeks:
        free = msg("%(free)s In %(count)s it is not known.", free=free, count=slot.unknown_weeks)
    if not slot.lacking:
        return free
    names = ", ".join(label for label, _ in slot.lacking[:NAMED])
    return msg("%(free)s Missing most often: %(names)s.", free=free, names=names)
