"""Generated agendas, the same in every run, like those of boards: few disciplines, patterns that recur."""

from __future__ import annotations

from random import Random
from uuid import UUID

from confsched.domain.agenda import AgendaCase, Docket


def number(of: int) -> UUID:
    return UUID(int=of)


def make_docket(
    random: Random, count: int, specialists: int, presenters: int, *, windows: float = 0, pins: int = 0
) -> Docket:
    """Return `count` cases: radiology is needed most often, each presenter brings cases of a kind or two.

    `windows` is the share of cases whose presenter has 20 minutes only; the first `pins` cases are pinned.
    """
    people = [number(of) for of in range(1, specialists + 1)]
    shares = [0.8, 0.45, *[0.25] * specialists][:specialists]
    presenting = [number(1000 + of) for of in range(presenters)]
    kinds = {one: [_pattern(random, people, shares) for _ in range(2)] for one in presenting}
    lengths = (2, 3, 3, 3, 4, 4, 5) if count > 14 else (4, 5, 6, 7, 8)
    cases = [_case(random, of, random.choice(presenting), kinds, lengths) for of in range(count)]
    total = sum(case.minutes for case in cases)
    bound = [_bound(random, case, total, windows, of if of < pins else None) for of, case in enumerate(cases)]
    return Docket(tuple(bound), max(60, total), frozenset(presenting[::3]))


def _pattern(random: Random, people: list[UUID], shares: list[float]) -> list[UUID]:
    chosen = [one for one, share in zip(people, shares, strict=True) if random.random() < share]
    return chosen or [random.choice(people)]


def _case(
    random: Random, of: int, presenter: UUID, kinds: dict[UUID, list[list[UUID]]], lengths: tuple[int, ...]
) -> AgendaCase:
    return AgendaCase(
        key=number(2000 + of),
        minutes=random.choice(lengths),
        people=frozenset({presenter, *random.choice(kinds[presenter])}),
        is_urgent=random.random() < 0.08,
        deferrals=random.choice((1, 2)) if random.random() < 0.1 else 0,
    )


def _bound(random: Random, case: AgendaCase, total: int, windows: float, place: int | None) -> AgendaCase:
    opens = random.randrange(max(1, total - 20)) if random.random() < windows else 0
    closes = opens + 20 if opens else None
    return AgendaCase(
        *(case.key, case.minutes, case.people, opens, closes, place, case.is_urgent, case.deferrals)
    )
