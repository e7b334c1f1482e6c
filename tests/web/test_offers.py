"""What offered times say of who serves, and why nothing earlier is offered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from confsched.domain.explain import Explanation
from confsched.domain.intervals import Span
from confsched.domain.matching import Candidate, Need, Offer, Search
from confsched.errors import msg
from confsched.services.availability import Asked
from confsched.services.explanations import find_first
from confsched.services.matching import Plan
from confsched.web.offers import offer_days, why_first
from tests.support.times import known_times

DOCTOR, ROOM = UUID(int=1), UUID(int=2)
MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)  # eight in Berlin
HOUR = timedelta(hours=1)
WEEK = Span(MONDAY, MONDAY + timedelta(days=5))


def plan(*free: Span, unknown: tuple[Span, ...] = (), notice: timedelta = timedelta(0)) -> Plan:
    """Return the search for one doctor, who is known to be free at these times, and a room that always is."""
    candidates = {
        DOCTOR: Candidate(DOCTOR, "Dr. Jana Okafor", known_times(free, unknown)),
        ROOM: Candidate(ROOM, "Videoraum 1", known_times([WEEK])),
    }
    search = Search(HOUR / 2, WEEK, "Europe/Berlin", not_before=MONDAY + notice)
    needs = (Need("doctor", "Neurologie", (DOCTOR,)),)
    return Plan(needs, candidates, search, Asked(frozenset({DOCTOR}), frozenset({ROOM})))


def test_each_is_named_once_and_a_room_by_its_whole_name() -> None:
    span, found = Span(MONDAY, MONDAY + HOUR / 2), plan(WEEK)
    reason = msg("%(name)s knows the case.", name="Dr. Jana Okafor")
    serving = {"one": (DOCTOR,), "other": (DOCTOR,), "room-need": (ROOM,)}
    offer = Offer(span, serving, (), (), 0, (reason, reason))
    [day] = offer_days([offer], found, "Europe/Berlin")
    assert (day.offers[0].names, day.offers[0].reasons) == ("Okafor, Videoraum 1", (reason,))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (plan(WEEK), "this is the next start"),
        (plan(WEEK, notice=24 * HOUR), "those asked need 24 h notice"),
        (plan(Span(MONDAY + 6 * HOUR, WEEK.ends_at), unknown=(WEEK,)), "people of whom nothing is known"),
        (plan(Span(MONDAY + 12 * HOUR, WEEK.ends_at)), "only hours outside the usual ones"),
    ],
)
def test_one_line_says_why_nothing_is_earlier(found: Plan, said: str) -> None:
    line = why_first(found, Explanation((), (), find_first(found)))
    assert line is not None and said in str(line)


def test_the_line_is_left_to_those_who_stand_in_the_way() -> None:
    found = plan(Span(MONDAY + 24 * HOUR, WEEK.ends_at))
    explanation = found.explain()
    assert explanation.blocked and why_first(found, explanation) is None
    assert why_first(plan(), replace(explanation, first=None)) is None
