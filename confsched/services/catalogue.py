"""Services that can be asked for, what each needs, and which site may ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Exists, exists, select
from sqlalchemy.orm import Session

from confsched.domain.kinds import RequirementKind
from confsched.domain.permissions import Actor
from confsched.errors import Refusal, msg
from confsched.models.catalogue import Requirement, RequirementPerson, RequirementSite, Service
from confsched.models.network import CooperationAgreement, Resource, Site
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.services import audit

MAX_SERVICE_MINUTES = 240


@dataclass(frozen=True)
class NewService:
    """Hold a service as a hub offers it; buffers keep the consultant free around the meeting."""

    name: str
    discipline: str
    duration_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    notice_minutes: int = 60
    horizon_days: int = 42
    is_urgent: bool = False
    join_base: str = ""


@dataclass(frozen=True)
class NewRequirement:
    """Hold one need: `count` of a discipline at sites (none: any), a duty line, named people, or one room."""

    kind: RequirementKind
    discipline: str | None = None
    sites: tuple[Site, ...] = ()
    line: DutyLine | None = None
    resource: Resource | None = None
    persons: tuple[Person, ...] = ()
    count: int = 1
    is_optional: bool = False
    specialists_only: bool = False
    may_double: bool = False
    is_on_site: bool = False


def add_service(
    session: Session,
    actor: Actor | None,
    site: Site,
    new: NewService,
    requirements: Sequence[NewRequirement],
    *,
    now: datetime,
) -> Service:
    """Add a service of a hub site with what it needs; refuses a length or a need that cannot be served."""
    if not 0 < new.duration_minutes <= MAX_SERVICE_MINUTES:
        raise Refusal(
            msg("Choose a length between 1 and %(minutes)s minutes.", minutes=MAX_SERVICE_MINUTES),
            field="duration_minutes",
        )
    service = Service(
        site_id=site.id,
        site=site,
        name=new.name,
        discipline=new.discipline,
        duration_minutes=new.duration_minutes,
        buffer_before_minutes=new.buffer_before_minutes,
        buffer_after_minutes=new.buffer_after_minutes,
        notice_minutes=new.notice_minutes,
        horizon_days=new.horizon_days,
        is_urgent=new.is_urgent,
        join_base=new.join_base,
        requirements=[_requirement(need, position) for position, need in enumerate(requirements)],
    )
    session.add(service)
    audit.record(session, actor, "create", service, now=now)
    return service


def add_requirement(
    session: Session, actor: Actor | None, service: Service, need: NewRequirement, *, now: datetime
) -> Requirement:
    """Add one more need to a service, after the others."""
    requirement = _requirement(need, len(service.requirements))
    service.requirements.append(requirement)
    audit.record(session, actor, "create", requirement, now=now)
    return requirement


def _requirement(need: NewRequirement, position: int) -> Requirement:
    _check_need(need)
    return Requirement(
        position=position,
        kind=need.kind,
        discipline=need.discipline,
        duty_line_id=need.line.id if need.line else None,
        resource_id=need.resource.id if need.resource else None,
        count=need.count,
        is_optional=need.is_optional,
        specialists_only=need.specialists_only,
        may_double=need.may_double,
        is_on_site=need.is_on_site,
        sites=[RequirementSite(site_id=site.id) for site in need.sites],
        persons=[RequirementPerson(person_id=person.id) for person in need.persons],
    )


def _check_need(need: NewRequirement) -> None:
    names = {
        RequirementKind.DISCIPLINE: bool(need.discipline),
        RequirementKind.DUTY_LINE: need.line is not None,
        RequirementKind.PERSONS: bool(need.persons),
        RequirementKind.RESOURCE: need.resource is not None,
    }
    if not names[need.kind]:
        raise Refusal(msg("Say who or what is needed."), field="requirements")
    if need.count < 1 or (need.kind is RequirementKind.PERSONS and need.count > len(need.persons)):
        raise Refusal(msg("Ask for at least one, and for no more than there are."), field="requirements")


def agree(
    session: Session,
    actor: Actor | None,
    service: Service,
    site: Site,
    *,
    valid_from: date,
    valid_until: date | None = None,
    now: datetime,
) -> CooperationAgreement:
    """Let a site ask a service from a day until a day (exclusive); refuses a second agreement for a day."""
    if valid_until is not None and valid_until <= valid_from:
        raise Refusal(msg("The end must be after the start. Choose a later day."), field="valid_until")
    if session.scalar(select(_has_agreement(service, site, valid_from, valid_until))):
        raise Refusal(msg("The site already has an agreement for these days."), field="valid_from")
    agreement = CooperationAgreement(
        service_id=service.id, site_id=site.id, valid_from=valid_from, valid_until=valid_until
    )
    session.add(agreement)
    audit.record(session, actor, "create", agreement, now=now)
    return agreement


def _has_agreement(service: Service, site: Site, valid_from: date, valid_until: date | None) -> Exists:
    former = CooperationAgreement
    clause = exists().where(
        former.service_id == service.id,
        former.site_id == site.id,
        former.valid_until.is_(None) | (former.valid_until > valid_from),
    )
    return clause if valid_until is None else clause.where(former.valid_from < valid_until)
