"""Services that can be asked for, what each needs, and which site may ask."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Exists, exists, select
from sqlalchemy.orm import Session

from confsched.domain.kinds import RequirementKind
from confsched.domain.permissions import Actor, Permission
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.catalogue import Requirement, RequirementPerson, RequirementSite, Service
from confsched.models.network import CooperationAgreement, Resource, Site
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.services import access, audit, idempotency
from confsched.services.access import To
from confsched.services.findings import Unfit
from confsched.services.service_changes import COLUMNS, REQUIREMENT_COLUMNS, list_changes
from confsched.services.service_checks import MAX_SERVICE_MINUTES, find_problems

PURPOSE = "service"


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
    is_open: bool = True
    needs_triage: bool = False
    seats: int = 1
    cap_per_day: int | None = None
    cancel_notice_minutes: int = 0
    reminder_minutes: int = 1440
    preferred_hours: str = ""


@dataclass(frozen=True)
class NewRequirement:
    """Hold one need: `count` of a discipline at sites (none: any), a duty line, named people, or one room.

    `id` is that of the requirement on record which it changes, None for a new one.
    """

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
    id: uuid.UUID | None = None


class Stale(Conflict):
    """Say that somebody else saved first; pressed again, what was typed counts."""

    def __init__(self) -> None:
        super().__init__(
            msg("Somebody else has saved this service meanwhile. Look at what differs, then save again.")
        )


def get_service(session: Session, actor: Actor, service_id: uuid.UUID, *, to: To = "see") -> Service:
    """Return a service of a house whose services the actor edits, locked when it is to change."""
    service = access.get_row(session, actor, Service, service_id, to=to)
    if service.site.organisation_id not in actor.organisations_with(Permission.EDIT_SERVICES):
        raise NotFound
    return service


def list_sites(session: Session, actor: Actor) -> list[Site]:
    """Return the sites for which the actor edits services."""
    houses = actor.organisations_with(Permission.EDIT_SERVICES)
    return list(session.scalars(select(Site).where(Site.organisation_id.in_(houses)).order_by(Site.name)))


def save_service(
    session: Session,
    actor: Actor,
    place: Site | Service,
    new: NewService,
    requirements: Sequence[NewRequirement],
    *,
    seen_revision: int,
    now: datetime,
    key: str,
) -> Service:
    """Create a service of a site, or change one as a whole; the same key does it once.

    Raises Stale where the revision seen is no longer the one on record, Unfit with all that is wrong.
    Meetings that stand keep their length, their people and their seats.
    """
    known = idempotency.find_result(session, actor, PURPOSE, key)
    if known is not None:
        return get_service(session, actor, known)
    if isinstance(place, Service) and place.revision != seen_revision:
        raise Stale
    wanted = draft_service(place, new, requirements)
    problems = find_problems(session, wanted, now=now)
    if problems:
        raise Unfit(problems)
    saved = _change(session, actor, place, wanted, now) if isinstance(place, Service) else wanted
    if saved is wanted:
        session.add(wanted)
        audit.record(session, actor, "create", wanted, now=now)
    idempotency.remember(session, actor, PURPOSE, key, saved.id, now=now)
    return saved


def _change(session: Session, actor: Actor, service: Service, wanted: Service, now: datetime) -> Service:
    """Write what differs into the service; requirements that stay keep their rows."""
    changes = list_changes(service, wanted)
    if not changes:
        return service
    for name in COLUMNS:
        setattr(service, name, getattr(wanted, name))
    kept = {requirement.id: requirement for requirement in service.requirements}
    service.requirements = [merged(kept.get(one.id), one) for one in list(wanted.requirements)]
    service.revision += 1
    audit.record(session, actor, "change", service, now=now, detail=", ".join(changes))
    return service


def merged(kept: Requirement | None, wanted: Requirement) -> Requirement:
    """Return the requirement on record with what is wanted of it, or the wanted one where it is new."""
    if kept is None:
        return wanted
    for name in REQUIREMENT_COLUMNS:
        setattr(kept, name, getattr(wanted, name))
    sites = {one.site_id: one for one in kept.sites}
    people = {one.person_id: one for one in kept.persons}
    kept.sites = [sites.get(one.site_id) or RequirementSite(site_id=one.site_id) for one in wanted.sites]
    kept.persons = [
        people.get(one.person_id) or RequirementPerson(person_id=one.person_id) for one in wanted.persons
    ]
    return kept


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
    for need in requirements:
        _check_need(need)
    service = draft_service(site, new, requirements)
    session.add(service)
    audit.record(session, actor, "create", service, now=now)
    return service


def draft_service(place: Site | Service, new: NewService, requirements: Sequence[NewRequirement]) -> Service:
    """Return the service as it would be, on no record; a change of one bears its id."""
    saved = place if isinstance(place, Service) else None
    site = place.site if isinstance(place, Service) else place
    free_ids = {requirement.id for requirement in saved.requirements} if saved else set()
    rows = [requirement_of(need, position) for position, need in enumerate(requirements)]
    for row in rows:
        if row.id not in free_ids:
            row.id = uuid.uuid4()
        free_ids.discard(row.id)
    return Service(
        id=saved.id if saved else uuid.uuid4(),
        site_id=site.id,
        site=site,
        is_urgent=saved.is_urgent if saved else new.is_urgent,
        **{name: getattr(new, name) for name in COLUMNS},
        requirements=rows,
    )


def add_requirement(
    session: Session, actor: Actor | None, service: Service, need: NewRequirement, *, now: datetime
) -> Requirement:
    """Add one more need to a service, after the others."""
    _check_need(need)
    requirement = requirement_of(need, len(service.requirements))
    service.requirements.append(requirement)
    audit.record(session, actor, "create", requirement, now=now)
    return requirement


def requirement_of(need: NewRequirement, position: int) -> Requirement:
    """Return a need as the row that it would be, on no record."""
    return Requirement(
        id=need.id or uuid.uuid4(),
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
