"""A day as bands: cut to its hours, joined by look, said in words; foreign people are only busy."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from confsched.clock import to_local
from confsched.domain.availability import (
    Facts,
    ImportedCalendar,
    Source,
    State,
    Stretch,
    Why,
    availability,
)
from confsched.domain.intervals import Span
from confsched.domain.matching import Candidate, Need, Search, find_slots
from confsched.services.availability import Asked
from confsched.services.matching import Plan
from confsched.web.bands import (
    BUSY,
    FREE,
    LOOKS,
    UNKNOWN,
    Reader,
    band_spans,
    cover_cells,
    day_board,
    day_window,
    fits_by_day,
    knowledge,
)

ZONE = "Europe/Berlin"
DAY = date(2026, 11, 26)
WINDOW = Span(datetime(2026, 11, 26, 7, tzinfo=UTC), datetime(2026, 11, 26, 17, tzinfo=UTC))
NOW = datetime(2026, 11, 26, 5, tzinfo=UTC)
ANNA, BEN, CLEO = UUID(int=1), UUID(int=2), UUID(int=3)


def at(hour: int, minute: int = 0, day: int = 26) -> datetime:
    return datetime(2026, 11, day, hour - 1, minute, tzinfo=UTC)


def span(first: int, last: int) -> Span:
    return Span(at(first), at(last))


def candidate(person: UUID, name: str, facts: Facts, window: Span = WINDOW) -> Candidate:
    return Candidate(person, name, availability(facts, window, NOW))


def plan(needs: tuple[Need, ...], *candidates: Candidate, minutes: int = 60) -> Plan:
    search = Search(timedelta(minutes=minutes), WINDOW, ZONE)
    people = {one.id: one for one in candidates}
    return Plan(needs, people, search, Asked(people=frozenset(people)))


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), DAY])
def test_a_day_shows_eight_to_eighteen_by_the_clock_on_the_wall_also_when_the_clocks_change(
    day: date,
) -> None:
    window = day_window(day, ZONE)
    shown = [to_local(instant, ZONE) for instant in (window.starts_at, window.ends_at)]
    assert [(one.date(), one.hour, one.minute) for one in shown] == [(day, 8, 0), (day, 18, 0)]
    assert window.duration == timedelta(hours=10)


def test_a_duty_over_midnight_is_cut_to_the_hours_of_each_day() -> None:
    night = Span(at(17), at(9, day=27))
    stretch = Stretch(night, State.BUSY, Why.DUTY, Source.DUTIES)
    tomorrow = day_window(date(2026, 11, 27), ZONE)
    assert list(band_spans([stretch], WINDOW, True)) == [(span(17, 18), LOOKS[Why.DUTY])]
    assert list(band_spans([stretch], tomorrow, True)) == [
        (Span(at(8, day=27), at(9, day=27)), LOOKS[Why.DUTY])
    ]


def test_own_people_show_the_kind_of_their_time_and_others_only_that_they_are_busy() -> None:
    facts = Facts(working=(span(9, 16),), absences=(span(9, 10),), claims=(span(10, 11),))
    stretches = availability(facts, WINDOW, NOW).stretches
    own = list(band_spans(stretches, WINDOW, True))
    assert [look for _span, look in own] == [
        LOOKS[Why.NOT_WORKING],
        LOOKS[Why.ABSENCE],
        BUSY,
        FREE,
        LOOKS[Why.NOT_WORKING],
    ]
    assert list(band_spans(stretches, WINDOW, False)) == [
        (span(8, 11), BUSY),
        (span(11, 16), FREE),
        (span(16, 18), BUSY),
    ]


def test_every_band_says_its_hours_and_its_state_in_words() -> None:
    found = plan(
        (Need("a", "Anna", (ANNA,)),), candidate(ANNA, "Anna", Facts((WINDOW,), claims=(span(8, 10),)))
    )
    board = day_board(found, DAY, (), None, Reader(str, NOW, frozenset()))
    pieces = board.groups[0].people[0].spans
    assert [piece.said for piece in pieces] == ["busy 08:00–10:00. ", "free 10:00–18:00. "]
    assert [piece.text for piece in pieces] == ["busy", ""]
    assert [words for _instant, words in board.ticks] == [f"{hour:02d}" for hour in range(8, 18)]


CALENDAR = ImportedCalendar((), NOW - timedelta(minutes=9), WINDOW)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (Facts(), "no hours, no calendar"),
        (Facts((WINDOW,)), "working hours"),
        (Facts((), available_duties=(span(9, 12),)), "roster"),
        (Facts((WINDOW,), calendars=(CALENDAR,)), "calendar, 9 min ago"),
        (Facts((WINDOW,), calendars=(ImportedCalendar((), None, None),)), "calendar not read yet"),
        (
            Facts((WINDOW,), calendars=(ImportedCalendar((), NOW - timedelta(days=3), WINDOW),)),
            "calendar silent for 3 days",
        ),
        (
            Facts((WINDOW,), calendars=(ImportedCalendar((), NOW - timedelta(hours=30), WINDOW),)),
            "calendar silent for 30 h",
        ),
        (
            Facts((WINDOW,), calendars=(ImportedCalendar((), NOW - timedelta(hours=2), span(8, 12)),)),
            "calendar does not reach this day",
        ),
        (
            Facts((WINDOW,), calendars=(ImportedCalendar((), NOW - timedelta(hours=2), WINDOW),)),
            "calendar, 2 h ago",
        ),
    ],
)
def test_the_source_of_what_is_known_stands_there_with_its_age(facts: Facts, words: str) -> None:
    assert str(knowledge(availability(facts, WINDOW, NOW), WINDOW, NOW)) == words


def test_nothing_is_said_of_hours_that_the_search_does_not_reach() -> None:
    assert knowledge(availability(Facts(), Span(at(7, day=27), at(8, day=27)), NOW), WINDOW, NOW) is None


def test_an_unknown_person_is_hatched_and_named_and_counts_nowhere_as_free() -> None:
    """Line 31 of the failures of others: unknown is not free."""
    found = plan((Need("a", "Anna", (ANNA,)),), candidate(ANNA, "Anna", Facts()))
    board = day_board(found, DAY, (), None, Reader(str, NOW, frozenset({ANNA})))
    assert [one.name for one in board.unknown] == ["Anna"]
    assert board.groups[0].people[0].spans[0].state == UNKNOWN[0]
    assert {cell.count for cell in board.cells} == {0}


def test_the_count_says_for_how_many_requirements_a_start_would_do() -> None:
    found = plan(
        (Need("a", "Anna", (ANNA,)), Need("b", "Ben", (BEN,))),
        candidate(ANNA, "Anna", Facts((WINDOW,))),
        candidate(BEN, "Ben", Facts((WINDOW,), claims=(span(12, 14),))),
    )
    cells = [(cell.span, cell.count, cell.rank) for cell in cover_cells(found, DAY, WINDOW)]
    # An hour must fit before the claim, and before the end of the search.
    assert cells == [
        (Span(at(8), at(11, 15)), 2, 6),
        (Span(at(11, 15), at(14)), 1, 5),
        (Span(at(14), at(17, 15)), 2, 6),
    ]


def test_one_person_in_two_pools_never_counts_as_both() -> None:
    found = plan(
        (Need("a", "A", (ANNA,)), Need("b", "B", (ANNA,))), candidate(ANNA, "Anna", Facts((WINDOW,)))
    )
    assert {cell.count for cell in cover_cells(found, DAY, WINDOW)} == {1}


def test_a_day_outside_the_search_has_nothing_to_count() -> None:
    found = plan((Need("a", "A", (ANNA,)),), candidate(ANNA, "Anna", Facts((WINDOW,))))
    later = date(2026, 11, 30)
    assert list(cover_cells(found, later, day_window(later, ZONE))) == []


def test_days_count_the_times_that_fit_one_after_the_other() -> None:
    found = plan(
        (Need("a", "A", (ANNA,)),), candidate(ANNA, "Anna", Facts((span(9, 11), span(12, 13)))), minutes=45
    )
    assert fits_by_day(found) == {DAY: 3}


def test_lamps_tell_met_from_unknown_from_missing() -> None:
    needs = (Need("a", "A", (ANNA,)), Need("b", "B", (BEN,)), Need("c", "C", (CLEO,), optional=True))
    found = plan(
        needs,
        candidate(ANNA, "Anna", Facts((WINDOW,))),
        candidate(BEN, "Ben", Facts()),
        candidate(CLEO, "Cleo", Facts(())),
    )
    offer = find_slots(found.needs, found.candidates, found.search)[0]
    board = day_board(found, DAY, (offer,), offer, Reader(str, NOW, frozenset()))
    assert [group.lamp for group in board.groups] == [
        ("08:00 met", "ok"),
        ("08:00 unknown", "unknown"),
        ("08:00 missing", "no"),
    ]


def test_of_a_large_pool_only_who_would_come_and_a_few_more_are_shown() -> None:
    people = [UUID(int=number) for number in range(1, 21)]
    found = plan(
        (Need("a", "A", tuple(people)),),
        *(candidate(one, f"P{one.int:02d}", Facts((WINDOW,) if one.int == 20 else ())) for one in people),
    )
    offer = find_slots(found.needs, found.candidates, found.search)[0]
    board = day_board(found, DAY, (offer,), offer, Reader(str, NOW, frozenset()))
    assert [one.name for one in board.groups[0].people][:2] == ["P20", "P01"]
    assert board.hidden_count == 14
    everybody = day_board(found, DAY, (offer,), offer, Reader(str, NOW, frozenset(), sees_all=True))
    assert everybody.hidden_count == 0
