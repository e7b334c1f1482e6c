"""The weeks that follow from working hours: rhythms, public holidays by site, both clock-change nights."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest

from confsched import clock
from confsched.domain.kinds import SiteKind
from confsched.models.network import Site
from confsched.models.rosters import WorkingHoursRow
from confsched.services.working_patterns import PatternRow
from confsched.services.working_weeks import WEEKS, WorkedDay, list_weeks
from tests.world import ZONE, local


def _site(name: str, state: str) -> Site:
    return Site(short_name=name, name=name, zone=ZONE, state=state, kind=SiteKind.HOSPITAL, phone="")


NORTH, EAST = _site("Wendstadt", "DE-NI"), _site("Elmshagen", "DE-ST")


def _row(site: Site, weekday: int, starts: int, ends: int, **more: object) -> PatternRow:
    values = {"valid_from": date(2026, 1, 5), "valid_until": None, "every_weeks": 1, **more}
    hours = WorkingHoursRow(weekday=weekday, starts=time(starts), ends=time(ends), **values)
    return PatternRow(hours, site, True)


def _days(rows: list[PatternRow], first: date) -> dict[date, WorkedDay]:
    weeks = list_weeks(rows, ZONE, now=local(first, time(12)))
    assert len(weeks) == WEEKS
    return {day.on: day for week in weeks for day in week.days}


def _hours(day: WorkedDay) -> list[tuple[datetime, str]]:
    return [(span.starts_at, site) for span, site in day.worked]


def test_every_second_week_and_the_first_thursday_come_when_they_should() -> None:
    rows = [_row(NORTH, 1, 8, 12, every_weeks=2), _row(EAST, 3, 9, 13, ordinal=1)]

    days = _days(rows, date(2026, 11, 25))

    worked = [on for on, day in days.items() if day.worked]
    tuesdays = [on for on in worked if on.weekday() == 1]
    assert {(two - one).days for one, two in pairwise(tuesdays)} == {14}
    assert [on for on in worked if on.weekday() == 3] == [date(2026, 12, 3), date(2027, 1, 7)]


def test_a_holiday_of_one_site_is_named_and_not_worked_there() -> None:
    rows = [_row(NORTH, 2, 8, 12), _row(EAST, 2, 13, 16)]

    epiphany = _days(rows, date(2026, 12, 21))[date(2027, 1, 6)]

    assert epiphany.holidays == (("Heilige Drei Könige", "Elmshagen"),)
    assert _hours(epiphany) == [(local(epiphany.on, time(8)), "Wendstadt")]


@pytest.mark.parametrize(("sunday", "hours"), [(date(2026, 3, 29), 9), (date(2026, 10, 25), 11)])
def test_a_night_over_a_clock_change_belongs_to_its_evening(sunday: date, hours: int) -> None:
    saturday = sunday - timedelta(days=1)
    weeks = list_weeks([_row(NORTH, 5, 20, 6)], ZONE, now=local(saturday, time(9)))

    ((span, _site_name),) = next(day for day in weeks[0].days if day.on == saturday).worked
    assert span.duration == timedelta(hours=hours)
    assert weeks[0].minutes == hours * 60
    assert clock.local_day(span.starts_at, ZONE) == saturday
