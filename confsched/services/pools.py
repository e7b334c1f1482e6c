"""Who could meet a requirement on record: a discipline, a duty line, named people, a room or a device."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.intervals import Span
from confsched.domain.kinds import RequirementKind, ResourceKind
from confsched.domain.matching import Need
from confsched.domain.permissions import Function
from confsched.models.catalogue import Requirement
from confsched.models.network import Resource, Site
from confsched.models.people import Membership, Person
from confsched.models.rosters import Duty, DutyLine

MAX_NAMED = 3
MAX_PEOPLE = 600  # a pool larger than this is a mistake in the requirements, not a wish


@dataclass(frozen=True)
class Wanted:
    """Hold what one search requires, in its window."""

    requirements: Sequence[Requirement]
    window: Span
    zone: str

    @property
    def first_on(self) -> date:
        return clock.local_day(self.window.starts_at, self.zone)


def needs_of(
    session: Session, requirements: Sequence[Requirement], window: Span, zone: str
) -> tuple[Need, ...]:
    """Return a need per requirement, in their order, with everyone who could meet it in the window."""
    return needs_of_all(session, [Wanted(requirements, window, zone)])[0]


def needs_of_all(session: Session, searches: Sequence[Wanted]) -> list[tuple[Need, ...]]:
    """Return the needs of each search, for many in as many queries as for one."""
    named = _load_named(session, searches)  # kept meanwhile, so that the labels ask for nothing
    pools = _load_pools(session, searches)
    needs = [tuple(_need(session, one, wanted, pools) for one in wanted.requirements) for wanted in searches]
    del named
    return needs


def _need(session: Session, requirement: Requirement, wanted: Wanted, pools: _Pools) -> Need:
    return Need(
        key=str(requirement.id),
        label=pools.label_of(requirement) or label_of(session, requirement),
        pool=pools.of(requirement, wanted),
        count=requirement.count,
        optional=requirement.is_optional,
        may_double=requirement.may_double,
    )


def _load_named(session: Session, searches: Sequence[Wanted]) -> list[object]:
    """Load whom and what requirements name, each kind at once."""
    every = [one for wanted in searches for one in wanted.requirements]
    people = {member.person_id for one in every for member in one.persons}
    site_ids = {site.site_id for one in every for site in one.sites}
    lines = {one.duty_line_id for one in every if one.duty_line_id}
    things = {one.resource_id for one in every if one.resource_id}
    return [
        *(session.scalars(select(Person).where(Person.id.in_(people))) if people else ()),
        *(session.scalars(select(Site).where(Site.id.in_(site_ids))) if site_ids else ()),
        *(session.scalars(select(DutyLine).where(DutyLine.id.in_(lines))) if lines else ()),
        *(session.scalars(select(Resource).where(Resource.id.in_(things))) if things else ()),
    ]


@dataclass(frozen=True)
class _Colleague:
    """Hold a consultant and one of their memberships."""

    person_id: uuid.UUID
    discipline: str
    is_specialist: bool
    site_id: uuid.UUID
    valid_from: date
    valid_until: date | None

    def may_meet(self, requirement: Requirement, site_ids: Collection[uuid.UUID], on: date) -> bool:
        is_member = self.valid_from <= on and (self.valid_until is None or self.valid_until > on)
        is_there = not site_ids or self.site_id in site_ids
        is_fit = self.is_specialist or not requirement.specialists_only
        return is_member and is_there and is_fit and self.discipline == requirement.discipline


@dataclass(frozen=True)
class _Pools:
    """Hold who and what could meet any of the requirements."""

    consultants: Sequence[_Colleague]
    on_duty: Sequence[tuple[uuid.UUID, uuid.UUID, datetime, datetime]]
    rooms: Sequence[Resource]

    def label_of(self, requirement: Requirement) -> str:
        """Return the names of the rooms of which any will do; "" for all other requirements."""
        is_any = requirement.kind is RequirementKind.RESOURCE and not requirement.resource_id
        site_ids = {one.site_id for one in requirement.sites}
        return _names(room for room in self.rooms if room.site_id in site_ids) if is_any else ""

    def of(self, requirement: Requirement, wanted: Wanted) -> tuple[uuid.UUID, ...]:
        """Return everyone, or everything, that could meet a requirement, in order of their ids."""
        if requirement.kind is RequirementKind.PERSONS:
            return tuple(sorted(member.person_id for member in requirement.persons))
        if requirement.kind is RequirementKind.RESOURCE and requirement.resource_id:
            return (requirement.resource_id,)
        return tuple(sorted(set(self._found(requirement, wanted)))[:MAX_PEOPLE])

    def _found(self, requirement: Requirement, wanted: Wanted) -> Iterator[uuid.UUID]:
        site_ids, window = {one.site_id for one in requirement.sites}, wanted.window
        if requirement.kind is RequirementKind.RESOURCE:  # any room; a device is always asked for by name
            yield from (room.id for room in self.rooms if room.site_id in site_ids)
        elif requirement.kind is RequirementKind.DUTY_LINE:
            for person_id, line_id, starts_at, ends_at in self.on_duty:
                is_within = starts_at < window.ends_at and ends_at > window.starts_at
                if is_within and line_id == requirement.duty_line_id:
                    yield person_id
        else:
            on = wanted.first_on
            yield from (one.person_id for one in self.consultants if one.may_meet(requirement, site_ids, on))


def _load_pools(session: Session, searches: Sequence[Wanted]) -> _Pools:
    by_kind: dict[RequirementKind, list[Requirement]] = defaultdict(list)
    for wanted in searches:
        for one in wanted.requirements:
            by_kind[one.kind].append(one)
    return _Pools(
        consultants=_load_consultants(session, by_kind[RequirementKind.DISCIPLINE]),
        on_duty=_load_on_duty(session, by_kind[RequirementKind.DUTY_LINE], searches),
        rooms=_load_rooms(session, by_kind[RequirementKind.RESOURCE]),
    )


def _load_consultants(session: Session, requirements: Sequence[Requirement]) -> list[_Colleague]:
    if not requirements:
        return []
    query = (
        select(
            *(Person.id, Person.discipline, Person.is_specialist),
            *(Membership.site_id, Membership.valid_from, Membership.valid_until),
        )
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.discipline.in_({one.discipline for one in requirements}),
            Membership.function == Function.CONSULTANT,
        )
    )
    return [_Colleague(*row) for row in session.execute(query)]


def _load_on_duty(
    session: Session, requirements: Sequence[Requirement], searches: Sequence[Wanted]
) -> list[tuple[uuid.UUID, uuid.UUID, datetime, datetime]]:
    if not requirements:
        return []
    query = select(Duty.person_id, Duty.line_id, Duty.starts_at, Duty.ends_at).where(
        Duty.line_id.in_({one.duty_line_id for one in requirements}),
        Duty.superseded_at.is_(None),
        Duty.starts_at < max(wanted.window.ends_at for wanted in searches),
        Duty.ends_at > min(wanted.window.starts_at for wanted in searches),
    )
    return list(session.execute(query))


def _load_rooms(session: Session, requirements: Sequence[Requirement]) -> list[Resource]:
    site_ids = {site.site_id for one in requirements if not one.resource_id for site in one.sites}
    if not site_ids:
        return []
    query = select(Resource).where(Resource.kind == ResourceKind.ROOM, Resource.site_id.in_(site_ids))
    return list(session.scalars(query))


def load_sites(session: Session, searches: Sequence[Wanted]) -> dict[uuid.UUID, uuid.UUID]:
    """Return at which site each room or device stands that is asked for by name."""
    ids = {one.resource_id for wanted in searches for one in wanted.requirements if one.resource_id}
    if not ids:
        return {}
    return {one.id: one.site_id for one in session.scalars(select(Resource).where(Resource.id.in_(ids)))}


def label_of(session: Session, requirement: Requirement) -> str:
    """Return the words for a requirement: "Epileptologie, Uniklinik Wendstadt"."""
    if requirement.kind is RequirementKind.DUTY_LINE and requirement.duty_line_id:
        return session.get_one(DutyLine, requirement.duty_line_id).name
    if requirement.kind is RequirementKind.RESOURCE and requirement.resource_id:
        return session.get_one(Resource, requirement.resource_id).name
    if requirement.kind is RequirementKind.PERSONS:
        names = (session.get_one(Person, member.person_id).name for member in requirement.persons)
        return ", ".join(sorted(names))
    if requirement.kind is RequirementKind.RESOURCE:
        return _names(_load_rooms(session, [requirement]))
    sites = sorted(session.get_one(Site, one.site_id).short_name for one in requirement.sites)
    return ", ".join(part for part in (requirement.discipline, " / ".join(sites)) if part)


def _names(rooms: Iterable[Resource]) -> str:
    """Return what any room of some sites may be: a name is clear in every language."""
    names = sorted(room.name for room in rooms)
    return " / ".join(names if len(names) <= MAX_NAMED else [*names[:MAX_NAMED], "…"])
