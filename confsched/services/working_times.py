"""Load when people work, by the hours on record, each site with its own zone and public holidays."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span
from confsched.domain.working_hours import WorkingHours, alike_within, working_spans
from confsched.models.network import Site
from confsched.models.rosters import WorkingHoursRow

Rule = tuple[str, WorkingHours]

# The columns that make a rule, in its order.
RULE = (
    *(WorkingHoursRow.weekday, WorkingHoursRow.starts, WorkingHoursRow.ends),
    *(WorkingHoursRow.valid_from, WorkingHoursRow.valid_until, Site.zone),
    *(WorkingHoursRow.every_weeks, WorkingHoursRow.ordinal),
)


def load_working(
    session: Session,
    people: Iterable[uuid.UUID],
    window: Span,
    *,
    on_site: frozenset[uuid.UUID] = frozenset(),
    site_id: uuid.UUID | None = None,
) -> dict[uuid.UUID, tuple[Span, ...]]:
    """Return when everybody with hours on record works; people `on_site` only as far as at the site."""
    query = (
        select(WorkingHoursRow.person_id, WorkingHoursRow.site_id, Site.state, *RULE)
        .join(Site, Site.id == WorkingHoursRow.site_id)
        .where(WorkingHoursRow.person_id.in_(list(people)))
    )
    rules: dict[uuid.UUID, set[Rule]] = defaultdict(set)
    for person_id, at, state, *rule in session.connection().execute(query):
        own = rules[person_id]
        if at == site_id or person_id not in on_site:
            own.add((state, alike_within(WorkingHours(*rule), window)))
    worked = _Worked(window)
    return {person_id: worked.of(frozenset(own)) for person_id, own in rules.items()}


class _Worked:
    """Expand each set of rules once: most people of a site share theirs."""

    def __init__(self, window: Span) -> None:
        self.window = window
        self.known: dict[frozenset[Rule], tuple[Span, ...]] = {}

    def of(self, rules: frozenset[Rule]) -> tuple[Span, ...]:
        if rules not in self.known:
            self.known[rules] = tuple(
                span
                for state in sorted({state for state, _ in rules})
                for span in working_spans(
                    [rule for other, rule in rules if other == state], self.window, _holidays_of(state)
                )
            )
        return self.known[rules]


def _holidays_of(state: str) -> Callable[[date], bool]:
    return lambda day: is_public_holiday(day, state)
