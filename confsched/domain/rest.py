"""Rest after duty, and work without rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from confsched.domain.intervals import Span
from confsched.domain.roster_rules import WORK, DutyRules, HeldDuty

REST = timedelta(
    hours=11
)  # ArbZG par. 5: elapsed hours, so a clock change neither shortens nor lengthens them
NO_TIME = timedelta()


@dataclass(frozen=True)
class Rest:
    """Hold the time between the work of one day and the next work of the same person; it may be nothing."""

    earlier: HeldDuty
    later: HeldDuty

    @property
    def starts_at(self) -> datetime:
        return self.earlier.span.ends_at

    @property
    def length(self) -> timedelta:
        """Return the elapsed time, nothing where the later work begins before the earlier ends."""
        return max(NO_TIME, self.later.span.starts_at - self.earlier.span.ends_at)


def rest_after(duty: Span) -> Span:
    """Return the rest that follows a duty at the hospital."""
    return Span(duty.ends_at, duty.ends_at + REST)


def list_rests(duties: Iterable[HeldDuty]) -> list[Rest]:
    """Return the rests of one person in order.

    Rest follows the daily work (ArbZG par. 5(1)), so work of one day that touches is one piece: a day at work
    may go on as standby (TV-Aerzte/VKA par. 10(2)). Work of the next day that touches has a rest of 0 h.
    """
    rests: list[Rest] = []
    last: HeldDuty | None = None
    for duty in _work(duties):
        if last is not None and not _goes_on(last, duty):
            rests.append(Rest(last, duty))
        if last is None or duty.span.ends_at > last.span.ends_at:
            last = duty
    return rests


def list_shortened(rests: Iterable[Rest], rules: DutyRules) -> list[Rest]:
    """Return the rests that are shortened within the law and that no longer rest makes up for.

    ArbZG par. 5(2): every shortening takes a rest of its own, before or after it. A rest counts only between
    two known duties: what nobody has planned yet is no rest.
    """
    rests = list(rests)
    long = [rest for rest in rests if rest.length >= timedelta(hours=rules.lengthened_rest_hours)]
    open_ones = []
    for rest in filter(lambda rest: is_shortened(rest, rules), rests):
        match = next((other for other in long if _is_near(rest, other, rules)), None)
        if match is None:
            open_ones.append(rest)
        else:
            long.remove(match)
    return open_ones


def is_shortened(rest: Rest, rules: DutyRules) -> bool:
    """Tell whether a rest is one that another may make up for."""
    return timedelta(hours=rules.compensated_rest_hours) <= rest.length < timedelta(hours=rules.rest_hours)


def list_stretches(duties: Iterable[HeldDuty]) -> list[list[HeldDuty]]:
    """Return the work of one person in stretches without any rest, each by start."""
    stretches: list[list[HeldDuty]] = []
    ends_at: datetime | None = None
    for duty in _work(duties):
        if ends_at is not None and duty.span.starts_at <= ends_at:
            stretches[-1].append(duty)
            ends_at = max(ends_at, duty.span.ends_at)
        else:
            stretches.append([duty])
            ends_at = duty.span.ends_at
    return stretches


def _work(duties: Iterable[HeldDuty]) -> list[HeldDuty]:
    return sorted((duty for duty in duties if duty.duty_type in WORK), key=lambda duty: duty.span)


def _goes_on(last: HeldDuty, duty: HeldDuty) -> bool:
    return duty.day == last.day and duty.span.starts_at <= last.span.ends_at


def _is_near(rest: Rest, other: Rest, rules: DutyRules) -> bool:
    return abs(other.starts_at - rest.starts_at) <= timedelta(days=rules.compensation_days)
