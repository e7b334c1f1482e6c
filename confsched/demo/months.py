"""Builds two published months of the neurologists, and the changes that the secretary has in hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from confsched import clock
from confsched.demo.legends import DAY_OFF, DAY_WORK, LEAVE, TRAINING
from confsched.demo.meetings import PETRA
from confsched.demo.network import Network
from confsched.demo.offers import LINES, NEUROLOGY, LinePlan
from confsched.demo.rosters import absent_days, free_colleague, swapped_on
from confsched.demo.staff import ZONE
from confsched.demo.turns import daily
from confsched.domain.duty_codes import join_codes
from confsched.domain.holidays import is_public_holiday
from confsched.domain.roster_month import Cell, days_of, month_of, next_month
from confsched.models.people import Person
from confsched.services import duty_rosters
from confsched.services.roster_cells import open_roster

PLACE = ("wendstadt", NEUROLOGY)
ONE_DAY = timedelta(days=1)
FRIDAY, SATURDAY, SUNDAY, WEDNESDAY = 4, 5, 6, 2
CORRECTED = timedelta(days=9)
OUTSIDE, SECOND_OF_PARALLEL = 18, 12  # numbers of the staff: on no line, and second of the parallel line

Cells = dict[Cell, str]


def publish_months(session: Session, network: Network, now: datetime, planned_at: datetime) -> None:
    """Publish the present month and the next, and correct the next one once."""
    month = month_of(clock.local_day(now, ZONE))
    free = _free_days(network, now)
    for each in (month, next_month(month)):
        cells = {
            **dict(_plan(network, each)),
            **{cell: text for cell, text in free.items() if _is_in(cell, each)},
        }
        _publish(session, network, each, cells, planned_at, edition=0)
    second = network.staff[PLACE][SECOND_OF_PARALLEL]
    training = {(second.id, day): TRAINING for day in _days_without_line(network, next_month(month))[:2]}
    _publish(session, network, next_month(month), training, now - CORRECTED, edition=1)


def _free_days(network: Network, now: datetime) -> Cells:
    """Keep work away from who will take over a night, and from who will be away without a line to leave."""
    night = swapped_on(now)
    taker = free_colleague(network, LINES[0], night)
    away = absent_days(0, clock.local_day(now, ZONE))
    return {
        **{(taker.id, day): DAY_OFF for day in (night, night + ONE_DAY)},
        **{(network.staff[PLACE][OUTSIDE].id, day): "" for day in away},
    }


def _is_in(cell: Cell, month: date) -> bool:
    return month_of(cell[1]) == month


def _publish(
    session: Session, network: Network, month: date, cells: Cells, now: datetime, *, edition: int
) -> None:
    petra = network.actor(PETRA)
    roster = open_roster(session, network.departments[PLACE], month, now=now)
    duty_rosters.fill_cells(session, petra, roster, cells, now=now, only_empty=False)
    duty_rosters.publish(session, petra, roster, seen_edition=edition, now=now)


def _plan(network: Network, month: date) -> Iterator[tuple[Cell, str]]:
    """Yield the cells of a month: the duties as their turns come, and day work for who rests from none."""
    codes: dict[Cell, list[str]] = {}
    nights: set[Cell] = set()
    for plan in LINES:
        if (plan.site, plan.department) == PLACE:
            for person, day, code, is_night in _duties(network, plan, month):
                codes.setdefault((person.id, day), []).append(code)
                if is_night:
                    nights |= {(person.id, day), (person.id, day + ONE_DAY)}
    for person in network.staff[PLACE]:
        for day in _own_workdays(network, person, month):
            on_call_only = set(codes.get((person.id, day), ())) <= {"H"}
            if on_call_only and (person.id, day) not in nights:
                codes.setdefault((person.id, day), []).insert(0, DAY_WORK)
    yield from ((cell, join_codes(texts)) for cell, texts in codes.items() if _is_in(cell, month))


def _duties(network: Network, plan: LinePlan, month: date) -> Iterator[tuple[Person, date, str, bool]]:
    people = plan.people(network.staff[PLACE])
    workdays = set(_workdays(network, month))
    assert plan.turns, "the months of this department are planned by the day"
    for day in (month - ONE_DAY, *days_of(month)):
        for shift in plan.shifts:
            if not shift.workdays_only or day in workdays:
                number = plan.turns(day, shift.is_night) % len(people)
                yield people[number], day, shift.code, shift.is_night


def _workdays(network: Network, month: date) -> list[date]:
    state = network.sites[PLACE[0]].state
    return [day for day in days_of(month) if day.weekday() < SATURDAY and not is_public_holiday(day, state)]


def _days_without_line(network: Network, month: date) -> list[date]:
    """Return the workdays on which the second of the parallel line is not on it."""
    return [day for day in _workdays(network, month) if daily(day, False) % 2 == 0]


def _own_workdays(network: Network, person: Person, month: date) -> list[date]:
    """Leave Fridays to those who work full time."""
    is_full_time = person.email not in network.part_timers
    return [day for day in _workdays(network, month) if is_full_time or day.weekday() != FRIDAY]


def draft_changes(session: Session, network: Network, now: datetime) -> None:
    """Change seven cells of the next month: one night that ends in a morning at work, one left to nobody."""
    month = next_month(month_of(clock.local_day(now, ZONE)))
    first_line, staff = LINES[0], network.staff[PLACE]
    wednesday, sunday = _second(month, WEDNESDAY), _second(month, SUNDAY)
    away = _workdays(network, month)[-4:-1]
    cells: Cells = {
        (_on_night(network, wednesday).id, wednesday): DAY_WORK,
        (free_colleague(network, first_line, wednesday).id, wednesday): "N",
        (_on_night(network, sunday).id, sunday): "",
        **{(staff[OUTSIDE].id, day): LEAVE for day in away},
        (staff[SECOND_OF_PARALLEL].id, _days_without_line(network, month)[5]): TRAINING,
    }
    roster = open_roster(session, network.departments[PLACE], month, now=now)
    duty_rosters.fill_cells(session, network.actor(PETRA), roster, cells, now=now, only_empty=False)


def _second(month: date, weekday: int) -> date:
    """Return the second such weekday of the month."""
    return [day for day in days_of(month) if day.weekday() == weekday][1]


def _on_night(network: Network, day: date) -> Person:
    people = LINES[0].people(network.staff[PLACE])
    assert LINES[0].turns, "the first line is planned by the day"
    return people[LINES[0].turns(day, True) % len(people)]
