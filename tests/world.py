"""The cast of the tests: a hub, a spoke, a stranger, one service; on a Monday morning in November."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.kinds import (
    DutyType,
    LineKind,
    RequirementKind,
    ResourceKind,
    SiteKind,
)
from confsched.domain.permissions import Actor, Function, Seat
from confsched.models.accounts import Account
from confsched.models.bookings import Booking
from confsched.models.catalogue import Requirement, RequirementSite, Service
from confsched.models.consults import Consult
from confsched.models.network import CooperationAgreement, Department, Organisation, Resource, Site
from confsched.models.people import Membership, Person
from confsched.models.rosters import DutyLine, WorkingHoursRow
from confsched.services import accounts, consult_times, consults
from confsched.services.passwords import TRIFLING_COST

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)  # Monday 2026-11-23 08:00 in Berlin
SINCE = date(2026, 1, 1)
ZONE = "Europe/Berlin"
PASSWORD = "eine lange Brücke im Nebel"
NEUROLOGY = "neurology"
WORKDAYS = range(5)

Row = TypeVar("Row")


@dataclass(frozen=True)
class World:
    """Hold the cast by name; all rows are loaded and may be read after their session has ended."""

    hub: Site
    spoke: Site
    stranger_site: Site
    neurology: Department
    neurologist: Person
    second_neurologist: Person
    secretary: Person
    coordinator: Person
    admin: Person
    auditor: Person
    requester: Person
    second_requester: Person
    stranger: Person
    service: Service
    agreement: CooperationAgreement
    room: Resource
    line: DutyLine
    actors: dict[uuid.UUID, Actor]

    def actor(self, person: Person) -> Actor:
        """Return the person as services take them."""
        return self.actors[person.id]

    @property
    def cast(self) -> tuple[Person, ...]:
        """Return everybody who can sign in."""
        return (
            *(self.neurologist, self.second_neurologist, self.secretary, self.coordinator, self.admin),
            *(self.auditor, self.requester, self.second_requester, self.stranger),
        )


def build_world(session: Session) -> World:
    """Write the network into the session's database and return it."""
    hub = add_site(session, "Uniklinik Wendstadt", "Wendstadt", state="DE-NI")
    spoke = add_site(session, "Krankenhaus Moorfeld", "Moorfeld", state="DE-NI")
    stranger_site = add_site(session, "Klinikum Steinach", "Steinach", state="DE-BY")
    neurology = _add(session, Department(site_id=hub.id, name="Neurologie", discipline=NEUROLOGY))
    service = add_service(session, hub)
    doctors = [
        add_person(
            session, hub, "Dr.", *name, Function.CONSULTANT, discipline=NEUROLOGY, department=neurology
        )
        for name in (("Jana", "Okafor"), ("Tom", "Brandt"))
    ]
    for doctor in doctors:
        add_working_hours(session, doctor, hub)
    return World(
        hub=hub,
        spoke=spoke,
        stranger_site=stranger_site,
        neurology=neurology,
        neurologist=doctors[0],
        second_neurologist=doctors[1],
        secretary=add_person(session, hub, "", "Petra", "Lindner", Function.SECRETARY),
        coordinator=add_person(session, hub, "", "Arne", "Vogt", Function.COORDINATOR),
        admin=add_person(session, hub, "", "Ines", "Kraft", Function.ORGANISATION_ADMIN),
        auditor=add_person(session, hub, "", "Udo", "Falk", Function.AUDITOR),
        requester=add_person(session, spoke, "Dr.", "Mia", "Sander", Function.REQUESTER),
        second_requester=add_person(session, spoke, "", "Ole", "Hansen", Function.REQUESTER),
        stranger=add_person(session, stranger_site, "Dr.", "Eva", "Roth", Function.REQUESTER),
        service=service,
        agreement=add_agreement(session, service, spoke),
        room=_add(session, Resource(site_id=hub.id, kind=ResourceKind.ROOM, name="Demoraum 2")),
        line=_add_line(session, neurology, service),
        actors={actor.person_id: actor for actor in _actors(session)},
    )


def add_site(session: Session, name: str, short_name: str, *, state: str) -> Site:
    """Add a hospital with one site of the same name."""
    organisation = _add(session, Organisation(name=name))
    site = Site(
        organisation_id=organisation.id,
        name=name,
        short_name=short_name,
        kind=SiteKind.HOSPITAL,
        zone=ZONE,
        state=state,
        phone="+49 5555 1000",
    )
    site.organisation = organisation
    return _add(session, site)


def add_person(
    session: Session,
    site: Site,
    title: str,
    given_name: str,
    family_name: str,
    function: Function,
    *,
    discipline: str = "",
    department: Department | None = None,
    language: str = "en",
) -> Person:
    """Add a person with one function since January and an account with PASSWORD."""
    person = Person(
        title=title,
        given_name=given_name,
        family_name=family_name,
        email=f"{given_name}.{family_name}@{site.short_name}.example".lower(),
        phone="+49 5555 1234",
        discipline=discipline,
        is_specialist=bool(discipline),
        language=language,
        zone=ZONE,
    )
    _add(session, person)
    add_membership(session, person, site, function, department=department)
    accounts.create_account(session, person, PASSWORD, now=NOW, cost=TRIFLING_COST)
    return person


def add_membership(
    session: Session,
    person: Person,
    site: Site,
    function: Function,
    *,
    department: Department | None = None,
    valid_from: date = SINCE,
    valid_until: date | None = None,
) -> Membership:
    """Give a person a function at a site."""
    membership = Membership(
        person_id=person.id,
        organisation_id=site.organisation_id,
        site_id=site.id,
        department_id=department.id if department else None,
        function=function,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    return _add(session, membership)


def add_service(session: Session, site: Site, *, name: str = "Neurologie-Konsil") -> Service:
    """Add a 30-minute consult that needs one neurologist of the site."""
    service = Service(site_id=site.id, name=name, discipline=NEUROLOGY, duration_minutes=30)
    service.site = site
    service.requirements = [
        Requirement(
            kind=RequirementKind.DISCIPLINE, discipline=NEUROLOGY, sites=[RequirementSite(site_id=site.id)]
        )
    ]
    return _add(session, service)


def add_agreement(session: Session, service: Service, site: Site) -> CooperationAgreement:
    """Let a site ask a service since January."""
    return _add(session, CooperationAgreement(service_id=service.id, site_id=site.id, valid_from=SINCE))


def add_working_hours(session: Session, person: Person, site: Site) -> None:
    """Let a person work Monday to Friday from 08:00 to 16:00."""
    for weekday in WORKDAYS:
        hours = WorkingHoursRow(
            person_id=person.id,
            site_id=site.id,
            weekday=weekday,
            starts=time(8),
            ends=time(16),
            valid_from=SINCE,
        )
        _add(session, hours)


def _add_line(session: Session, department: Department, service: Service) -> DutyLine:
    line = DutyLine(
        department_id=department.id,
        service_id=service.id,
        group_name="Neurologie",
        name="Neurologie Dienst",
        kind=LineKind.PRIMARY,
        duty_type=DutyType.ON_SITE_STANDBY,
        phone="+49 5555 2000",
        covered_from=time(16),
        covered_until=time(8),
    )
    return _add(session, line)


def _actors(session: Session) -> list[Actor]:
    rows = session.execute(
        select(Person, Account.id, Membership)
        .join(Account, Account.person_id == Person.id)
        .join(Membership, Membership.person_id == Person.id)
    )
    return [_actor(person, account_id, seat) for person, account_id, seat in rows]


def _actor(person: Person, account_id: uuid.UUID, seat: Membership) -> Actor:
    return Actor(
        person_id=person.id,
        account_id=account_id,
        name=person.name,
        language=person.language,
        zone=person.zone,
        seats=(Seat(seat.organisation_id, seat.site_id, seat.department_id, seat.function),),
    )


def _add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def question(world: World, **other: Any) -> consults.Question:
    """Return what the requester asks; name what is to be different."""
    values: dict[str, Any] = {
        "service_id": world.service.id,
        "case_ref": "FK-7Q2M",
        "question": "Is a thrombectomy sensible?",
        "reply_by_on": date(2026, 12, 4),
    }
    return consults.Question(**{**values, **other})


def ask(
    session: Session, world: World, key: str = "key-1", *, by: Person | None = None, **other: Any
) -> Consult:
    """Ask as the requester, or as `by`."""
    actor = world.actor(by or world.requester)
    return consults.request(session, actor, question(world, **other), now=NOW, key=key)


def book(
    session: Session,
    world: World,
    starts_at: datetime,
    key: str = "key-1",
    *,
    by: Person | None = None,
    **other: Any,
) -> Booking:
    """Ask, hold and book one time."""
    actor = world.actor(by or world.requester)
    consult = ask(session, world, key, by=by, **other)
    consult_times.hold(session, actor, consult, starts_at, now=NOW)
    return consult_times.book(session, actor, consult, now=NOW)


def local(day: date, at: time) -> datetime:
    """Return the instant of a local time of the world's zone."""
    return clock.to_instant(day, at, ZONE)


def add_crowd(session: Session, world: World, count: int) -> list[Person]:
    """Add so many requesters to the spoke."""
    spoke = session.get_one(Site, world.spoke.id)
    names = (f"Number{number}" for number in range(count))
    people = [add_person(session, spoke, "", "Client", name, Function.REQUESTER) for name in names]
    world.actors.update({actor.person_id: actor for actor in _actors(session)})
    return people


def leave_one_neurologist(session: Session, world: World) -> None:
    """End the second one's function, so that the first is the only one to be asked."""
    second = world.second_neurologist.id
    session.scalars(select(Membership).where(Membership.person_id == second)).one().valid_until = date(
        2026, 2, 1
    )
    session.flush()
