"""Whom and what a requirement may name: lines, rooms, sites, people, found by the ids of a page."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.kinds import RequirementKind, ResourceKind
from confsched.models.catalogue import Requirement
from confsched.models.network import Department, Resource, Site
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.services import directory
from confsched.services.catalogue import NewRequirement

MAX_DISCIPLINE = 60


@dataclass(frozen=True)
class TypedNeed:
    """Hold one requirement as a page has it, with ids for whom and what it names."""

    kind: RequirementKind
    id: uuid.UUID | None = None
    discipline: str = ""
    site_ids: tuple[uuid.UUID, ...] = ()
    line_id: uuid.UUID | None = None
    resource_id: uuid.UUID | None = None
    person_ids: tuple[uuid.UUID, ...] = ()
    count: int = 1
    is_optional: bool = False
    specialists_only: bool = False
    may_double: bool = False
    is_on_site: bool = False


@dataclass(frozen=True)
class Choices:
    """Hold what there is to choose from."""

    disciplines: tuple[str, ...]
    sites: tuple[Site, ...]
    lines: tuple[DutyLine, ...]
    resources: tuple[Resource, ...]

    @property
    def sites_with_rooms(self) -> tuple[Site, ...]:
        """Return the sites of the house at which any room can be asked for."""
        with_rooms = {one.site_id for one in self.resources if one.kind is ResourceKind.ROOM}
        return tuple(site for site in self.sites if site.id in with_rooms)


def list_choices(session: Session, site: Site) -> Choices:
    """Return the disciplines, sites and duty lines of the network, and the rooms and devices of the house."""
    lines = (
        select(DutyLine)
        .join(Department, Department.id == DutyLine.department_id)
        .join(Site, Site.id == Department.site_id)
        .options(joinedload(DutyLine.department).joinedload(Department.site))
        .order_by(Site.short_name, DutyLine.group_name, DutyLine.position, DutyLine.name)
    )
    resources = (
        select(Resource)
        .join(Site, Site.id == Resource.site_id)
        .where(Site.organisation_id == site.organisation_id)
        .options(joinedload(Resource.site))
        .order_by(Site.short_name, Resource.name)
    )
    return Choices(
        disciplines=tuple(directory.list_disciplines(session)),
        sites=tuple(directory.list_sites(session)),
        lines=tuple(session.scalars(lines)),
        resources=tuple(session.scalars(resources)),
    )


def find_needs(session: Session, choices: Choices, typed: Iterable[TypedNeed]) -> list[NewRequirement]:
    """Return the requirements that were typed; what there is no choice of is left out of them."""
    return [_need(session, choices, one) for one in typed]


def _need(session: Session, choices: Choices, typed: TypedNeed) -> NewRequirement:
    is_discipline = typed.kind is RequirementKind.DISCIPLINE
    is_people = typed.kind is RequirementKind.PERSONS
    is_resource = typed.kind is RequirementKind.RESOURCE
    lines = choices.lines if typed.kind is RequirementKind.DUTY_LINE else ()
    rooms = choices.resources if is_resource else ()
    resource = next((one for one in rooms if one.id == typed.resource_id), None)
    # A room that is named stands where it stands; without one, any room of the sites will do.
    sites = choices.sites if is_discipline else choices.sites_with_rooms if is_resource else ()
    return NewRequirement(
        id=typed.id,
        kind=typed.kind,
        discipline=typed.discipline[:MAX_DISCIPLINE] if is_discipline else None,
        sites=tuple(site for site in sites if resource is None and site.id in typed.site_ids),
        line=next((one for one in lines if one.id == typed.line_id), None),
        resource=resource,
        persons=_people(session, typed.person_ids) if is_people else (),
        count=1 if is_resource else typed.count,
        is_optional=typed.is_optional,
        specialists_only=typed.specialists_only and is_discipline,
        may_double=typed.may_double and not is_resource,
        is_on_site=typed.is_on_site and not is_resource,
    )


def _people(session: Session, ids: tuple[uuid.UUID, ...]) -> tuple[Person, ...]:
    if not ids:
        return ()
    return tuple(session.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.id)))


def typed_of(requirement: Requirement) -> TypedNeed:
    """Return a requirement on record as a page has it."""
    return TypedNeed(
        id=requirement.id,
        kind=requirement.kind,
        discipline=requirement.discipline or "",
        site_ids=tuple(one.site_id for one in requirement.sites),
        line_id=requirement.duty_line_id,
        resource_id=requirement.resource_id,
        person_ids=tuple(one.person_id for one in requirement.persons),
        count=requirement.count,
        is_optional=requirement.is_optional,
        specialists_only=requirement.specialists_only,
        may_double=requirement.may_double,
        is_on_site=requirement.is_on_site,
    )
