"""Load when people work, by the hours on record, each site with its own zone and public holidays."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span
from confsched.domain.times import Times
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


def load_working(session: Session, people: Iterable[uuid.UUID], window: Span) -> Working:
    """Return the hours on record of these people, to be asked for each search that they are part of."""
    query = (
        select(WorkingHoursRow.person_id, WorkingHoursRow.site_id, Site.state, *RULE)
        .join(Site, Site.id == WorkingHoursRow.site_id)
        .where(WorkingHoursRow.person_id.in_(list(people)))
    )
    rules: dict[uuid.UUID, list[tuple[uuid.UUID, Rule]]] = defaultdict(list)
    for person_id, at, state, *rule in session.connection().execute(query):
        rules[person_id].append((at, (state, alike_within(WorkingHours(*rule), window))))
    return Working(window, rules)


@dataclass
class Working:
    """Expand each set of rules once: most people of a site share theirs."""

    window: Span
    rules: dict[uuid.UUID, list[tuple[uuid.UUID, Rule]]]
    known: dict[frozenset[Rule], Times] = field(default_factory=dict)

    def of(self, person_id: uuid.UUID, only_at: uuid.UUID | None = None) -> Times | None:
        """Return when somebody works, at one site only where it is named; None without hours on record."""
        own = self.rules.get(person_id)
        if own is None:
            return None
        return self._expanded(frozenset(rule for at, rule in own if only_at in (None, at)))

    def _expanded(self, rules: frozenset[Rule]) -> Times:
        if rules not in self.known:
            spans = (
                working_spans(
                    [rule for other, rule in rules if other == state], self.window, _holidays_of(state)
                )
                for state in sorted({state for state, _ in rules})
            )
            self.known[rules] = Times.inside(*map(tuple, spans))
        return self.known[rules]


def _holidays_of(state: str) -> Callable[[date], bool]:
    return lambda day: is_public_holiday(day, state)
