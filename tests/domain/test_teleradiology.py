"""When a site may scan on the word of somebody elsewhere: by its own state, its nights and its holidays."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from confsched import clock
from confsched.domain.kinds import TeleradiologyKind, TeleradiologyPermit
from confsched.domain.teleradiology import (
    Check,
    OperatingSite,
    Readiness,
    find_warnings,
    is_permitted,
)

ZONE = "Europe/Berlin"
LOWER_SAXONY, SAXONY_ANHALT, HESSE = "DE-NI", "DE-ST", "DE-HE"
READY = Readiness(has_arrival=True, has_tested_link=True, names_physician=True)
NOTHING = Readiness(has_arrival=False, has_tested_link=False, names_physician=False)


def site(
    state: str = LOWER_SAXONY, permit: TeleradiologyPermit = TeleradiologyPermit.OUT_OF_HOURS
) -> OperatingSite:
    return OperatingSite(ZONE, state, permit, time(18), time(7))


def local(day: date, hour: int, minute: int = 0) -> datetime:
    return clock.to_instant(day, time(hour, minute), ZONE)


TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("state", "at", "permitted"),
    [
        (LOWER_SAXONY, local(TUESDAY, 14), False),
        (LOWER_SAXONY, local(TUESDAY, 17, 59), False),
        (LOWER_SAXONY, local(TUESDAY, 18), True),
        (LOWER_SAXONY, local(TUESDAY, 6, 59), True),
        (LOWER_SAXONY, local(TUESDAY, 7), False),
        (LOWER_SAXONY, local(date(2026, 11, 28), 14), True),
        # 6 January 2027, a Wednesday: a holiday of the hub in Saxony-Anhalt, a working day of the spoke.
        (LOWER_SAXONY, local(date(2027, 1, 6), 14), False),
        (SAXONY_ANHALT, local(date(2027, 1, 6), 14), True),
        # 31 October 2025, a Friday: one in both, and not in Hesse.
        (LOWER_SAXONY, local(date(2025, 10, 31), 14), True),
        (SAXONY_ANHALT, local(date(2025, 10, 31), 14), True),
        (HESSE, local(date(2025, 10, 31), 14), False),
        # The nights in which the clocks change lie in the night and on a Sunday.
        (HESSE, local(date(2026, 3, 29), 3), True),
        (HESSE, local(date(2026, 10, 25), 2, 30), True),
        (HESSE, local(date(2026, 3, 30), 7), False),
        (HESSE, local(date(2026, 10, 26), 6, 59), True),
    ],
)
def test_the_permit_follows_the_days_and_nights_of_the_operating_site(
    state: str, at: datetime, permitted: bool
) -> None:
    assert is_permitted(site(state), at) is permitted
    assert is_permitted(site(state, TeleradiologyPermit.ALWAYS), at)
    assert not is_permitted(site(state, TeleradiologyPermit.NONE), at)


def test_a_site_has_exceptions_of_its_own() -> None:
    assert is_permitted(site(), local(TUESDAY, 14), overrides={TUESDAY: "Stadtfest"})


def test_a_teleradiology_request_on_tuesday_at_14_without_a_permit_for_day_and_night_is_warned_of() -> None:
    warnings = find_warnings(site(), READY, TeleradiologyKind.TELERADIOLOGY, local(TUESDAY, 14))
    assert [warning.check for warning in warnings] == [Check.PERMIT]
    none = find_warnings(site(permit=TeleradiologyPermit.NONE), READY, None, local(TUESDAY, 3))
    assert ["no permit" in str(warning.sentence) for warning in none] == [True]


@pytest.mark.parametrize(
    ("kind", "checks"),
    [
        (None, list(Check)),
        (TeleradiologyKind.TELERADIOLOGY, list(Check)),
        (TeleradiologyKind.SECOND_OPINION, [Check.LINK_TEST]),
        (TeleradiologyKind.IMAGE_TRANSFER, [Check.LINK_TEST]),
    ],
)
def test_each_legal_kind_asks_for_what_it_needs(kind: TeleradiologyKind | None, checks: list[Check]) -> None:
    assert [warning.check for warning in find_warnings(site(), NOTHING, kind, local(TUESDAY, 14))] == checks
    assert find_warnings(site(), READY, kind, local(TUESDAY, 20)) == []
