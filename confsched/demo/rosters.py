"""Builds services, agreements, duty lines and four months of duties, with a swap and two gaps in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from confsched import clock
from confsched.demo.network import Network
from confsched.demo.offers import LINES, SERVICES, LinePlan
from confsched.demo.places import SITES
from confsched.demo.staff import ZONE
from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind, RequirementKind
from confsched.domain.rosters import duty_span
from confsched.models.people import Person
from confsched.services import catalogue, rosters
from confsched.services.catalogue import NewRequirement

DAYS_BACK, DAYS_AHEAD = 30, 92
ONE_DAY = timedelta(days=1)
ABSENCE_DAYS = 5
ABSENCE_KINDS = tuple(AbsenceKind)
ORIGIN_PLAN, ORIGIN_SWAP = "plan", "swap"


def add_services(session: Session, network: Network, now: datetime) -> None:
    """Add every service with what it needs, and the agreements that open it to other sites."""
    since = clock.local_day(now, ZONE)
    for plan in SERVICES:
        site = network.sites[plan.site]
        need = NewRequirement(
            RequirementKind.DISCIPLINE,
            discipline=plan.new.discipline,
            sites=(site,),
            specialists_only=True,
        )
        service = catalogue.add_service(session, None, site, plan.new, [need], now=now)
        network.services[plan.key] = service
        for key in plan.asked_by:
            catalogue.agree(session, None, service, network.sites[key], valid_from=since, now=now)


def add_lines(session: Session, network: Network, now: datetime) -> None:
    """Add the duty lines in the order of the plan, which is the order on the board."""
    for position, plan in enumerate(LINES):
        line = rosters.add_line(
            session,
            None,
            network.departments[plan.site, plan.department],
            replace(plan.new, position=position),
            service=network.services[plan.service] if plan.service else None,
            now=now,
        )
        network.lines.append(line)


def publish_duties(session: Session, network: Network, today: date, now: datetime) -> None:
    """Publish the plan of four months, as it was known long before."""
    for plan, line in zip(LINES, network.lines, strict=True):
        duties = list(_duties(network, plan, today))
        rosters.record_duties(session, None, line, duties, now=now, origin=ORIGIN_PLAN)


def _duties(network: Network, plan: LinePlan, today: date) -> Iterator[tuple[Person, Span]]:
    pool = plan.people(network.staff[plan.site, plan.department])
    state = network.sites[plan.site].state
    turn = 0
    for day in _days(today):
        for shift in plan.shifts:
            if shift.workdays_only and _is_off(day, state):
                continue
            turn += 1
            if _is_gap(plan, day, shift.starts, today):
                continue
            number = plan.turns(day, shift.is_night) if plan.turns else turn // plan.days_a_turn
            yield pool[number % len(pool)], duty_span(day, shift.starts, shift.ends, ZONE)


def _days(today: date) -> Iterator[date]:
    # One day earlier, so that the first night is held as well.
    return (today + ONE_DAY * offset for offset in range(-DAYS_BACK - 1, DAYS_AHEAD + 1))


def _is_off(day: date, state: str) -> bool:
    return day.weekday() >= 5 or is_public_holiday(day, state)


def _is_gap(plan: LinePlan, day: date, starts: time, today: date) -> bool:
    if plan.gap_on is None or starts >= plan.gap_until:
        return False
    return day == today + ONE_DAY * plan.gap_on


def swap_duties(session: Session, network: Network, now: datetime, swapped_at: datetime) -> None:
    """Let somebody who is free take the first line's night of tomorrow, from 22:00 on."""
    day = swapped_on(now)
    plan, line = LINES[0], network.lines[0]
    span = duty_span(day, time(22), time(8), ZONE)
    taker = free_colleague(network, plan, day)
    rosters.record_duties(session, None, line, [(taker, span)], now=swapped_at, origin=ORIGIN_SWAP)


def last_working_day(today: date, state: str) -> date:
    """Return the last day before today on which consults are held."""
    day = today - ONE_DAY
    while _is_off(day, state):
        day -= ONE_DAY
    return day


def swapped_on(now: datetime) -> date:
    return clock.local_day(now, ZONE) + ONE_DAY


def free_colleague(network: Network, plan: LinePlan, day: date) -> Person:
    """Return the first of a pool who holds nothing on its line from the day before until the day after."""
    assert plan.turns, "only turns that know the day can be asked"
    people = plan.people(network.staff[plan.site, plan.department])
    days = (day - ONE_DAY, day, day + ONE_DAY)
    taken = {plan.turns(each, is_night) % len(people) for each in days for is_night in (False, True)}
    return next(person for number, person in enumerate(people) if number not in taken)


def add_absences(session: Session, network: Network, today: date, now: datetime) -> None:
    """Let the last of each department, who is on no duty line, be away for a week around now."""
    departments = [(site.key, department.name) for site in SITES for department in site.departments]
    for number, key in enumerate(departments):
        if len(network.staff[key]) < ABSENCE_DAYS:
            continue
        first, *_, last = absent_days(number, today)
        span = Span(clock.start_of_day(first, ZONE), clock.start_of_day(last + ONE_DAY, ZONE))
        kind = ABSENCE_KINDS[number % len(ABSENCE_KINDS)]
        rosters.record_absence(session, None, network.staff[key][-1], span, kind=kind, now=now)


def absent_days(number: int, today: date) -> list[date]:
    """Return when the last of a department is away, departments counted in the order of the plan."""
    first = today + ONE_DAY * (3 * number - 12)
    return [first + ONE_DAY * offset for offset in range(ABSENCE_DAYS)]
