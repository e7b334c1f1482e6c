"""Limits of a month: standby and on-call duties, both kinds together, and free weekends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from confsched import clock
from confsched.domain.intervals import Span
from confsched.domain.kinds import DutyType
from confsched.domain.roster_rules import (
    FULL_TIME,
    ON_CALL,
    DutyRules,
    HeldDuty,
    RosterWarning,
    Rule,
    Share,
    exact_share,
    pro_rata,
)
from confsched.errors import Message, msg

ONE_DAY = timedelta(days=1)
ONE_WEEK = timedelta(weeks=1)
SATURDAY = 5
DAYS_A_WEEK = 7


def check_numbers(
    duties: Iterable[HeldDuty], share: Share, zone: str, rules: DutyRules
) -> Iterator[RosterWarning]:
    """Yield a warning for each duty of one person and month, in order, that goes beyond a number.

    A standby duty counts as one whatever its length. The agreement halves some short ones and allows a
    fifth in one month a quarter: that is the secretary's reason, the warning is given all the same.
    """
    standby = on_call = 0
    for duty in sorted(duties, key=lambda duty: duty.span):
        if duty.duty_type is DutyType.ON_SITE_STANDBY:
            standby += 1
            yield from _check_number(duty, standby, on_call, share, rules)
        elif duty.duty_type in ON_CALL:
            on_call += on_call_count(duty.span, zone)
            yield from _check_number(duty, standby, on_call, share, rules)


def on_call_count(span: Span, zone: str) -> int:
    """Return as how many on-call duties a span counts: one lasts at most 24 h by the clock on the wall.

    TV-Aerzte/VKA par. 10(8), note on sentence 4.
    """
    starts, ends = (clock.to_local(at, zone).replace(tzinfo=None) for at in (span.starts_at, span.ends_at))
    return max(1, -((starts - ends) // ONE_DAY))


def mixed_limit(standby: int, share: Share, rules: DutyRules) -> int:
    """Return how many on-call duties a month leaves beside so many standby duties.

    TV-Aerzte/VKA par. 10(12): beside 1, 2, 3 and 4 standby duties at most 10, 7, 4 and no on-call duties.
    Part time goes by proportion: at half time a standby duty weighs like two, and half of the on-call duties
    in the table are left; between two lines of the table the limit runs straight.
    """
    part = min(exact_share(share), FULL_TIME)
    if part <= 0:
        return 0
    weight = standby / part
    line = int(weight)
    here, after = _mixed_at(line, rules), _mixed_at(line + 1, rules)
    return pro_rata(here + (after - here) * (weight - line), part)


def check_weekends(
    duties: Sequence[HeldDuty], saturdays: Iterable[date], zone: str, rules: DutyRules
) -> Iterator[RosterWarning]:
    """Yield a warning for each weekend on duty of one person that takes a free one below the number."""
    spans = [(saturday, weekend_span(saturday, zone, rules)) for saturday in saturdays]
    taken = [
        (saturday, first)
        for saturday, span in spans
        if (first := next((duty for duty in duties if duty.span.overlaps(span)), None))
    ]
    for number, (saturday, first) in enumerate(taken, start=1):
        free = len(spans) - number
        if free < rules.free_weekends:
            yield _weekend_warning(saturday, first, free, rules)


@lru_cache(maxsize=1024)
def weekend_span(saturday: date, zone: str, rules: DutyRules) -> Span:
    """Return the weekend around a Saturday, from Friday 21:00 to Monday 05:00 where the rules say no other.

    TV-Aerzte/VKA on free weekends; it lasts 56 h, an hour less or more where the clock changes.
    """
    first = saturday + ONE_DAY * (rules.weekend_starts.weekday - SATURDAY)
    last = saturday + ONE_DAY * ((rules.weekend_ends.weekday - SATURDAY) % DAYS_A_WEEK)
    return Span(
        clock.to_instant(first, rules.weekend_starts.at, zone),
        clock.to_instant(last, rules.weekend_ends.at, zone),
    )


def touches_weekend(duty: HeldDuty, zone: str, rules: DutyRules) -> bool:
    """Tell whether some minute of a duty lies in a weekend."""
    saturday = duty.day + ONE_DAY * (SATURDAY - duty.day.weekday())
    return any(duty.span.overlaps(weekend_span(day, zone, rules)) for day in (saturday - ONE_WEEK, saturday))


def _check_number(
    duty: HeldDuty, standby: int, on_call: int, share: Share, rules: DutyRules
) -> Iterator[RosterWarning]:
    """Yield the first limit that the duty breaks, so that one duty too many is said once."""
    if duty.duty_type is DutyType.ON_SITE_STANDBY:
        if standby > (limit := pro_rata(rules.standby_limit, share)):
            yield _number_warning(duty, Rule.STANDBY_LIMIT, _standby_message(standby, limit, share))
            return
    elif on_call > (limit := pro_rata(rules.on_call_limit, share)):
        yield _number_warning(duty, Rule.ON_CALL_LIMIT, _on_call_message(on_call, limit, share))
        return
    if standby and on_call > (limit := mixed_limit(standby, share, rules)):
        yield _number_warning(duty, Rule.MIXED_LIMIT, _mixed_message(standby, on_call, limit, share))


def _number_warning(duty: HeldDuty, rule: Rule, message: Message) -> RosterWarning:
    return RosterWarning(duty.person_id, duty.day, rule, message)


def _standby_message(count: int, limit: int, share: Share) -> Message:
    return msg(
        "%(count)s standby duties this month instead of at most %(limit)s.",
        count=count,
        limit=_limit_text(limit, share),
    )


def _on_call_message(count: int, limit: int, share: Share) -> Message:
    return msg(
        "%(count)s on-call duties this month instead of at most %(limit)s.",
        count=count,
        limit=_limit_text(limit, share),
    )


def _mixed_message(standby: int, on_call: int, limit: int, share: Share) -> Message:
    return msg(
        "%(on_call)s on-call beside %(standby)s standby duties this month instead of at most %(limit)s.",
        on_call=on_call,
        standby=standby,
        limit=_limit_text(limit, share),
    )


def _limit_text(limit: int, share: Share) -> int | Message:
    if exact_share(share) >= FULL_TIME:
        return limit
    return msg(
        "%(limit)s at %(percent)s %% of full time", limit=limit, percent=round(exact_share(share) * 100)
    )


def _mixed_at(line: int, rules: DutyRules) -> Fraction:
    return Fraction(rules.mixed_limits[line] if line < len(rules.mixed_limits) else 0)


def _weekend_warning(saturday: date, first: HeldDuty, free: int, rules: DutyRules) -> RosterWarning:
    # A weekend belongs to the month of its Saturday, and so must the day under which it is warned of.
    is_inside = (first.day.year, first.day.month) == (saturday.year, saturday.month)
    message = msg(
        "Free weekends this month: %(count)s instead of %(needed)s.", count=free, needed=rules.free_weekends
    )
    return RosterWarning(first.person_id, first.day if is_inside else saturday, Rule.FREE_WEEKENDS, message)
