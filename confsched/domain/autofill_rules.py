"""The hard rules of filling a month: who may take a duty, and what of theirs stands in the way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from confsched.domain.autofill_facts import (
    Bar,
    Candidate,
    FillRules,
    HeldDuty,
    MonthLimits,
    OpenDuty,
)
from confsched.domain.kinds import DutyType, WishKind
from confsched.domain.roster_limits import mixed_limit
from confsched.domain.roster_rules import ON_CALL, WORK, DutyRules, Share, pro_rata

CLOCK_CHANGE = timedelta(hours=1)  # what October adds to a duty of 24 hours by the clock on the wall

AnyDuty = OpenDuty | HeldDuty


def find_bar(duty: OpenDuty, candidate: Candidate, rules: FillRules) -> Bar | None:
    """Return why the person cannot take the duty, whoever takes the others; None if they can."""
    if duty.line_id not in candidate.lines:
        return Bar.NOT_QUALIFIED
    if duty.duty_type in WORK and duty.span.duration > rules.cap + CLOCK_CHANGE:
        return Bar.TOO_LONG
    if _is_absent(duty, candidate):
        return Bar.ABSENT
    clash = first_clash(duty, candidate.held, rules)
    if clash:
        return clash
    return None if has_room(candidate, [duty]) else Bar.AT_LIMIT


def _is_absent(duty: OpenDuty, candidate: Candidate) -> bool:
    """Tell whether the person is away at any time of the duty, or keeps its day free."""
    if candidate.wishes.get(duty.day) is WishKind.DAY_OFF:
        return True
    return any(duty.span.overlaps(span) for span in candidate.blocked)


def first_clash(duty: AnyDuty, others: Iterable[AnyDuty], rules: FillRules) -> Bar | None:
    """Return ON_DUTY if any of the others runs at the same time, else RESTING if rest is missing."""
    clashes = {find_clash(duty, other, rules) for other in others}
    return next((bar for bar in (Bar.ON_DUTY, Bar.RESTING) if bar in clashes), None)


def find_clash(one: AnyDuty, other: AnyDuty, rules: FillRules) -> Bar | None:
    """Return why one person cannot have both duties; rest is elapsed time and due between hospital duties."""
    if one.span.overlaps(other.span):
        return Bar.ON_DUTY
    if not {one.duty_type, other.duty_type} <= WORK:
        return None
    between = max(one.span.starts_at - other.span.ends_at, other.span.starts_at - one.span.ends_at)
    return Bar.RESTING if between < rules.rest else None


def has_room(candidate: Candidate, duties: Iterable[OpenDuty]) -> bool:
    """Tell whether the limits of the month leave room for these new duties together."""
    types = [duty.duty_type for duty in duties]
    standby = types.count(DutyType.ON_SITE_STANDBY)
    on_call = sum(duty_type in ON_CALL for duty_type in types)
    return candidate.limits.leave_room_for(standby, on_call)


def month_limits(
    share: Share, rules: DutyRules, *, standby_used: int = 0, on_call_used: int = 0
) -> MonthLimits:
    """Return the limits of an organisation for a person, so that a filling causes none of its warnings."""
    most = pro_rata(rules.on_call_limit, share)
    standbys = range(pro_rata(rules.standby_limit, share) + 1)
    beside = tuple(min(most, mixed_limit(number, share, rules)) if number else most for number in standbys)
    return MonthLimits(beside, standby_used, on_call_used)
