"""Public holidays by federal state and site."""

from __future__ import annotations

from datetime import date

import pytest

from confsched.domain.holidays import is_pre_holiday, is_public_holiday, public_holidays

EPIPHANY = date(2026, 1, 6)
REFORMATION_DAY = date(2026, 10, 31)


@pytest.mark.parametrize(
    ("state", "day", "expected"),
    [
        pytest.param("DE-ST", EPIPHANY, True, id="6 January in Saxony-Anhalt"),
        pytest.param("DE-NI", EPIPHANY, False, id="6 January in Lower Saxony"),
        pytest.param("DE-ST", REFORMATION_DAY, True, id="31 October in Saxony-Anhalt"),
        pytest.param("DE-NI", REFORMATION_DAY, True, id="31 October in Lower Saxony"),
        pytest.param("DE-HE", REFORMATION_DAY, False, id="31 October in Hesse"),
        pytest.param("DE-HE", date(2017, 10, 31), True, id="31 October 2017 everywhere"),
        pytest.param("DE-BY", date(2026, 8, 15), True, id="Assumption in Bavaria"),
        pytest.param("DE-SL", date(2026, 8, 15), True, id="Assumption in the Saarland"),
        pytest.param("DE-NI", date(2026, 8, 15), False, id="Assumption in Lower Saxony"),
        pytest.param("DE-BE", date(2026, 3, 8), True, id="Women's Day in Berlin"),
        pytest.param("DE-TH", date(2026, 9, 20), True, id="Children's Day in Thuringia"),
        pytest.param("DE-NI", date(2027, 3, 26), True, id="a movable feast of another year"),
        pytest.param("DE-NI", date(2026, 12, 24), False, id="Christmas Eve is no public holiday"),
    ],
)
def test_a_day_is_a_holiday_by_the_law_of_the_state(state: str, day: date, expected: bool) -> None:
    assert is_public_holiday(day, state) is expected
    assert (day in public_holidays(state, day.year)) is expected


def test_a_site_adds_and_removes_days() -> None:
    overrides = {date(2026, 8, 15): None, date(2026, 8, 8): "Friedensfest", date(2027, 8, 8): "Friedensfest"}
    days = public_holidays("DE-BY", 2026, overrides)
    assert date(2026, 8, 15) not in days
    assert days[date(2026, 8, 8)] == "Friedensfest"
    assert date(2027, 8, 8) not in days
    assert list(days) == sorted(days)


def test_an_override_decides_a_single_day_both_ways() -> None:
    assert is_public_holiday(date(2026, 8, 8), "DE-BY", overrides={date(2026, 8, 8): "Friedensfest"})
    assert not is_public_holiday(EPIPHANY, "DE-ST", overrides={EPIPHANY: None})


def test_an_override_leaves_the_other_sites_alone() -> None:
    public_holidays("DE-ST", 2026, {EPIPHANY: None})
    assert is_public_holiday(EPIPHANY, "DE-ST")


def test_names_do_not_follow_the_language_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en_US")
    assert public_holidays("DE-ST", 2031)[date(2031, 1, 6)] == "Heilige Drei Könige"


def test_only_the_two_eves_are_pre_holidays() -> None:
    december = [date(2026, 12, day) for day in range(1, 32)]
    assert [day.day for day in december if is_pre_holiday(day)] == [24, 31]
    assert not is_pre_holiday(date(2026, 10, 31))


def test_a_state_that_does_not_exist_is_a_mistake_of_the_programmer() -> None:
    with pytest.raises(AssertionError):
        public_holidays("NI", 2026)
