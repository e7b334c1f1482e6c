"""Warnings of a month: what is warned of, on which day, and in which words."""

from __future__ import annotations

import time as stopwatch
from collections.abc import Callable
from datetime import date, time, timedelta
from uuid import UUID

import pytest

from confsched.domain.duty_codes import PlannedDuty
from confsched.domain.intervals import Span
from confsched.domain.roster_checks import check_roster
from confsched.domain.roster_rules import NO_FACTS, DutyRules, PersonFacts, RosterWarning, Rule
from confsched.i18n import translate
from tests.domain.held import (
    ANNA,
    BACKGROUND,
    BORIS,
    ICU,
    ON_CALL,
    REGULAR,
    STANDBY,
    STROKE,
    ZONE,
    day_shift,
    days_from,
    held,
    local,
    night,
    on_call,
)

RULES = DutyRules()
DECEMBER = date(2026, 12, 1)
TENTH, ELEVENTH = date(2026, 12, 10), date(2026, 12, 11)
MIDNIGHT = time(0)


def check(
    *duties: PlannedDuty, facts: PersonFacts | None = None, month: date = DECEMBER, rules: DutyRules = RULES
) -> list[RosterWarning]:
    return check_roster(duties, {ANNA: facts} if facts else NO_FACTS, month, ZONE, rules)


def findings(*duties: PlannedDuty, facts: PersonFacts | None = None) -> list[tuple[Rule, date]]:
    return [(warning.rule, warning.day) for warning in check(*duties, facts=facts)]


def test_an_ordinary_week_has_no_warning() -> None:
    duties = [day_shift(day) for day in days_from(date(2026, 12, 7), 5)]
    assert check(*duties, on_call(date(2026, 12, 8)), facts=PersonFacts(lines=frozenset({STROKE}))) == []


def test_no_rest_after_a_night_is_named_on_the_day_of_the_later_duty() -> None:
    [warning] = check(night(TENTH), day_shift(ELEVENTH))
    assert (warning.person_id, warning.day, warning.rule) == (ANNA, ELEVENTH, Rule.REST)
    assert warning.other_day == TENTH
    assert str(warning.message) == "Rest of 0 h instead of 11 h before the duty on 11.12."


def test_minutes_are_told_where_there_are_some() -> None:
    late = held(TENTH, time(14), time(23, 45), REGULAR)
    [warning] = check(late, day_shift(ELEVENTH))
    assert str(warning.message) == "Rest of 8 h 15 min instead of 11 h before the duty on 11.12."


def test_a_sentence_carries_its_lengths_as_sentences_that_can_be_translated() -> None:
    [warning] = check(night(TENTH), day_shift(ELEVENTH))
    assert translate(warning.message, "en") == str(warning.message)


def test_ten_hours_of_rest_ask_for_a_longer_one_and_are_silent_once_there_is_one() -> None:
    late, early = held(TENTH, time(14), time(22), REGULAR), day_shift(ELEVENTH)
    [warning] = check(late, early)
    assert (warning.rule, warning.day, warning.other_day) == (Rule.REST_TO_COMPENSATE, ELEVENTH, TENTH)
    assert "lengthen another one within 28 days to 12 h" in str(warning.message)
    assert check(late, early, day_shift(date(2026, 12, 14))) == []


def test_a_day_that_goes_on_as_standby_is_one_piece_of_work_of_24_hours() -> None:
    assert check(day_shift(TENTH), held(TENTH, time(16), time(8))) == []


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        pytest.param(date(2026, 3, 28), [], id="23 h in March"),
        pytest.param(date(2026, 5, 30), [], id="24 h"),
        pytest.param(
            date(2026, 10, 24), ["25 h of work in a row instead of at most 24 h."], id="25 h in October"
        ),
    ],
)
def test_a_duty_of_24_hours_by_the_clock_is_measured_by_what_elapses(day: date, expected: list[str]) -> None:
    """PEER_FAILURES 13: over October's change it lasts 25 h, and that is an hour above the cap."""
    duty = held(day, time(8), time(8))
    assert [str(warning.message) for warning in check(duty, month=day)] == expected


def test_back_to_back_duties_add_up_and_the_one_that_crosses_the_cap_is_named() -> None:
    duties = [held(TENTH, time(8), time(8)), day_shift(ELEVENTH)]
    rest, length = sorted(check(*duties), key=lambda warning: warning.rule)
    assert (rest.rule, rest.day) == (Rule.REST, ELEVENTH)
    assert (length.rule, length.day, length.other_day) == (Rule.TOO_LONG, ELEVENTH, TENTH)
    assert str(length.message) == "32 h of work in a row instead of at most 24 h."


def test_a_stretch_is_told_once_and_at_its_whole_length() -> None:
    duties = [held(TENTH, time(8), time(8)), day_shift(ELEVENTH), held(ELEVENTH, time(16), time(8))]
    [length] = [warning for warning in check(*duties) if warning.rule is Rule.TOO_LONG]
    assert (length.day, str(length.message)) == (ELEVENTH, "48 h of work in a row instead of at most 24 h.")


def test_of_two_findings_of_one_rule_on_one_day_the_earlier_is_told() -> None:
    [warning] = check(night(TENTH), day_shift(ELEVENTH, 8, 10), day_shift(ELEVENTH, 14, 16))
    assert str(warning.message) == "Rest of 0 h instead of 11 h before the duty on 11.12."


def test_on_call_and_background_need_no_rest_and_have_no_cap() -> None:
    duties = [held(TENTH, time(16), time(8), kind) for kind in (ON_CALL, BACKGROUND)]
    for duty in duties:
        assert check(day_shift(TENTH), duty, day_shift(ELEVENTH)) == []


def test_two_lines_at_once_are_a_double_duty() -> None:
    first, second = held(TENTH, time(8), time(20)), held(TENTH, time(19), time(23), ON_CALL, line=ICU)
    [warning] = check(first, second)
    assert (warning.rule, warning.day, warning.other_day) == (Rule.DOUBLE_DUTY, TENTH, None)


def test_a_double_duty_into_the_next_day_names_both_days() -> None:
    [warning] = check(on_call(TENTH), held(ELEVENTH, time(7), time(15), BACKGROUND, line=ICU))
    assert (warning.rule, warning.day, warning.other_day) == (Rule.DOUBLE_DUTY, ELEVENTH, TENTH)


def test_a_third_duty_under_the_longest_of_all_is_a_double_duty_too() -> None:
    long = held(TENTH, time(8), time(8), ON_CALL)
    short = held(TENTH, time(10), time(11), ON_CALL, line=ICU)
    assert findings(long, short, held(ELEVENTH, time(7), time(9), ON_CALL, line=ICU)) == [
        (Rule.DOUBLE_DUTY, TENTH),
        (Rule.DOUBLE_DUTY, ELEVENTH),
    ]


def test_a_line_held_during_a_day_at_work_is_no_double_duty() -> None:
    assert check(day_shift(TENTH), held(TENTH, time(8), time(8), BACKGROUND)) == []


def test_two_people_at_once_are_none_either() -> None:
    assert check(night(TENTH), night(TENTH, person=BORIS)) == []


def test_a_duty_on_saturday_falls_into_an_absence_from_friday_evening_to_monday_morning() -> None:
    """PEER_FAILURES 16."""
    absence = Span(local("2026-12-11 18:00"), local("2026-12-14 08:00"))
    facts = PersonFacts(absences=(absence,))
    assert findings(held(date(2026, 12, 12), time(8), time(16)), facts=facts) == [
        (Rule.ABSENT, date(2026, 12, 12))
    ]
    assert findings(held(date(2026, 12, 14), time(8), time(16)), facts=facts) == []


def test_a_night_that_reaches_into_an_absence_is_warned_of_on_its_own_day() -> None:
    """PEER_FAILURES 17: what lies after midnight is not lost."""
    absence = Span(local("2026-12-11 00:00"), local("2026-12-12 00:00"))
    assert findings(night(TENTH), facts=PersonFacts(absences=(absence,))) == [(Rule.ABSENT, TENTH)]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), TENTH])
def test_a_whole_day_off_takes_every_hour_of_its_day(day: date) -> None:
    """PEER_FAILURES 20: an absence of a whole day is never free time, however long the day lasts."""
    whole = held(day, MIDNIGHT, MIDNIGHT).span
    for hour in (0, 1, 12, 22):
        duty = held(day, time(hour), time(hour + 1), ON_CALL)
        assert [warning.rule for warning in check(duty, facts=PersonFacts(absences=(whole,)), month=day)] == [
            Rule.ABSENT
        ]


def test_a_fixed_day_off_is_that_of_the_day_on_which_the_duty_starts() -> None:
    facts = PersonFacts(days_off=frozenset({ELEVENTH}))
    assert findings(night(TENTH), facts=facts) == []
    assert findings(night(ELEVENTH), facts=facts) == [(Rule.DAY_OFF, ELEVENTH)]


def test_who_is_not_entered_for_a_line_is_named_and_without_any_entry_nobody_is() -> None:
    duty = held(TENTH, time(8), time(16), line=ICU)
    assert findings(duty, facts=PersonFacts(lines=frozenset({STROKE}))) == [(Rule.NOT_QUALIFIED, TENTH)]
    assert findings(duty, facts=PersonFacts(lines=frozenset())) == [(Rule.NOT_QUALIFIED, TENTH)]
    assert findings(duty, facts=PersonFacts(lines=None)) == []
    assert findings(day_shift(TENTH), facts=PersonFacts(lines=frozenset())) == []


def test_a_person_on_duty_whom_nobody_can_reach_is_named_once() -> None:
    """PEER_FAILURES 34: the person on duty has no working contact method."""
    facts = PersonFacts(has_contact=False)
    duties = [day_shift(date(2026, 12, 7)), on_call(TENTH), on_call(ELEVENTH)]
    assert findings(*duties, facts=facts) == [(Rule.NO_CONTACT, TENTH)]
    assert findings(duties[0], facts=facts) == []


def test_who_could_not_be_alerted_on_an_urgent_line_is_named_once() -> None:
    """PEER_FAILURES 34: on other lines nobody is asked for a contact point."""
    facts = PersonFacts(unalerted=frozenset({STROKE}))
    duties = [held(day, time(8), time(16), line=STROKE) for day in (TENTH, ELEVENTH)]
    assert findings(*duties, facts=facts) == [(Rule.NO_ALERT, TENTH)]
    assert findings(held(TENTH, time(8), time(16), line=ICU), facts=facts) == []


def test_only_the_month_is_told_of_and_the_days_around_it_count() -> None:
    """PEER_FAILURES 17: the night over the end of a month is not lost."""
    duties = [night(date(2026, 11, 30)), day_shift(DECEMBER)]
    assert [warning.day for warning in check(*duties)] == [DECEMBER]
    assert check(*duties, month=date(2026, 11, 1)) == []


def test_duties_of_the_neighbour_months_do_not_count_in_the_numbers_of_this_one() -> None:
    before = [night(day) for day in days_from(date(2026, 11, 17), 3, 4)]
    inside = [night(day) for day in days_from(date(2026, 12, 1), 4, 4)]
    assert check(*before, *inside) == []


def test_any_day_of_the_month_names_the_month() -> None:
    duties = [night(TENTH), day_shift(ELEVENTH)]
    assert check(*duties, month=date(2026, 12, 31)) == check(*duties)


def test_numbers_and_weekends_are_part_of_the_check() -> None:
    duties = [night(day) for day in days_from(date(2026, 12, 4), 4, 7)]
    assert findings(*duties, night(date(2026, 12, 15))) == [
        (Rule.FREE_WEEKENDS, date(2026, 12, 18)),
        (Rule.FREE_WEEKENDS, date(2026, 12, 25)),
        (Rule.STANDBY_LIMIT, date(2026, 12, 25)),
    ]


def test_an_organisation_has_rules_of_its_own() -> None:
    strict = DutyRules(rest_hours=12, compensated_rest_hours=12, cap_hours=11)
    found = check(night(TENTH), held(ELEVENTH, time(19), time(22), REGULAR), rules=strict)
    assert [warning.rule for warning in found] == [Rule.TOO_LONG, Rule.REST]


def test_a_warning_is_known_by_person_day_and_rule_so_that_a_reason_stays_with_it() -> None:
    [before] = check(night(TENTH), day_shift(ELEVENTH))
    [after] = check(night(TENTH), day_shift(ELEVENTH, 10))
    assert before == after
    assert len({before, after}) == 1
    assert before.key == (ANNA, ELEVENTH, Rule.REST)
    assert str(before.message) != str(after.message)


def test_each_finding_is_told_once_and_by_day_and_person() -> None:
    duties = [
        night(TENTH, person=BORIS),
        day_shift(ELEVENTH, person=BORIS),
        night(TENTH),
        day_shift(ELEVENTH, 8, 9),
        day_shift(ELEVENTH, 8, 16),
    ]
    found = check(*duties)
    assert found == check(*reversed(duties))
    assert [(warning.day, warning.person_id) for warning in found] == [(ELEVENTH, ANNA), (ELEVENTH, BORIS)]


def test_a_month_of_54_people_is_checked_in_a_blink(
    record_property: Callable[[str, object], None],
) -> None:
    people = [UUID(int=100 + number) for number in range(54)]
    absence = Span(local("2026-12-24 00:00"), local("2026-12-28 00:00"))
    facts = {person: PersonFacts(0.75, (absence,), lines=frozenset({STROKE})) for person in people}
    kinds = (REGULAR, STANDBY, ON_CALL, BACKGROUND)
    duties = [
        held(day, time(8), time(8 + (number + day.day) % 12), kinds[(number + day.day) % 4], person=person)
        for number, person in enumerate(people)
        for day in days_from(DECEMBER - timedelta(days=3), 37)
    ]
    begun = stopwatch.process_time()  # of this process alone: the machine may do other things as well
    found = check_roster(duties, facts, DECEMBER, ZONE, RULES)
    seconds = stopwatch.process_time() - begun
    record_property("figure", f"check of 54 people x 31 days: {seconds * 1000:.0f} ms, {len(found)} warnings")
    assert found
    assert seconds < 1
