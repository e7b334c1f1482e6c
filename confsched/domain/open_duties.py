"""Which duties of a month nobody holds yet, cut as the legend cuts them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from confsched.domain.autofill_facts import Load, OpenDuty
from confsched.domain.duty_codes import DutyCode, Legend, PlannedDuty, span_on
from confsched.domain.intervals import Span
from confsched.domain.kinds import CountsAs
from confsched.domain.roster_limits import touches_weekend
from confsched.domain.roster_rules import DutyRules

ONE_DAY = timedelta(days=1)


def open_duties(
    legend: Legend,
    days: Sequence[date],
    gaps: Mapping[UUID, Iterable[Span]],
    held: Mapping[UUID, Iterable[Span]],
    rules: DutyRules,
) -> tuple[OpenDuty, ...]:
    """Return a duty for each code of a line that would close minutes of its gaps, in order.

    Where codes of a line overlap, such as a whole day and its two halves, the first of the legend is taken.
    A duty that would overlap one that is held is left out: half a gap is for a person to judge.
    """
    by_line: dict[UUID, list[DutyCode]] = defaultdict(list)
    for code in legend.codes.values():
        if code.line_id:
            by_line[code.line_id].append(code)
    found: list[OpenDuty] = []
    for line_id, codes in by_line.items():
        taken, open_spans = list(held.get(line_id, ())), list(gaps.get(line_id, ()))
        for code in codes:
            for duty in _of_code(line_id, code, days, legend, rules):
                is_wanted = any(duty.span.overlaps(gap) for gap in open_spans)
                if is_wanted and not any(duty.span.overlaps(span) for span in taken):
                    taken.append(duty.span)
                    found.append(duty)
    return tuple(sorted(found, key=lambda duty: (duty.span, duty.line_id, duty.code)))


def _of_code(
    line_id: UUID, code: DutyCode, days: Iterable[date], legend: Legend, rules: DutyRules
) -> Iterable[OpenDuty]:
    for day in days:
        span = span_on(code, day, legend)
        if span:
            weight = load_of(line_id, code, day, span, legend, rules)
            yield OpenDuty(line_id, day, code.code, span, code.duty_type, weight)


def load_of(line_id: UUID, code: DutyCode, day: date, span: Span, legend: Legend, rules: DutyRules) -> Load:
    """Return what one duty adds to the ledger; on a holiday is what starts on one."""
    duty = PlannedDuty(line_id, line_id, day, span, code.code, code.duty_type, code.counts_as)
    return Load(
        duties=1,
        nights=float(code.counts_as is CountsAs.NIGHT),
        weekends=float(touches_weekend(duty, legend.zone, rules)),
        holidays=float(legend.is_holiday(day)),
    )
