"""One page of a list that was worked out as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """Hold one page of a long list."""

    items: tuple[Item, ...]
    page: int
    pages: int
    total: int


def page_of(items: Sequence[Item], number: int, size: int) -> Page[Item]:
    """Return the page with this number, counted from 1; beyond the end it is the last."""
    pages = max(1, -(-len(items) // size))
    number = min(max(1, number), pages)
    return Page(tuple(items[(number - 1) * size : number * size]), number, pages, len(items))
