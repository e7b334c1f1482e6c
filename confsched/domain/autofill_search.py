"""The search that fills a month: greedy first, then annealing in rounds that double in length.

One move gives a place to another person; what of theirs stands in the way goes back in exchange, or stays
open. Open places thus wander until they meet somebody who can take them. Each round starts from the best so
far, hot enough to leave it; because the rounds double, a search that is stopped anywhere has spent a good
part of its steps on rounds that ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp

from confsched.domain.autofill_board import NOBODY, Board, Table, set_places

FIRST_ROUND = 20_000
REPORT_EVERY = 5_000
SAMPLES = 300
# By how much dearer than the usual move a round accepts at its start and at its end.
HOT, COLD = 0.5, 0.005
# What it costs to open a place again on the way, whatever that saves.
OPENING = 2.0
MORE = 1e-9  # what sums of fractions may be off

Places = list[int]


class Chance:
    """Draw numbers that a seed fixes: the 64-bit generator of Knuth's MMIX, its upper bits."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 2 + 1) & 0xFFFFFFFFFFFFFFFF
        for _ in range(8):
            self.below(2)

    def below(self, limit: int) -> int:
        """Return a whole number from 0 up to, not with, a limit below 2**31."""
        self._state = state = (self._state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        return (state >> 33) * limit >> 31

    def share(self) -> float:
        """Return a number in [0, 1)."""
        return self.below(1 << 30) / (1 << 30)


@dataclass(frozen=True)
class Best:
    """Hold the best filling so far and the share of the steps done."""

    who: tuple[int, ...]
    share_done: float


def search(table: Table, seed: int, steps: int, go_on: Callable[[Best], bool]) -> tuple[int, ...]:
    """Return person by place, the best found in so many steps or until `go_on` says no."""
    walk = Walk(table, Chance(seed))
    walk.fill_greedily()
    for done in walk.anneal(steps):
        if not go_on(Best(walk.best, done / max(1, steps))):
            break
    return walk.finish()


class Walk:
    """Hold a board on its way, what it costs, and the best that it has been."""

    def __init__(self, table: Table, chance: Chance) -> None:
        self.table = table
        self.board = Board(table)
        self.chance = chance
        self.movable = [place for place, people in enumerate(table.allowed) if people]
        self.open = len(table.allowed)
        self.cost = 0.0
        self.best: tuple[int, ...] = tuple(self.board.who)
        self._best_rank = self.open, self.cost

    def fill_greedily(self) -> None:
        """Give each place, the hardest first, to whom it costs least."""
        for place in sorted(self.movable, key=lambda place: len(self.table.allowed[place])):
            people = [who for who in self.table.allowed[place] if self.board.may_put(place, who)]
            if people and self.board.who[place] == NOBODY:
                self._put(place, min(people, key=lambda who: self.board.price(place, who)))
        self._keep()

    def anneal(self, steps: int) -> Iterator[int]:
        """Walk for so many steps; yield how many are done, now and then."""
        yield 0
        heat, done, length = self._usual_change(), 0, FIRST_ROUND
        while done < steps and self.movable:
            for step in range(min(length, steps - done)):
                if done % REPORT_EVERY == 0 and done:
                    yield done
                self._step(HOT * (COLD / HOT) ** (step / length), heat)
                done += 1
            self._go_back()
            length *= 2
        yield steps

    def finish(self) -> tuple[int, ...]:
        """Fill what the best still leaves open although somebody could take it, and return it."""
        self._go_back()
        self.fill_greedily()
        return self.best

    def _step(self, warmth: float, heat: float) -> None:
        """Try a move; keep it if it is better, or by chance, the less likely the worse and the colder."""
        before = self.open, self.cost
        journal = self._move()
        opened, dearer = self.open - before[0], self.cost - before[1]
        if opened:
            stays = opened < 0 or self.chance.share() < exp(-OPENING * opened / warmth)
        else:
            stays = dearer <= 0 or self.chance.share() < exp(-dearer / (warmth * heat))
        if not stays:
            self._undo(journal, before)
        elif (self.open, self.cost + MORE) < self._best_rank:
            self._keep()

    def _move(self) -> list[tuple[int, int]]:
        """Give a place to another person; return who stood before on each place touched, in order."""
        board, chance, before = self.board, self.chance, (self.open, self.cost)
        place = self.movable[chance.below(len(self.movable))]
        people = self.table.allowed[place]
        person, former = people[chance.below(len(people))], board.who[place]
        if person == former:
            return []
        journal = [(place, former)]
        journal += [(other, person) for other in self._given_back(place, person)]
        for touched, who in journal:
            if who != NOBODY:
                self._lift(touched)
        if not board.has_room(place, person):
            self._undo(journal, before)
            return []
        self._put(place, person)
        for other, _ in journal[1:]:
            if former != NOBODY and board.may_put(other, former):
                self._put(other, former)
        return journal

    def _given_back(self, place: int, person: int) -> Places:
        """Return the person's places that must go, or, every other time, one that goes in exchange."""
        blocking = set_places(self.board.in_the_way(place, person))
        if blocking and self.board.has_room(place, person):
            return blocking
        if self.board.has_room(place, person) and self.chance.below(2):
            return []
        others = [other for other in set_places(self.board.places[person]) if other not in blocking]
        return blocking + ([others[self.chance.below(len(others))]] if others else [])

    def _put(self, place: int, person: int) -> None:
        self.cost += self.board.price(place, person)
        self.board.put(place, person)
        self.open -= 1

    def _lift(self, place: int) -> None:
        person = self.board.who[place]
        self.board.lift(place)
        self.cost -= self.board.price(place, person)
        self.open += 1

    def _undo(self, journal: list[tuple[int, int]], rank: tuple[int, float]) -> None:
        """Put back who stood before, with the number of open places and the cost of that time."""
        for place, _ in journal:
            if self.board.who[place] != NOBODY:
                self.board.lift(place)
        for place, who in journal:
            if who != NOBODY:
                self.board.put(place, who)
        self.open, self.cost = rank

    def _keep(self) -> None:
        if (self.open, self.cost) < self._best_rank:
            self._best_rank = self.open, self.cost
            self.best = tuple(self.board.who)

    def _go_back(self) -> None:
        """Stand where the best stood."""
        now = enumerate(self.board.who)
        journal = [(place, self.best[place]) for place, who in now if who != self.best[place]]
        self._undo(journal, self._best_rank)

    def _usual_change(self) -> float:
        """Return by how much a move changes the cost, the median of a sample; never 0."""
        changes = [0.0]
        for _ in range(SAMPLES if self.movable else 0):
            before = self.open, self.cost
            journal = self._move()
            if journal and self.open == before[0]:
                changes.append(abs(self.cost - before[1]))
            self._undo(journal, before)
        return sorted(changes)[len(changes) // 2] + MORE
