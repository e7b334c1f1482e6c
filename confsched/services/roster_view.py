"""What the page of a month shows: people, days and cells, lines and their gaps, warnings and editions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from confsched.domain.duty_codes import DutyCode
from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind, CountsAs, DayClass, WishKind
from confsched.domain.roster_rules import Rule
from confsched.errors import Message
from confsched.services.roster_edits import CellProblem


@dataclass(frozen=True)
class DayHead:
    """Hold a day of the site's calendar; `holiday` is its name there, or nothing."""

    day: date
    day_class: DayClass
    holiday: str


@dataclass(frozen=True)
class RosterWarningView:
    """Hold a warning with the name of whom it is about and the reason that was given for it."""

    person_id: uuid.UUID
    name: str
    day: date
    rule: Rule
    message: Message
    other_day: date | None = None
    reason: str | None = None


@dataclass(frozen=True)
class CellView:
    """Hold one cell: the draft, what is published, and what is to be said of it.

    `problem` keeps it from being published. `part` says that the duties that stand differ from the codes.
    """

    day: date
    text: str = ""
    published: str = ""
    version: int = 0
    absence: AbsenceKind | None = None
    wish: WishKind | None = None
    warnings: tuple[RosterWarningView, ...] = ()
    problem: Message | None = None
    part: Message | None = None

    @property
    def is_changed(self) -> bool:
        return self.text != self.published


@dataclass(frozen=True)
class PersonRow:
    person_id: uuid.UUID
    name: str
    short_name: str  # for the narrow column, where many names stand below each other
    note: str
    cells: tuple[CellView, ...]
    sums: Mapping[CountsAs, int]


@dataclass(frozen=True)
class LineDay:
    """Hold what of a line's required time that begins on this day is open; state as in LineState."""

    day: date
    state: str  # held, gap, declared or not_needed
    gap_minutes: int = 0


@dataclass(frozen=True)
class LineRow:
    """Hold a line of the department; `code` is the first of the legend that stands for it, or nothing."""

    line_id: uuid.UUID
    name: str
    code: str
    days: tuple[LineDay, ...]


@dataclass(frozen=True)
class LineGap:
    """Hold a duty that nobody holds in the draft, or, without a code, bare minutes that begin on `day`."""

    line_id: uuid.UUID
    name: str
    code: str
    day: date
    span: Span


@dataclass(frozen=True)
class CellChange:
    person_id: uuid.UUID
    name: str
    day: date
    before: str
    after: str


@dataclass(frozen=True)
class EditionView:
    """Hold one publication; number 0 keeps what stood before the first."""

    number: int
    published_at: datetime
    published_by: str
    changed: int
    restores: int | None


@dataclass(frozen=True)
class Unanswered:
    """Count what stands against a publication: gaps, and warnings for which nobody gave a reason."""

    gaps: int = 0
    warnings: int = 0

    def __bool__(self) -> bool:
        return bool(self.gaps or self.warnings)


@dataclass(frozen=True)
class MonthView:
    """Hold a department's month: the draft for who may edit it, what is published for the others."""

    department_id: uuid.UUID
    department: str
    site: str
    month: date
    zone: str
    previous_month: date
    next_month: date
    may_edit: bool
    roster_id: uuid.UUID | None
    edition: int
    published_at: datetime | None
    published_by: str
    known_at: datetime | None
    days: tuple[DayHead, ...]
    rows: tuple[PersonRow, ...]
    lines: tuple[LineRow, ...]
    gaps: tuple[LineGap, ...]
    warnings: tuple[RosterWarningView, ...]
    changes: tuple[CellChange, ...]
    editions: tuple[EditionView, ...]
    codes: tuple[DutyCode, ...]
    problems: tuple[CellProblem, ...]
    left_out: int = field(default=0)  # people beyond the number that a page shows

    @property
    def unanswered(self) -> Unanswered:
        """Count as the lists below the table do; every other place says the same numbers."""
        return Unanswered(len(self.gaps), sum(not warning.reason for warning in self.warnings))

    @property
    def is_publishable(self) -> bool:
        """Tell whether something waits for publication and no cell of it keeps it from that."""
        changed = {(change.person_id, change.day) for change in self.changes}
        return bool(changed) and not any((one.person_id, one.day) in changed for one in self.problems)
