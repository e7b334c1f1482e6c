"""The master data of the network: organisations, sites, departments, rooms and devices."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfoNotFoundError

from sqlalchemy import exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from confsched import clock
from confsched.domain.kinds import ResourceKind, SiteKind
from confsched.domain.permissions import Actor
from confsched.errors import Refusal, msg
from confsched.models.network import Department, Organisation, Resource, Site
from confsched.services import audit

# ISO 3166-2:DE
_STATES = ("BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH")
FEDERAL_STATES = frozenset(f"DE-{code}" for code in _STATES)


def add_organisation(session: Session, actor: Actor | None, name: str, *, now: datetime) -> Organisation:
    """Add an organisation; refuses a name that is taken."""
    organisation = Organisation(name=_new_name(session, Organisation.name, name))
    session.add(organisation)
    audit.record(session, actor, "create", organisation, now=now)
    return organisation


def add_site(
    session: Session,
    actor: Actor | None,
    organisation: Organisation,
    *,
    name: str,
    short_name: str,
    kind: SiteKind,
    state: str,
    phone: str,
    zone: str = "Europe/Berlin",
    now: datetime,
) -> Site:
    """Add a place of an organisation with its time zone and federal state, whose holidays it keeps."""
    _check_place(zone, state)
    site = Site(
        organisation_id=organisation.id,
        organisation=organisation,
        name=_new_name(session, Site.name, name),
        short_name=short_name,
        kind=kind,
        zone=zone,
        state=state,
        phone=phone,
    )
    session.add(site)
    audit.record(session, actor, "create", site, now=now)
    return site


def _check_place(zone: str, state: str) -> None:
    if state not in FEDERAL_STATES:
        raise Refusal(msg("Choose a federal state by its code, such as DE-NI."), field="state")
    try:
        clock.zone_info(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Refusal(msg("Choose a time zone by its name, such as Europe/Berlin."), field="zone") from error


def add_department(
    session: Session, actor: Actor | None, site: Site, name: str, *, discipline: str, now: datetime
) -> Department:
    """Add a department of a site; refuses a name the site already has."""
    is_taken = select(exists().where(Department.site_id == site.id, Department.name == name))
    if session.scalar(is_taken):
        raise Refusal(msg("The site already has %(name)s. Choose another name.", name=name), field="name")
    department = Department(site_id=site.id, site=site, name=name, discipline=discipline)
    session.add(department)
    audit.record(session, actor, "create", department, now=now)
    return department


def add_resource(
    session: Session, actor: Actor | None, site: Site, name: str, *, kind: ResourceKind, now: datetime
) -> Resource:
    """Add a room or a device that can be taken like a person."""
    resource = Resource(site_id=site.id, site=site, kind=kind, name=name)
    session.add(resource)
    audit.record(session, actor, "create", resource, now=now)
    return resource


def _new_name(session: Session, column: InstrumentedAttribute[str], name: str) -> str:
    name = name.strip()
    if not name:
        raise Refusal(msg("Enter a name."), field="name")
    if session.scalar(select(exists().where(column == name))):
        raise Refusal(msg("%(name)s exists already. Choose another name.", name=name), field="name")
    return name
