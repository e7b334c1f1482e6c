"""Who could meet a requirement on record: a discipline, a duty line, named people, a room or a device."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select
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

MAX_PEOPLE = 600  # a pool larger than this is a mistake in the requirements, not a wish


def needs_of(
    session: Session, requirements: Sequence[Requirement], window: Span, zone: str
) -> tuple[Need, ...]:
    """Return a need per requirement, in their order, with everyone who could meet it in the window."""
    return tuple(
        Need(
            key=str(requirement.id),
            label=label_of(session, requirement),
            pool=_pool(session, requirement, window, zone),
            count=requirement.count,
            optional=requirement.is_optional,
            may_double=requirement.may_double,
        )
        for requirement in requirements
    )


def _pool(session: Session, requirement: Requirement, window: Span, zone: str) -> tuple[uuid.UUID, ...]:
    if requirement.kind is RequirementKind.PERSONS:
        return tuple(sorted(member.person_id for member in requirement.persons))
    if requirement.kind is RequirementKind.RESOURCE:
        return (requirement.resource_id,) if requirement.resource_id else _rooms_at(session, requirement)
    if requirement.kind is RequirementKind.DUTY_LINE:
        return _on_line(session, requirement, window)
    return _of_discipline(session, requirement, clock.local_day(window.starts_at, zone))


def _rooms_at(session: Session, requirement: Requirement) -> tuple[uuid.UUID, ...]:
    """Return every room of the sites named; a device is always asked for by name."""
    query = select(Resource.id).where(
        Resource.kind == ResourceKind.ROOM,
        Resource.site_id.in_([one.site_id for one in requirement.sites]),
    )
    return tuple(session.scalars(query.order_by(Resource.id).limit(MAX_PEOPLE)))


def _on_line(session: Session, requirement: Requirement, window: Span) -> tuple[uuid.UUID, ...]:
    query = (
        select(Duty.person_id)
        .where(
            Duty.line_id == requirement.duty_line_id,
            Duty.superseded_at.is_(None),
            Duty.starts_at < window.ends_at,
            Duty.ends_at > window.starts_at,
        )
        .distinct()
        .order_by(Duty.person_id)
        .limit(MAX_PEOPLE)
    )
    return tuple(session.scalars(query))


def _of_discipline(session: Session, requirement: Requirement, first_on: date) -> tuple[uuid.UUID, ...]:
    query = (
        select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.discipline == requirement.discipline,
            Membership.function == Function.CONSULTANT,
            Membership.valid_from <= first_on,
            or_(Membership.valid_until.is_(None), Membership.valid_until > first_on),
        )
        .distinct()
        .order_by(Person.id)
        .limit(MAX_PEOPLE)
    )
    if requirement.sites:
        query = query.where(Membership.site_id.in_([one.site_id for one in requirement.sites]))
    if requirement.specialists_only:
        query = query.where(Person.is_specialist.is_(True))
    return tuple(session.scalars(query))


def label_of(session: Session, requirement: Requirement) -> str:
    """Return the words for a requirement: "Epileptologie, Uniklinik Wendstadt"."""
    if requirement.kind is RequirementKind.DUTY_LINE and requirement.duty_line_id:
        return session.get_one(DutyLine, requirement.duty_line_id).name
    if requirement.kind is RequirementKind.RESOURCE and requirement.resource_id:
        return session.get_one(Resource, requirement.resource_id).name
    if requirement.kind is RequirementKind.PERSONS:
        names = (session.get_one(Person, member.person_id).name for member in requirement.persons)
        return ", ".join(sorted(names))
    sites = sorted(session.get_one(Site, one.site_id).short_name for one in requirement.sites)
    return ", ".join(part for part in (requirement.discipline, " / ".join(sites)) if part)
