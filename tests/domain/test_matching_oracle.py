"""Ten thousand searches held to an oracle that asks minute by minute and tries every team.

A seeded loop runs nearly all of them, a few hundred are hypothesis's so that a failure shrinks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain import bitgrid
from confsched.domain.availability import Facts, ImportedCalendar, availability
from confsched.domain.bitgrid import GRAIN, QUARTER
from confsched.domain.intervals import Span
from confsched.domain.matching import (
    Candidate,
    Need,
    Offer,
    Plan,
    Search,
    best_first,
    find_assignment,
    find_slots,
    prepare,
)
from tests.domain.slot_oracle import Human, Instance, Oracle, Ranges, Verdict, build, starts

EVERY_OFFER = 10_000
A_WINDOW = 2_400
SPRING = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)  # the clock goes from 1:59 to 3:00 at 1:00 UTC
AUTUMN = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, 21, 30, tzinfo=UTC)
MORNING = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
WINDOWS = (SPRING, AUTUMN, MIDNIGHT, MORNING)


class Engine:
    """Ask the product about an instance."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.start = instance.starts_at
        window = Span(self.start, self._at(instance.minutes))
        self.people = {
            UUID(int=number): Candidate(
                UUID(int=number),
                f"Dr. {number}",
                availability(self._facts(human), window, self.start),
                recent=number % 3,
                knows_case=number == 2,
            )
            for number, human in enumerate(instance.people)
        }
        self.needs = [
            Need(
                str(place),
                str(place),
                tuple(UUID(int=one) for one in need.pool),
                need.count,
                need.optional,
                may_double=need.may_double,
            )
            for place, need in enumerate(instance.needs)
        ]
        self.search = Search(
            duration=timedelta(minutes=instance.length),
            window=window,
            zone=instance.zone,
            not_before=self._at(instance.notice),
            step=timedelta(minutes=instance.step),
            buffer_before=timedelta(minutes=instance.before),
            buffer_after=timedelta(minutes=instance.after),
            limit=EVERY_OFFER,
            per_day=EVERY_OFFER,
        )
        self.board = prepare(self.people, self.search)
        self.plan = Plan(tuple(self.needs), self.people, self.search, self.board)

    def _at(self, minute: int) -> datetime:
        return self.start + timedelta(minutes=minute)

    def _spans(self, ranges: Ranges) -> tuple[Span, ...]:
        return tuple(Span(self._at(first), self._at(last)) for first, last in ranges)

    def _facts(self, human: Human) -> Facts:
        return Facts(
            working=None if human.working is None else self._spans(human.working),
            available_duties=self._spans(human.duties),
            absences=self._spans(human.against),
            claims=self._spans(human.claims),
            confirmed=self._spans(human.confirmed),
            calendars=tuple(
                ImportedCalendar(
                    self._spans(one.busy),
                    self.start if one.is_fresh else self.start - timedelta(days=2),
                    Span(self._at(one.known[0]), self._at(one.known[1])) if one.known else None,
                )
                for one in human.calendars
            ),
        )

    def minute(self, instant: datetime) -> int:
        return (instant - self.start) // timedelta(minutes=1)

    def starts(self, *, known: bool) -> set[int]:
        cells = bitgrid.set_bits(self.plan.required(known=known))
        return {self.minute(self.board.grid.instant(cell)) for cell in cells}

    def offers(self) -> dict[int, Offer]:
        found = find_slots(self.needs, self.people, self.search, self.board)
        return {self.minute(offer.span.starts_at): offer for offer in found}

    def offer_at(self, minute: int) -> Offer | None:
        span = Span(self._at(minute), self._at(minute + self.instance.length))
        return find_assignment(self.needs, self.people, span, self.search)


def _check(instance: Instance, chance: Random) -> timedelta:
    """Hold one search to the oracle; return the length of the cells in which it was answered."""
    engine, oracle = Engine(instance), Oracle(instance)
    truth = {minute: oracle.at(minute) for minute in starts(instance)}
    assert engine.starts(known=False) == {at for at, one in truth.items() if one.unknown is not None}
    assert engine.starts(known=True) == {at for at, one in truth.items() if one.is_known}
    offers = engine.offers()
    for minute, offer in offers.items():
        _check_offer(instance, offer, truth[minute])
    for minute in engine.starts(known=False):
        assert any(abs(at - minute) < instance.length for at in offers), (
            "what fits beside all offers is offered"
        )
    _check_any_minute(instance, engine, oracle, chance)
    return engine.board.grid.grain


def _check_order(engine: Engine) -> None:
    """The best first, as if every start had been decided alone and all were sorted."""
    alone = [offer for minute in starts(engine.instance) if (offer := engine.offer_at(minute))]
    found = [offer for _, offer in best_first(engine.plan, lambda _: False)]
    assert [_key(offer) for offer in found] == sorted(map(_key, alone))


def _key(offer: Offer) -> tuple[bool, int, datetime]:
    return bool(offer.unknown), -offer.score, offer.span.starts_at


def _check_any_minute(instance: Instance, engine: Engine, oracle: Oracle, chance: Random) -> None:
    """A time that somebody names is decided to the minute, on a step or off it."""
    last = instance.minutes - instance.length
    if last < instance.notice:
        return
    minute = chance.randint(instance.notice, last)
    offer, verdict = engine.offer_at(minute), oracle.at(minute)
    assert (offer is not None) == (verdict.unknown is not None)
    if offer:
        _check_offer(instance, offer, verdict)


def _check_offer(instance: Instance, offer: Offer, verdict: Verdict) -> None:
    teams = {key: [one.int for one in team] for key, team in offer.assignment.items()}
    alone: list[int] = []
    for place, need in enumerate(instance.needs):
        team = teams.get(str(place), [])
        assert len(set(team)) == len(team) and set(team) <= set(need.pool)
        assert len(team) == need.count or (need.optional and not team)
        assert set(team) <= (verdict.known if need.optional else verdict.possible)
        assert (not team) == (str(place) in offer.missing_optional)
        alone += [] if need.may_double else team
    assert len(alone) == len(set(alone)), "one person meets one need"
    assert len(set(alone) - verdict.known) == verdict.unknown
    assert {one.int for one in offer.unknown} == set(_all(teams.values())) - verdict.known
    assert (not offer.unknown) == verdict.is_known
    if len([need for need in instance.needs if need.optional]) == 1:
        assert (not offer.missing_optional) == verdict.is_whole


def _all(teams: Iterable[list[int]]) -> Iterable[int]:
    return (one for team in teams for one in team)


@pytest.mark.parametrize("place", range(len(WINDOWS)), ids=["spring", "autumn", "midnight", "morning"])
def test_searches_agree_with_asking_every_minute_and_trying_every_team(place: int) -> None:
    """Lines 12 and 37: both clock-change nights; thousands of searches in seconds."""
    chance, grains = Random(place), Counter[timedelta]()
    for number in range(A_WINDOW):
        instance = build(chance, WINDOWS[place])
        try:
            grains[_check(instance, chance)] += 1
            if number % 8 == 0:
                _check_order(Engine(instance))
        except AssertionError as failure:
            raise AssertionError(f"instance {number}: {instance}") from failure
    assert min(grains[GRAIN], grains[QUARTER]) > A_WINDOW // 4


@settings(deadline=None, max_examples=400)
@given(st.randoms(use_true_random=False), st.sampled_from(WINDOWS))
def test_a_search_agrees_with_asking_every_minute(chance: Random, starts_at: datetime) -> None:
    """Lines 12, 31 and 32: no hour off, unknown is not free, everyone busy is no time."""
    _check(build(chance, starts_at), chance)
