"""Builds the sites of the demo network and everybody who works there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from confsched import clock
from confsched.demo.names import email_of, name_of
from confsched.demo.network import Network
from confsched.demo.places import (
    NAMED_PEOPLE,
    ROTATING_EMAIL,
    ROTATION_SITE,
    SITES,
    DepartmentPlan,
    NamedPerson,
    SitePlan,
)
from confsched.domain.permissions import Function
from confsched.models.people import Person
from confsched.services import network as network_service
from confsched.services import people as people_service
from confsched.services.people import NewPerson, WeeklyHours, office_hours

ZONE = "Europe/Berlin"
# People do not all work the same hours; the third pattern is part time, free on Friday.
HOURS = (
    office_hours(time(7, 30), time(16)),
    office_hours(time(8), time(16, 30)),
    office_hours(time(8, 30), time(17))[:4],
    office_hours(time(9), time(17)),
)
PART_TIME, FULL_TIME = 80, 100
DAYS_A_WEEK = 5
ROTATION = timedelta(days=90)


def add_sites(session: Session, network: Network, now: datetime) -> None:
    """Add organisations, sites, departments, rooms and devices."""
    organisations = {
        name: network_service.add_organisation(session, None, name, now=now)
        for name in dict.fromkeys(plan.organisation for plan in SITES)
    }
    for plan in SITES:
        site = network_service.add_site(
            session,
            None,
            organisations[plan.organisation],
            name=plan.name,
            short_name=plan.short_name,
            kind=plan.kind,
            state=plan.state,
            phone=plan.phone,
            now=now,
        )
        network.sites[plan.key] = site
        for department in plan.departments:
            network.departments[plan.key, department.name] = network_service.add_department(
                session, None, site, department.name, discipline=department.discipline, now=now
            )
        for name, kind in plan.rooms:
            network.rooms[name] = network_service.add_resource(session, None, site, name, kind=kind, now=now)


def add_staff(session: Session, network: Network, now: datetime) -> None:
    """Add everybody with functions and working hours; named people come first in their department."""
    planned = list(_planned())
    rows = people_service.add_people(session, None, [new for _, _, _, new in planned], now=now)
    since = clock.local_day(now, ZONE)
    for number, ((plan, department, functions, _), person) in enumerate(zip(planned, rows, strict=True)):
        network.people[person.email] = person
        network.staff.setdefault((plan.key, department), []).append(person)
        hours = HOURS[number % len(HOURS)]
        for function in functions:
            _seat(session, network, person, (plan.key, department), function, since, now, _percent(hours))
        _set_hours(session, network, person, plan.key, hours, since, now)
    rotating = network.people[ROTATING_EMAIL]
    # The seat that began last is where somebody works today: back in the university hospital.
    before = since - ROTATION
    _seat(session, network, rotating, (ROTATION_SITE, "Innere Medizin"), Function.REQUESTER, before, now)


def _percent(hours: list[WeeklyHours]) -> int:
    return FULL_TIME if len(hours) == DAYS_A_WEEK else PART_TIME


Planned = tuple[SitePlan, str, tuple[Function, ...], NewPerson]


def _planned() -> Iterator[Planned]:
    number = 0
    for plan in SITES:
        for department in plan.departments:
            for named in NAMED_PEOPLE:
                if (named.site, named.department) == (plan.key, department.name):
                    yield plan, department.name, (named.function,), _named(named, plan, department)
            for position in range(department.specialists + department.trainees):
                new = _unnamed(number, position, plan, department)
                yield plan, department.name, _functions(plan.function, new), new
                number += 1


def _named(named: NamedPerson, plan: SitePlan, department: DepartmentPlan) -> NewPerson:
    return NewPerson(
        given_name=named.given_name,
        family_name=named.family_name,
        email=email_of(named.given_name, named.family_name, plan.domain),
        title=named.title,
        phone=plan.phone,
        discipline=department.discipline if named.title else "",
        is_specialist=named.is_specialist,
    )


def _unnamed(number: int, position: int, plan: SitePlan, department: DepartmentPlan) -> NewPerson:
    given_name, family_name = name_of(number)
    is_specialist = position < department.specialists
    return NewPerson(
        given_name=given_name,
        family_name=family_name,
        email=email_of(given_name, family_name, plan.domain),
        title=_title(position, is_specialist),
        phone=plan.phone,
        discipline=department.discipline,
        is_specialist=is_specialist,
    )


def _title(position: int, is_specialist: bool) -> str:
    if position == 0:
        return "Prof. Dr."
    if position == 1:
        return "PD Dr."
    return "Dr." if is_specialist else ""


def _functions(function: Function, new: NewPerson) -> tuple[Function, ...]:
    """Let the specialists of small hospitals advise as well, and those of large ones ask."""
    if function is Function.COORDINATOR or not new.is_specialist:
        return (function,)
    return (Function.REQUESTER, Function.CONSULTANT)


def _seat(
    session: Session,
    network: Network,
    person: Person,
    place: tuple[str, str],
    function: Function,
    since: date,
    now: datetime,
    percent: int = FULL_TIME,
) -> None:
    site, department = network.sites[place[0]], network.departments[place]
    people_service.add_membership(
        *(session, None, person, function),
        site=site,
        department=department,
        employment_percent=percent,
        valid_from=since,
        now=now,
    )
    if percent < FULL_TIME:
        network.part_timers.add(person.email)
    network.add_seat(person, site, department, function)


def _set_hours(
    session: Session,
    network: Network,
    person: Person,
    site: str,
    hours: list[WeeklyHours],
    since: date,
    now: datetime,
) -> None:
    people_service.set_working_hours(
        session, None, person, hours, site=network.sites[site], valid_from=since, now=now
    )
