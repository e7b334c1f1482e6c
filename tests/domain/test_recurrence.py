"""Rules of series: the same days as another engine finds, and a sentence for whatever is no such rule."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from confsched.domain.recurrence import (
    LAST_MONTH_DAY,
    MAX_OCCURRENCES,
    WEEKS_OF_MONTH,
    Rule,
    local_instants,
    occurrences,
)
from confsched.errors import Refusal
from tests.support.series import rules

BERLIN = "Europe/Berlin"
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "rrule_cases.json"
NEW_YEAR = date(2026, 1, 1)

DATES = {
    "every Thursday from a Tuesday on": (
        *("FREQ=WEEKLY;BYDAY=TH;WKST=MO", date(2026, 11, 24), date(2026, 12, 11)),
        ["2026-11-26", "2026-12-03", "2026-12-10"],
    ),
    "the first and the last day count": (
        *("FREQ=WEEKLY;BYDAY=TH;WKST=MO", date(2026, 11, 26), date(2026, 12, 3)),
        ["2026-11-26", "2026-12-03"],
    ),
    "every second week, counted from the first date": (
        *("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=MO", date(2026, 11, 25), date(2026, 12, 31)),
        ["2026-11-30", "2026-12-14", "2026-12-28"],
    ),
    "twice in every second week, from the middle of a week": (
        *("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;WKST=MO", date(2026, 11, 25), date(2026, 12, 11)),
        ["2026-11-26", "2026-12-08", "2026-12-10"],
    ),
    "Monday and Sunday are one week": (
        *("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=MO", date(2026, 11, 23), date(2026, 12, 13)),
        ["2026-11-23", "2026-11-29", "2026-12-07", "2026-12-13"],
    ),
    "the second and fourth Wednesday": (
        *("FREQ=MONTHLY;BYDAY=2WE,4WE", date(2026, 11, 12), date(2026, 12, 31)),
        ["2026-11-25", "2026-12-09", "2026-12-23"],
    ),
    "the last Friday": (
        *("FREQ=MONTHLY;BYDAY=-1FR", date(2026, 1, 1), date(2026, 3, 31)),
        ["2026-01-30", "2026-02-27", "2026-03-27"],
    ),
    "the fourth Friday where it is the last one as well": (
        *("FREQ=MONTHLY;BYDAY=4FR,-1FR", date(2026, 1, 1), date(2026, 2, 28)),
        ["2026-01-23", "2026-01-30", "2026-02-27"],
    ),
    "the 28th, in February too": (
        *("FREQ=MONTHLY;BYMONTHDAY=28", date(2026, 1, 29), date(2026, 4, 27)),
        ["2026-02-28", "2026-03-28"],
    ),
    "the last workday, before a weekend and over New Year": (
        *("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", date(2026, 10, 31), date(2027, 1, 31)),
        ["2026-11-30", "2026-12-31", "2027-01-29"],
    ),
}

UNREADABLE = {
    "nothing": "",
    "daily": "FREQ=DAILY",
    "every Thursday without its day": "FREQ=WEEKLY",
    "an end of its own": "FREQ=WEEKLY;BYDAY=TH;UNTIL=20271231T000000Z",
    "a count": "FREQ=WEEKLY;BYDAY=TH;COUNT=10000",
    "weeks from Sunday": "FREQ=WEEKLY;BYDAY=TH;WKST=SU",
    "a weekday nobody knows": "FREQ=WEEKLY;BYDAY=XX",
    "no weeks between": "FREQ=WEEKLY;INTERVAL=0;BYDAY=TH",
    "every hundredth week": "FREQ=WEEKLY;INTERVAL=100;BYDAY=TH",
    "the fifth Wednesday": "FREQ=MONTHLY;BYDAY=5WE",
    "the last Friday but one": "FREQ=MONTHLY;BYDAY=-2FR",
    "every Friday, monthly": "FREQ=MONTHLY;BYDAY=FR",
    "the 31st": "FREQ=MONTHLY;BYMONTHDAY=31",
    "the last day": "FREQ=MONTHLY;BYMONTHDAY=-1",
    "two days of the month": "FREQ=MONTHLY;BYMONTHDAY=1,15",
    "every second month": "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1",
    "the first workday": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
    "the last of some days": "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
    "yearly": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "a part twice": "FREQ=WEEKLY;BYDAY=TH;BYDAY=FR",
    "a part without value": "FREQ=WEEKLY;BYDAY=TH;",
    "a second line": "FREQ=WEEKLY;BYDAY=TH\nDTEND:20260101",
}

PERIODS = {
    "never: no Monday between Tuesday and Sunday": (
        *("FREQ=WEEKLY;BYDAY=MO;WKST=MO", date(2026, 11, 24), date(2026, 11, 29)),
        "has no date",
    ),
    "never: no last workday before the end": (
        *("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", date(2026, 11, 1), date(2026, 11, 29)),
        "has no date",
    ),
    "ten thousand dates": (
        *("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;WKST=MO", date(2026, 1, 1), date(2053, 5, 18)),
        "within 2 years",
    ),
    "every day of a year": (
        *("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;WKST=MO", date(2026, 1, 1), date(2026, 12, 31)),
        "at most 260 dates",
    ),
    "a day more than two years": (
        *("FREQ=MONTHLY;BYMONTHDAY=1", date(2026, 1, 1), date(2028, 1, 2)),
        "within 2 years",
    ),
    "an end before the start": (
        *("FREQ=MONTHLY;BYMONTHDAY=1", date(2026, 1, 2), date(2026, 1, 1)),
        "not be before",
    ),
}


def shown(days: list[date]) -> list[str]:
    return [day.isoformat() for day in days]


@pytest.mark.parametrize("name", DATES)
def test_the_dates_of(name: str) -> None:
    """PEER_FAILURES 18: "second Tuesday" means the same day wherever it is counted."""
    text, first_on, until_on, expected = DATES[name]
    assert shown(occurrences(Rule.from_text(text), first_on, until_on)) == expected


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_rule_is_refused_for(name: str) -> None:
    with pytest.raises(Refusal):
        Rule.from_text(UNREADABLE[name])


@pytest.mark.parametrize("name", PERIODS)
def test_a_period_is_refused_for(name: str) -> None:
    text, first_on, until_on, sentence = PERIODS[name]
    with pytest.raises(Refusal, match=sentence) as caught:
        occurrences(Rule.from_text(text), first_on, until_on)
    assert caught.value.field == "until_on"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (lambda: Rule.weekly([]), "weekdays"),
        (lambda: Rule.weekly([0], interval_weeks=0), "interval_weeks"),
        (lambda: Rule.nth_weekday([]), "nths"),
        (lambda: Rule.nth_weekday([(5, 0)]), "nths"),
        (lambda: Rule.on_month_day(29), "month_day"),
    ],
)
def test_a_form_names_the_field_that_makes_no_rule(wrong: Any, field: str) -> None:
    with pytest.raises(Refusal) as caught:
        wrong()
    assert caught.value.field == field


def test_exactly_as_many_dates_as_are_allowed_are_allowed() -> None:
    daily = Rule.weekly(range(7))
    last = NEW_YEAR + timedelta(days=MAX_OCCURRENCES - 1)
    assert len(occurrences(daily, NEW_YEAR, last)) == MAX_OCCURRENCES
    with pytest.raises(Refusal):
        occurrences(daily, NEW_YEAR, last + timedelta(days=1))


def test_a_series_may_begin_on_a_leap_day_and_end_two_years_later() -> None:
    monthly = Rule.on_month_day(LAST_MONTH_DAY)
    assert occurrences(monthly, date(2028, 2, 29), date(2030, 2, 28))[-1] == date(2030, 2, 28)
    with pytest.raises(Refusal):
        occurrences(monthly, date(2028, 2, 29), date(2030, 3, 1))


@given(rules())
def test_a_rule_reads_back_as_it_was_written(rule: Rule) -> None:
    assert Rule.from_text(rule.to_text()) == rule
    assert len(rule.to_text()) <= 200


@given(rules(), st.dates(date(2026, 1, 1), date(2032, 12, 31)), st.integers(40, 230))
def test_another_engine_finds_the_same_days_from_the_first_date_on(
    rule: Rule, first_on: date, days: int
) -> None:
    """PEER_FAILURES 18: the first date is DTSTART, and lies inside its own rule."""
    until_on = first_on + timedelta(days=days)
    try:
        found = occurrences(rule, first_on, until_on)
    except Refusal:
        assert rule.interval_weeks > 1 or days > 31
        return
    start, until = (datetime.combine(day, time()) for day in (found[0], until_on))
    other = rrulestr(rule.to_text(), dtstart=start).between(start, until, inc=True)
    assert found == [at.date() for at in other]
    assert first_on <= found[0]


def test_every_week_of_the_month_is_found_in_every_month_of_two_years() -> None:
    for week in WEEKS_OF_MONTH:
        for weekday in range(7):
            found = occurrences(Rule.nth_weekday([(week, weekday)]), NEW_YEAR, date(2027, 12, 31))
            assert len(found) == 24
            assert {day.weekday() for day in found} == {weekday}


def test_a_time_of_day_stays_on_the_wall_over_both_clock_changes() -> None:
    """PEER_FAILURES 19: 15:00 in summer is 15:00 in winter."""
    spring = [date(2026, 3, 26), date(2026, 4, 2)]
    autumn = [date(2026, 10, 22), date(2026, 10, 29)]
    assert [at.hour for at in local_instants(spring + autumn, time(15), BERLIN)] == [14, 13, 13, 14]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)], ids=["skipped", "doubled"])
def test_an_hour_that_a_clock_change_skips_or_doubles_is_refused(day: date) -> None:
    with pytest.raises(Refusal, match=day.isoformat()) as caught:
        local_instants([day - timedelta(days=7), day], time(2, 30), BERLIN)
    assert caught.value.field == "starts_at_local"
    assert local_instants([day], time(4), BERLIN)[0].tzinfo is UTC
    # A meeting from 01:00 would end at an hour on which programs disagree.
    assert local_instants([day], time(1), BERLIN, duration_minutes=30)
    with pytest.raises(Refusal):
        local_instants([day], time(1), BERLIN, duration_minutes=180)


# The collection stands beside the project and is no part of it; where it is absent there is nothing to ask.
@pytest.mark.parametrize("corpus", [CORPUS] if CORPUS.exists() else [])
def test_every_rule_of_a_public_collection_is_refused_or_gives_its_dates(corpus: Path) -> None:
    taken = 0
    for case in json.loads(corpus.read_text()):
        text = ";".join(p for p in case["rrule"].split(";") if not p.startswith(("UNTIL=", "COUNT=")))
        try:
            rule = Rule.from_text(text)
        except Refusal:
            continue
        expected = [date.fromisoformat(at.replace("-", "")[:8]) for at in case["expected"]]
        taken += 1
        assert occurrences(rule, expected[0], expected[-1]) == expected, case["rrule"]
    assert taken == 16
