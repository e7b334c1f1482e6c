"""The quorum as a table with named rows, and by property: nobody counts twice, unknown is never sure."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.availability import Why
from confsched.domain.kinds import Partstat
from confsched.domain.quorum import (
    Attendee,
    Chance,
    Forecast,
    Occasion,
    Required,
    Unfit,
    find_due,
    forecast,
    occasions,
)

HUB, SPOKE = uuid.UUID(int=91), uuid.UUID(int=92)
START = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)


def person(number: int, discipline: str = "radiology", **values: object) -> Attendee:
    known = Attendee(uuid.UUID(int=number), f"Person {number}", Partstat.ACCEPTED, discipline)
    known = replace(known, is_specialist=True, site_ids=frozenset({HUB}))
    return replace(known, **values)  # type: ignore[arg-type]


RADIOLOGY = Required("r", "Radiology", discipline="radiology")
SURGERY = Required("s", "Surgery", discipline="surgery")
ONE = person(1)
SURGEON = person(2, "surgery")


@dataclass(frozen=True)
class Row:
    """Say what is wanted, who takes part, and what comes of it, requirement by requirement."""

    name: str
    wanted: Sequence[Required]
    people: Sequence[Attendee]
    chances: Sequence[Chance]
    has_quorum: bool


SURE, MAYBE, MISSING = Chance.SURE, Chance.MAYBE, Chance.MISSING
ABSENT = replace(ONE, against=Why.ABSENCE)
JUNIOR = replace(ONE, is_specialist=False)
LEVEL = replace(RADIOLOGY, specialists_only=True)
DECLINED = replace(ONE, reply=Partstat.DECLINED)
NO_REPLY = replace(ONE, reply=Partstat.NEEDS_ACTION)
TENTATIVE = replace(ONE, reply=Partstat.TENTATIVE)
BOTH = Required("b", "Chair", pool=frozenset({ONE.id}), may_double=True)
NAMED = Required("n", "Person 1", pool=frozenset({ONE.id}))
SECOND = person(3)
TABLE = [
    Row("accepted", [RADIOLOGY], [ONE], [SURE], True),
    Row("declined", [RADIOLOGY], [DECLINED], [MISSING], False),
    Row(
        "quorum lost by a decline, one of two left",
        [replace(RADIOLOGY, count=2)],
        [DECLINED, SECOND],
        [MISSING],
        False,
    ),
    Row("declined, and a substitute has accepted", [RADIOLOGY], [DECLINED, SECOND], [SURE], True),
    Row("tentative", [RADIOLOGY], [TENTATIVE], [MAYBE], False),
    Row("no reply", [RADIOLOGY], [NO_REPLY], [MAYBE], False),
    Row(
        "no reply, and not at work then",
        [RADIOLOGY],
        [replace(NO_REPLY, against=Why.NOT_WORKING)],
        [MISSING],
        False,
    ),
    Row(
        "no reply, and busy in a calendar",
        [RADIOLOGY],
        [replace(NO_REPLY, against=Why.CALENDAR)],
        [MAYBE],
        False,
    ),
    Row("absent though accepted", [RADIOLOGY], [ABSENT], [MISSING], False),
    Row("accepted, and on duty then", [RADIOLOGY], [replace(ONE, against=Why.DUTY)], [MAYBE], False),
    Row(
        "accepted, and taken by another meeting",
        [RADIOLOGY],
        [replace(ONE, against=Why.CLAIM)],
        [MAYBE],
        False,
    ),
    Row("accepted outside office hours", [RADIOLOGY], [replace(ONE, against=Why.NOT_WORKING)], [SURE], True),
    Row("tentative, and on duty then", [RADIOLOGY], [replace(TENTATIVE, against=Why.DUTY)], [MISSING], False),
    Row("not a specialist where one is wanted", [LEVEL], [JUNIOR], [MISSING], False),
    Row("not a specialist where anybody will do", [RADIOLOGY], [JUNIOR], [SURE], True),
    Row("of another site", [replace(RADIOLOGY, site_ids=frozenset({SPOKE}))], [ONE], [MISSING], False),
    Row("one person for two disciplines", [RADIOLOGY, NAMED], [ONE], [SURE, MISSING], False),
    Row("serves two disciplines with may_double", [RADIOLOGY, BOTH], [ONE], [SURE, SURE], True),
    Row(
        "substitute arrived without an invitation",
        [RADIOLOGY],
        [DECLINED, replace(SECOND, reply=Partstat.NEEDS_ACTION, is_there=True)],
        [SURE],
        True,
    ),
    Row("accepted, and left", [RADIOLOGY], [replace(ONE, is_there=False)], [MISSING], False),
    Row("there, although declined", [RADIOLOGY], [replace(DECLINED, is_there=True)], [SURE], True),
    Row(
        "sends somebody else, who accepts",
        [NAMED],
        [replace(ONE, reply=Partstat.DELEGATED), person(7, "", stands_for=frozenset({ONE.id}))],
        [SURE],
        True,
    ),
    Row(
        "sends somebody else, who is silent",
        [NAMED],
        [
            replace(ONE, reply=Partstat.DELEGATED),
            person(7, "", reply=Partstat.NEEDS_ACTION, stands_for=frozenset({ONE.id})),
        ],
        [MAYBE],
        False,
    ),
    Row(
        "only an optional one is missing",
        [RADIOLOGY, replace(SURGERY, is_optional=True)],
        [ONE],
        [SURE, MISSING],
        True,
    ),
    Row(
        "an optional seat takes nobody from a required one",
        [replace(NAMED, is_optional=True), RADIOLOGY],
        [ONE],
        [MISSING, SURE],
        True,
    ),
    Row(
        "the one who fits both leaves the seat that another can take",
        [RADIOLOGY, NAMED],
        [ONE, SECOND],
        [SURE, SURE],
        True,
    ),
    Row("nothing is required", [], [], [], True),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_a_quorum_is_decided_by_its_table(row: Row) -> None:
    found = forecast(row.wanted, row.people)
    assert [line.chance for line in found.lines] == list(row.chances)
    assert found.has_quorum is row.has_quorum


def test_who_does_not_count_is_named_with_the_reason() -> None:
    (line,) = forecast([LEVEL], [JUNIOR]).lines
    assert line.unfit == ((JUNIOR, Unfit.NO_SPECIALIST),)
    (line,) = forecast([RADIOLOGY], [DECLINED]).lines
    assert (line.out, line.as_row()) == (
        (DECLINED,),
        {"label": "Radiology", "wanted": 1, "sure": 0, "maybe": 0},
    )


people = st.lists(
    st.builds(
        Attendee,
        st.integers(1, 6).map(lambda number: uuid.UUID(int=number)),
        st.sampled_from("ABCDEF"),
        st.sampled_from(Partstat),
        st.sampled_from(["radiology", "surgery"]),
        st.booleans(),
        st.just(frozenset({HUB})),
        st.sampled_from([None, *Why]),
    ),
    max_size=4,
    unique_by=lambda one: one.id,
)
wanted = st.lists(
    st.builds(
        lambda number, discipline, count, level: Required(
            str(number), discipline, count, discipline=discipline, specialists_only=level
        ),
        st.integers(),
        st.sampled_from(["radiology", "surgery"]),
        st.integers(1, 2),
        st.booleans(),
    ),
    max_size=3,
)


def sure_seats(found: Forecast) -> int:
    return sum(len(line.sure) for line in found.lines)


def most_sure(required: Sequence[Required], there: Sequence[Attendee]) -> int:
    """Return by trying everything how many seats sure people can fill, each one."""
    seats = [one for one in required for _ in range(one.count)]
    coming = [one for one in there if one.chance is SURE]
    best = 0
    for choice in product([None, *range(len(seats))], repeat=len(coming)):
        taken = [(seats[seat], who) for who, seat in zip(coming, choice, strict=True) if seat is not None]
        is_once = len({seat for seat in choice if seat is not None}) == len(taken)
        fit = all(
            who.discipline == seat.discipline and (who.is_specialist or not seat.specialists_only)
            for seat, who in taken
        )
        best = max(best, len(taken) if is_once and fit else 0)
    return best


@given(wanted, people)
def test_nobody_sits_twice_and_as_many_sure_seats_are_filled_as_can_be(
    required: list[Required], there: list[Attendee]
) -> None:
    found = forecast(required, there)
    seated = [one.id for line in found.lines for one in (*line.sure, *line.maybe)]
    assert len(seated) == len(set(seated))
    assert sure_seats(found) == most_sure(required, there)
    assert all(one.reply is Partstat.ACCEPTED for line in found.lines for one in line.sure)


@given(wanted, people)
def test_a_decline_never_gives_a_quorum(required: list[Required], there: list[Attendee]) -> None:
    before = forecast(required, there)
    if there:
        without = [replace(there[0], reply=Partstat.DECLINED), *there[1:]]
        assert not (forecast(required, without).has_quorum and not before.has_quorum)


# ---- when it is looked at ----


def test_what_falls_on_one_instant_is_one_look() -> None:
    day = timedelta(days=1)
    assert occasions(START, 1440) == [(START - day, Occasion.CUT_OFF), (START, Occasion.START)]
    assert occasions(START, 0) == [(START - day, Occasion.DAY_BEFORE), (START, Occasion.START)]
    assert [name for _, name in occasions(START, 2880)] == ["cut_off", "day_before", "start"]


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("hours_before", "last_before", "due"),
    [
        (49, None, None),
        (48, None, Occasion.CUT_OFF),
        (47, 47.5, None),
        (24, 47.5, Occasion.DAY_BEFORE),
        (1, None, Occasion.DAY_BEFORE),  # who was asleep makes up for the later one only
        (0, 23, Occasion.START),
        (-1, 0, None),
        (24, 24, None),
    ],
)
def test_each_look_is_due_once(hours_before: float, last_before: float | None, due: Occasion | None) -> None:
    last = START - timedelta(hours=last_before) if last_before is not None else None
    assert find_due(START, 2880, last, START - timedelta(hours=hours_before)) is due


def test_a_conference_that_moved_is_looked_at_anew() -> None:
    checked = START - timedelta(hours=24)
    later = START + timedelta(days=7)
    assert find_due(later, 1440, checked, checked) is None
    assert find_due(later, 1440, checked, later - timedelta(hours=24)) is Occasion.CUT_OFF


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_a_day_before_is_24_hours_also_over_a_change_of_the_clock(day: datetime) -> None:
    starts_at = clock.to_instant(day.date(), time(7), "Europe/Berlin")
    (at, _), _ = occasions(starts_at, 1440)
    assert starts_at - at == timedelta(hours=24)
    assert find_due(starts_at, 1440, None, at - MINUTE) is None
