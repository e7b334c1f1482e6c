"""Who serves which pool, held to trying every team."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.assignment import Pool, Table, assign, sharing


def ids(*numbers: int) -> tuple[UUID, ...]:
    return tuple(UUID(int=number) for number in numbers)


def table(*pools: Pool) -> Table:
    return Table(pools, tuple(sorted({person for pool in pools for person in pool.people})))


def everyone(_: UUID) -> bool:
    return True


def test_a_long_chain_of_people_moves_up_to_make_room() -> None:
    chain = [Pool(ids(n, n + 1), 1) for n in range(1, 6)]
    assert assign(table(*chain, Pool(ids(1), 1)), everyone, everyone) == [*map(ids, range(2, 7)), ids(1)]


def test_pools_that_share_people_hang_together() -> None:
    first, second, third, alone = Pool(ids(1, 2), 1), Pool(ids(2, 3), 1), Pool(ids(3, 4), 1), Pool(ids(5), 1)
    laid = table(first, third, alone, second)
    assert laid.alone == {2}
    assert [set(group) for group in sharing(laid.pools)] == [{first, second, third}]


def test_an_optional_pool_is_filled_whole_or_not_at_all() -> None:
    both = table(Pool(ids(1, 2), 1), Pool(ids(1, 2), 2, optional=True))
    assert assign(both, everyone, everyone) == [ids(1), ()]
    assert assign(table(Pool(ids(1), 2, optional=True)), everyone, everyone) == [()]


def test_an_optional_pool_never_brings_somebody_unknown_to_the_table() -> None:
    laid = table(Pool(ids(1, 3), 1), Pool(ids(2, 3), 1), Pool(ids(1), 1, optional=True))
    assert assign(laid, lambda person: person.int < 3, everyone) == [ids(1), ids(2), ()]


PEOPLE = 6
POOLS = st.lists(
    st.builds(
        lambda numbers, count: Pool(ids(*sorted(numbers)), count),
        st.sets(st.integers(1, PEOPLE), max_size=5),
        st.sampled_from([1, 1, 2]),
    ),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=200)
@given(POOLS, st.sets(st.integers(1, PEOPLE)), st.sets(st.integers(1, PEOPLE)))
def test_a_team_is_found_whenever_there_is_one_with_the_fewest_unknown_and_the_most_preferred(
    pools: list[Pool], known: set[int], unknown: set[int]
) -> None:
    possible = known | unknown
    found = assign(table(*pools), lambda one: one.int in known, lambda one: one.int in possible)
    teams = [sorted((one not in known, one) for one in team) for team in _teams(pools, possible, ())]
    if not teams:
        assert found is None
        return
    assert found is not None
    assert [len(team) for team in found] == [pool.count for pool in pools]
    assert all(set(team) <= set(pool.people) for team, pool in zip(found, pools, strict=True))
    assert sorted((one.int not in known, one.int) for team in found for one in team) == min(teams)


def _teams(pools: Sequence[Pool], free: set[int], seated: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if not pools:
        yield seated
        return
    choice = [one.int for one in pools[0].people if one.int in free and one.int not in seated]
    for team in combinations(choice, pools[0].count):
        yield from _teams(pools[1:], free, (*seated, *team))
