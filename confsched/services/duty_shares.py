"""The shares of employment by which the people of a department owe its duties."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from confsched.models.network import Department
from confsched.models.people import Membership
from confsched.services.access import CLINICIANS

PER_CENT = 100
DayRange = tuple[date, date]  # the first day, and the first one after


@dataclass(frozen=True)
class YearShare:
    """Hold the share of full time of a person, and whether they have it in the department."""

    part: Fraction
    in_department: bool


def shares_of(
    session: Session, department: Department, named: Collection[uuid.UUID], days: DayRange
) -> Mapping[uuid.UUID, YearShare]:
    """Return for each clinician of the department, and whoever is named besides, their share over the days.

    A share goes by days: half a year at full time owes as much as a year at half time.
    """
    first, after = days
    query = select(Membership).where(
        Membership.function.in_(CLINICIANS),
        or_(Membership.department_id == department.id, Membership.person_id.in_(named)),
        Membership.valid_from < after,
        or_(Membership.valid_until.is_(None), Membership.valid_until > first),
    )
    seats: dict[uuid.UUID, list[Membership]] = defaultdict(list)
    for seat in session.scalars(query):
        seats[seat.person_id].append(seat)
    return {person_id: _share(own, department, days) for person_id, own in seats.items()}


def _share(seats: Sequence[Membership], department: Department, days: DayRange) -> YearShare:
    """Let the seats in the department count, and for who is named from elsewhere those they have there."""
    here = [seat for seat in seats if seat.department_id == department.id]
    return YearShare(_part_of(here or seats, days), bool(here))


def _part_of(seats: Sequence[Membership], days: DayRange) -> Fraction:
    """Return the share of full time over all days; of two functions at once the larger share counts."""
    first, after = days
    stays = [(max(first, seat.valid_from), min(after, seat.valid_until or after)) for seat in seats]
    edges = sorted({first, after, *(edge for stay in stays for edge in stay)})
    worked = 0
    for starts, ends in pairwise(edges):
        shares = [
            seat.employment_percent
            for seat, (since, until) in zip(seats, stays, strict=True)
            if since <= starts and ends <= until
        ]
        worked += (ends - starts).days * max(shares, default=0)
    return Fraction(worked, (after - first).days * PER_CENT)
