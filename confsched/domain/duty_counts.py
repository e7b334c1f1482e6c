"""What a published duty counts as: what the legend says of its hours, else what its line is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from uuid import UUID

from confsched import clock
from confsched.domain.duty_codes import ONE_DAY, DutyCode, Legend, PlannedDuty, span_on
from confsched.domain.intervals import Span, intersect
from confsched.domain.kinds import CountsAs, DutyType

BY_TYPE = MappingProxyType(
    {
        DutyType.REGULAR: CountsAs.DAY,
        DutyType.ON_SITE_STANDBY: CountsAs.NIGHT,
        DutyType.ON_CALL_HOME: CountsAs.ON_CALL,
        DutyType.BACKGROUND: CountsAs.BACKGROUND,
    }
)
NO_TIME = timedelta()


def count_duties(
    duties: Iterable[tuple[UUID, UUID, Span]], legend: Legend, types: Mapping[UUID, DutyType]
) -> list[PlannedDuty]:
    """Return duties (line, person, span) with what they count as; `types` names the type of each line.

    The code of the line whose hours a duty shares most decides, so that the part of a night which a
    colleague took over is a night as well. A duty at hours that no code has goes by the type of its line.
    """
    codes: dict[UUID, list[DutyCode]] = defaultdict(list)
    for code in legend.codes.values():
        if code.line_id:
            codes[code.line_id].append(code)

    @cache
    def codes_near(line_id: UUID, day: date) -> list[tuple[Span, DutyCode]]:
        """Return the line's codes of the day and of the one before, from which nights reach over."""
        days = (day - ONE_DAY, day)
        found = ((span_on(code, each, legend), code) for each in days for code in codes.get(line_id, ()))
        return [(span, code) for span, code in found if span]

    def count(line_id: UUID, person_id: UUID, span: Span) -> PlannedDuty:
        day = clock.local_day(span.starts_at, legend.zone)
        code = _closest(span, codes_near(line_id, day))
        kind = types[line_id]
        if code is None:
            return PlannedDuty(line_id, person_id, day, span, "", kind, BY_TYPE[kind])
        return PlannedDuty(line_id, person_id, day, span, code.code, code.duty_type, code.counts_as)

    return [count(*duty) for duty in duties]


def _closest(span: Span, near: Iterable[tuple[Span, DutyCode]]) -> DutyCode | None:
    shared = ((part.duration if (part := intersect(span, other)) else NO_TIME, code) for other, code in near)
    length, code = max(shared, key=lambda pair: pair[0], default=(NO_TIME, None))
    return code if length else None
