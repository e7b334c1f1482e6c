"""Rules in the words of people, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from confsched.domain.intervals import Span
from confsched.domain.recurrence import Rule
from confsched.formats.series_words import MAX_NAMED, Rhythm, rule_words, series_words

BERLIN = "Europe/Berlin"
THURSDAY = datetime(2026, 11, 26, 14, tzinfo=UTC)
WEEK, HOUR = timedelta(weeks=1), timedelta(hours=1)
WORDS = {
    "FREQ=WEEKLY;BYDAY=TH": ("jeden Donnerstag", "every Thursday"),
    "FREQ=WEEKLY;BYDAY=TU,TH": ("jeden Dienstag und Donnerstag", "every Tuesday and Thursday"),
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO": ("alle 2 Wochen am Montag", "every 2 weeks on Monday"),
    "FREQ=MONTHLY;BYDAY=2WE,4WE": (
        "monatlich am zweiten Mittwoch und vierten Mittwoch",
        "monthly on the second Wednesday and fourth Wednesday",
    ),
    "FREQ=MONTHLY;BYDAY=-1FR": ("monatlich am letzten Freitag", "monthly on the last Friday"),
    "FREQ=MONTHLY;BYMONTHDAY=15": ("am 15. jedes Monats", "on day 15 of each month"),
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1": (
        "am letzten Werktag (Mo–Fr) jedes Monats",
        "on the last workday (Mon–Fri) of each month",
    ),
}
RHYTHM = Rhythm(
    rule=Rule.weekly([3]),
    first=Span(THURSDAY, THURSDAY + HOUR),
    until_at=THURSDAY + 52 * WEEK,
    zone=BERLIN,
    left_out=(datetime(2026, 12, 24, 14, tzinfo=UTC),),
    moved=(
        (THURSDAY + WEEK, Span(THURSDAY + WEEK + 25 * HOUR, THURSDAY + WEEK + 26 * HOUR)),
        (THURSDAY + 2 * WEEK, Span(THURSDAY + 2 * WEEK, THURSDAY + 2 * WEEK + HOUR)),
    ),
)


@pytest.mark.parametrize("text", WORDS)
def test_a_rule_reads_as(text: str) -> None:
    rule = Rule.from_text(text)
    assert (rule_words(rule, "de"), rule_words(rule, "en")) == WORDS[text]


def test_a_series_is_told_with_what_it_leaves_out_and_what_is_moved() -> None:
    """A date with another room only, like the third, is held when the rule says."""
    assert series_words(RHYTHM, "de", BERLIN) == (
        "jeden Donnerstag, 15:00–16:00, bis Do 25.11.2027; nicht am Do 24.12.2026;"
        " Fr 04.12.2026, 16:00–17:00 statt Do 03.12.2026"
    )
    assert series_words(RHYTHM, "en", BERLIN) == (
        "every Thursday, 15:00–16:00, until Thu 25 Nov 2027; not on Thu 24 Dec 2026;"
        " Fri 4 Dec 2026, 16:00–17:00 instead of Thu 3 Dec 2026"
    )


def test_a_reader_in_another_zone_is_told_whose_clock_counts() -> None:
    assert "15:00–16:00 (Europe/Berlin), until" in series_words(RHYTHM, "en", "Europe/Lisbon")


def test_many_gaps_are_counted_rather_than_listed() -> None:
    gaps = tuple(THURSDAY + number * WEEK for number in range(1, MAX_NAMED + 4))
    rhythm = Rhythm(RHYTHM.rule, RHYTHM.first, RHYTHM.until_at, BERLIN, left_out=gaps)
    words = series_words(rhythm, "en", BERLIN)
    assert words.endswith("and 3 more days")
    assert words.count("Thu ") == MAX_NAMED + 1
