"""One page of a list."""

from __future__ import annotations

from confsched.services.lists import page_of


def test_pages_hold_everything_once_and_end() -> None:
    items = list(range(105))

    pages = [page_of(items, number, 50) for number in (1, 2, 3, 99, -4)]

    assert [one.page for one in pages] == [1, 2, 3, 3, 1]
    assert [item for one in pages[:3] for item in one.items] == items
    assert page_of([], 1, 50).pages == 1
