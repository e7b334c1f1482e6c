"""What a published duty counts as: by the hours of the legend, else by the type of its line."""

from __future__ import annotations

from datetime import date, time

import pytest

from confsched.domain.duty_codes import DutyCode, Legend
from confsched.domain.duty_counts import count_duties
from confsched.domain.intervals import Span
from confsched.domain.kinds import CountsAs, DayClass, DutyType
from tests.domain.held import ANNA, ICU, STROKE, ZONE, local

DAY, NIGHT = (time(8), time(20)), (time(20), time(8))
STANDBY = DutyType.ON_SITE_STANDBY
CODES = {
    "T": DutyCode("T", "Tag", STROKE, None, STANDBY, CountsAs.DAY, dict.fromkeys(DayClass, DAY)),
    "N": DutyCode("N", "Nacht", STROKE, None, STANDBY, CountsAs.NIGHT, dict.fromkeys(DayClass, NIGHT)),
}
LEGEND = Legend(CODES, ZONE, lambda _day: False)
TYPES = {STROKE: STANDBY, ICU: DutyType.BACKGROUND}


@pytest.mark.parametrize(
    ("starts", "ends", "code"),
    [
        ("2026-06-01 08:00", "2026-06-01 20:00", "T"),
        ("2026-06-01 20:00", "2026-06-02 08:00", "N"),
        pytest.param("2026-06-02 02:00", "2026-06-02 08:00", "N", id="the part of a night after midnight"),
        pytest.param("2026-06-01 18:00", "2026-06-02 08:00", "N", id="a night that began earlier"),
        pytest.param("2026-03-28 20:00", "2026-03-29 08:00", "N", id="the short night of March"),
        pytest.param("2026-10-24 20:00", "2026-10-25 08:00", "N", id="the long night of October"),
        pytest.param("2026-10-25 02:30", "2026-10-25 08:00", "N", id="a part from within the doubled hour"),
    ],
)
def test_the_code_whose_hours_it_shares_most_decides(starts: str, ends: str, code: str) -> None:
    """Covers PEER_FAILURES 13 and 17."""
    [duty] = count_duties([(STROKE, ANNA, Span(local(starts), local(ends)))], LEGEND, TYPES)

    assert (duty.code, duty.counts_as) == (code, CODES[code].counts_as)
    assert duty.day == date.fromisoformat(starts[:10])


def test_a_line_without_codes_goes_by_its_type() -> None:
    span = Span(local("2026-06-01 08:00"), local("2026-06-02 08:00"))

    [duty] = count_duties([(ICU, ANNA, span)], LEGEND, TYPES)

    assert (duty.code, duty.duty_type, duty.counts_as) == ("", DutyType.BACKGROUND, CountsAs.BACKGROUND)
