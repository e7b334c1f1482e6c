"""Searches as raw rows in JSON, made of one seed: what every contestant of the slot search starts from.

Times are whole minutes since 1970, many of them in two columns: all starts, all ends. A person has working
hours day by day, duties, rests, absences, claims and a calendar of busy times; a need asks for `count` of a
pool, each person for one need.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from random import Random
from typing import Any

from confsched import clock

ZONE = "Europe/Berlin"
FIRST_DAY = date(2026, 10, 5)  # the clock changes in the third week
SEED = 4

Row = list[int]


def typical() -> str:
    """14 people x 6 weeks: six by name, and four times one of two."""
    needs = [_need([person]) for person in range(6)]
    needs += [_need([6 + 2 * pair, 7 + 2 * pair]) for pair in range(4)]
    return _case("14 people x 6 weeks, 10 needs", needs, people=14, weeks=6)


def large() -> str:
    """30 people x 12 weeks: eight times any of three or four."""
    needs = [_need(range(first, 30, 8)) for first in range(8)]
    return _case("30 people x 12 weeks, 8 pools", needs, people=30, weeks=12)


def shared() -> str:
    """The same, with four people who stand for two disciplines and one pool that needs three."""
    pools = [list(range(first, 30, 8)) for first in range(8)]
    pools[0] += pools[1][:2]
    pools[2] += pools[3][:2]
    needs = [_need(pool, 3 if place == 7 else 1) for place, pool in enumerate(pools)]
    needs[7]["pool"] += [30, 31, 32, 33]
    return _case("34 people x 12 weeks, 8 pools, some shared, one 3 of 7", needs, people=34, weeks=12)


def quorum() -> str:
    """54 people x 12 weeks: 13 of 25, any of 15, any of 12, one by name and a room."""
    needs = [_need(range(25), 13), _need(range(25, 40)), _need(range(40, 52)), _need([52]), _need([53])]
    return _case("54 people x 12 weeks, a quorum of 13 of 25", needs, people=54, weeks=12)


def _need(pool: Sequence[int], count: int = 1) -> dict[str, Any]:
    return {"pool": list(pool), "count": count}


def _case(title: str, needs: list[dict[str, Any]], *, people: int, weeks: int) -> str:
    chance = Random(SEED)
    window = [_at(FIRST_DAY, 0), _at(FIRST_DAY + timedelta(weeks=weeks), 0)]
    rows = [_person(chance, weeks, window) for _ in range(people)]
    return json.dumps(
        {"title": title, "window": window, "minutes": 30, "step": 15, "needs": needs, "people": rows}
    )


def _person(chance: Random, weeks: int, window: Row) -> dict[str, Any]:
    """Fill the working days: a claim and two calendar entries each, a night duty a week, some days off."""
    days = [FIRST_DAY + timedelta(days=day) for day in range(7 * weeks) if day % 7 < 5]
    nights = sorted(chance.sample(days, weeks))
    return {
        "working": _columns(_hours(day, 8, 16.5) for day in days),
        "duties": _columns(_hours(day, 17, 24) for day in nights),
        "rest": _columns(_hours(day + timedelta(days=1), 0, 11) for day in nights),
        "absences": _columns(_hours(day, 0, 24) for day in sorted(chance.sample(days, weeks // 2))),
        "claims": _columns(_meeting(chance, day) for day in days),
        "read_at": window[0],
        "known": window,
        "busy": _columns(_meeting(chance, day) for day in days for _ in range(2)),
    }


def _columns(rows: Iterable[Row]) -> list[Row]:
    return [list(column) for column in zip(*rows, strict=True)]


def _meeting(chance: Random, day: date) -> Row:
    first = chance.randrange(8 * 12, 16 * 12) / 12
    return _hours(day, first, first + chance.choice([0.25, 0.5, 0.75, 1, 1.5]))


def _hours(day: date, first: float, last: float) -> Row:
    return [_at(day, first), _at(day, last)]


def _at(day: date, hour: float) -> int:
    return int(clock.to_instant(day, time(0), ZONE).timestamp() / 60 + hour * 60)
