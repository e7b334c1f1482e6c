"""Who belongs to a series, and how they take part in each of its dates."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor
from confsched.models.bookings import Booking, Participation
from confsched.models.people import Person
from confsched.models.series import ConferenceSeries, SeriesMember
from confsched.services import bookings
from confsched.services.bookings import Attendance
from confsched.services.series_drafts import SeriesPlan


def members_of(
    session: Session, actor: Actor, series: ConferenceSeries, plan: SeriesPlan, now: datetime
) -> list[SeriesMember]:
    """Return who belongs to a series, in the order of its people; who stays keeps the row."""
    own = {one.person_id: one for one in series.members}
    members = []
    for position, person in enumerate(participations(session, actor, plan.people, now)):
        member = own.get(person.person.id) or SeriesMember(
            person=person.person, organisation_id=person.organisation_id, serves=person.serves
        )
        member.position = position
        members.append(member)
    return members


def participations(
    session: Session, actor: Actor, people: Sequence[Person], now: datetime
) -> list[Participation]:
    """Return how the people of a series take part in a date: each for their discipline and their house."""
    attendances = [Attendance(person.id, person.discipline or _place_of(person)) for person in people]
    return bookings.participations_of(session, actor, attendances, now)


def _place_of(person: Person) -> str:
    return person.memberships[-1].site.short_name if person.memberships else person.name


def alike(usual: Participation, now: datetime) -> Participation:
    """Return how somebody of the series takes part in one more of its dates."""
    return Participation(
        person=usual.person,
        organisation_id=usual.organisation_id,
        position=usual.position,
        serves=usual.serves,
        is_optional=False,
        partstat=usual.partstat,
        invited_at=now,
        removed_at=None,
        is_of_series=True,
    )


def standing(booking: Booking) -> frozenset[uuid.UUID]:
    """Return who takes part in a date now."""
    return frozenset(p.person.id for p in booking.participations if p.removed_at is None)


def change_people(
    booking: Booking, people: frozenset[uuid.UUID], usual: Iterable[Participation], now: datetime
) -> None:
    """Let the people of the series take part; who came for one date only stays."""
    own = {p.person.id: p for p in booking.participations}
    for person_id, participation in own.items():
        if participation.is_of_series and person_id not in people and participation.removed_at is None:
            participation.removed_at = now
    for one in usual:
        if one.person.id not in people:
            continue
        mine = own.get(one.person.id)
        if mine is None:
            booking.participations.append(alike(one, now))
        elif mine.removed_at is not None or not mine.is_of_series:
            mine.is_of_series, mine.invited_at, mine.removed_at = True, now, None
            mine.partstat = one.partstat
