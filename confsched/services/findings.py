"""Everything that is wrong with what was typed, told at once, each at its field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from confsched.errors import Message, Refusal

P = ParamSpec("P")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Problem:
    """Hold one thing that is wrong and the field at which it is said, "" for the whole form."""

    field: str
    message: Message


class Unfit(Refusal):
    """Say everything that is wrong, each at its field."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].message, field=problems[0].field or None)
        self.problems = tuple(problems)


@dataclass
class Findings:
    """Collect what checks refuse, so that nobody has to send a form once for each thing that is wrong."""

    problems: list[Problem] = field(default_factory=list)

    def keep(self, check: Callable[P, Value], *args: P.args, **kwargs: P.kwargs) -> Value | None:
        """Return what a check returns; None where it refuses, which is kept.

        What is no fault of an input, such as a row that somebody else changed, is raised at once.
        """
        try:
            return check(*args, **kwargs)
        except Refusal as refusal:
            if refusal.status != Refusal.status:
                raise
            self.problems += problems_of(refusal)
        return None

    def raise_all(self) -> None:
        """Raise Unfit with all that was found; nothing happens where nothing is wrong."""
        if self.problems:
            raise Unfit(self.problems)


def problems_of(refusal: Refusal) -> tuple[Problem, ...]:
    """Return what a refusal says, one thing or many."""
    if isinstance(refusal, Unfit):
        return refusal.problems
    return (Problem(refusal.field or "", refusal.message),)
