"""Legal and practical checks of a roster: warnings that ask for a reason and never block."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from confsched.domain.rest import Rest, is_shortened, list_rests, list_shortened, list_stretches
from confsched.domain.roster_limits import check_numbers, check_weekends
from confsched.domain.roster_rules import DutyRules, HeldDuty, PersonFacts, RosterWarning, Rule, WarningKey
from confsched.errors import Message, msg

MINUTE = timedelta(minutes=1)
MINUTES_AN_HOUR = 60
SATURDAY = 5
NOTHING_KNOWN = PersonFacts()


@dataclass(frozen=True)
class _Frame:
    """Hold what every check of one call goes by."""

    first: date
    last: date
    zone: str
    rules: DutyRules

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last

    def saturdays(self) -> list[date]:
        days = (self.first.replace(day=number) for number in range(1, self.last.day + 1))
        return [day for day in days if day.weekday() == SATURDAY]


def check_roster(
    duties: Iterable[HeldDuty],
    facts: Mapping[UUID, PersonFacts],
    month: date,
    zone: str,
    rules: DutyRules,
) -> list[RosterWarning]:
    """Return the warnings for the month in which the day `month` lies, by day and person, each once.

    The duties bring along those around the month: for rest, stretches and weekends a day each side, for the
    compensation of a rest four weeks. A warning lies on the day of the later duty.
    """
    frame = _frame(month, zone, rules)
    found: dict[WarningKey, RosterWarning] = {}
    for person_id, held in _by_person(duties).items():
        for warning in _check_person(held, facts.get(person_id, NOTHING_KNOWN), frame):
            if frame.holds(warning.day):
                found.setdefault(warning.key, warning)
    return sorted(found.values(), key=lambda warning: (warning.day, warning.person_id, warning.rule))


def _frame(month: date, zone: str, rules: DutyRules) -> _Frame:
    _, days = monthrange(month.year, month.month)
    return _Frame(month.replace(day=1), month.replace(day=days), zone, rules)


def _by_person(duties: Iterable[HeldDuty]) -> dict[UUID, list[HeldDuty]]:
    people: dict[UUID, list[HeldDuty]] = defaultdict(list)
    for duty in sorted(duties, key=lambda duty: (duty.span, str(duty.line_id))):
        people[duty.person_id].append(duty)
    return people


def _check_person(duties: list[HeldDuty], facts: PersonFacts, frame: _Frame) -> Iterator[RosterWarning]:
    inside = [duty for duty in duties if frame.holds(duty.day)]
    yield from _check_rests(duties, frame.rules)
    yield from _check_length(duties, frame.rules)
    yield from _check_double(duties)
    yield from check_numbers(inside, facts.share, frame.zone, frame.rules)
    yield from check_weekends(duties, frame.saturdays(), frame.zone, frame.rules)
    yield from _check_contact(inside, facts)
    yield from _check_alert(inside, facts)
    for duty in inside:
        yield from _check_duty(duty, facts)


def _check_rests(duties: list[HeldDuty], rules: DutyRules) -> Iterator[RosterWarning]:
    rests = list_rests(duties)
    for rest in rests:
        if rest.length < timedelta(hours=rules.rest_hours) and not is_shortened(rest, rules):
            yield _rest_warning(rest, Rule.REST, _rest_message(rest, rules))
    for rest in list_shortened(rests, rules):
        yield _rest_warning(rest, Rule.REST_TO_COMPENSATE, _compensation_message(rest, rules))


def _check_length(duties: list[HeldDuty], rules: DutyRules) -> Iterator[RosterWarning]:
    """Yield one warning for each stretch of work that lasts too long by elapsed hours.

    24 h by the clock on the wall are 25 h of work in the night of October, and one hour too many.
    """
    cap = timedelta(hours=rules.cap_hours)
    for first, *more in list_stretches(duties):
        starts_at = first.span.starts_at
        stretch = (first, *more)
        crossing = next((duty for duty in stretch if duty.span.ends_at - starts_at > cap), None)
        if crossing:
            length = max(duty.span.ends_at for duty in stretch) - starts_at
            yield _two_days(crossing, first, Rule.TOO_LONG, _length_message(length, cap))


def _check_double(duties: list[HeldDuty]) -> Iterator[RosterWarning]:
    """Yield a warning where a person holds lines at once; a line beside a day at work is no double duty."""
    longest: HeldDuty | None = None
    for duty in _on_lines(duties):
        if longest is not None and duty.span.starts_at < longest.span.ends_at:
            yield _two_days(duty, longest, Rule.DOUBLE_DUTY, msg("Two duties at the same time."))
        if longest is None or duty.span.ends_at > longest.span.ends_at:
            longest = duty


def _check_contact(duties: list[HeldDuty], facts: PersonFacts) -> Iterator[RosterWarning]:
    first = next(iter(_on_lines(duties)), None)
    if facts.has_contact or first is None:
        return
    yield _warning(first, Rule.NO_CONTACT, msg("Neither a phone number nor a mail address is on record."))


def _check_alert(duties: list[HeldDuty], facts: PersonFacts) -> Iterator[RosterWarning]:
    """Yield one warning, at the first duty of an urgent line that would reach nobody."""
    first = next((duty for duty in duties if duty.line_id in facts.unalerted), None)
    if first is not None:
        yield _warning(first, Rule.NO_ALERT, msg("An urgent request would not reach this person."))


def _check_duty(duty: HeldDuty, facts: PersonFacts) -> Iterator[RosterWarning]:
    if any(duty.span.overlaps(absence) for absence in facts.absences):
        yield _warning(duty, Rule.ABSENT, msg("On duty during an absence."))
    if duty.day in facts.days_off:
        yield _warning(duty, Rule.DAY_OFF, msg("On duty on a fixed day off."))
    if duty.line_id and facts.lines is not None and duty.line_id not in facts.lines:
        yield _warning(duty, Rule.NOT_QUALIFIED, msg("Not entered as qualified for this line."))


def _on_lines(duties: Iterable[HeldDuty]) -> list[HeldDuty]:
    return [duty for duty in duties if duty.line_id]


def _warning(duty: HeldDuty, rule: Rule, message: Message, other_day: date | None = None) -> RosterWarning:
    return RosterWarning(duty.person_id, duty.day, rule, message, other_day)


def _two_days(duty: HeldDuty, other: HeldDuty, rule: Rule, message: Message) -> RosterWarning:
    return _warning(duty, rule, message, None if other.day == duty.day else other.day)


def _rest_warning(rest: Rest, rule: Rule, message: Message) -> RosterWarning:
    return _two_days(rest.later, rest.earlier, rule, message)


def _rest_message(rest: Rest, rules: DutyRules) -> Message:
    return msg(
        "Rest of %(rest)s instead of %(needed)s before the duty on %(day)s",
        rest=_length_text(rest.length),
        needed=_length_text(timedelta(hours=rules.rest_hours)),
        day=f"{rest.later.day:%d.%m.}",
    )


def _compensation_message(rest: Rest, rules: DutyRules) -> Message:
    return msg(
        "Rest of %(rest)s instead of %(needed)s: lengthen another one within %(days)s days to %(long)s.",
        rest=_length_text(rest.length),
        needed=_length_text(timedelta(hours=rules.rest_hours)),
        days=rules.compensation_days,
        long=_length_text(timedelta(hours=rules.lengthened_rest_hours)),
    )


def _length_message(length: timedelta, cap: timedelta) -> Message:
    return msg(
        "%(length)s of work in a row instead of at most %(cap)s.",
        length=_length_text(length),
        cap=_length_text(cap),
    )


def _length_text(length: timedelta) -> Message:
    hours, minutes = divmod(length // MINUTE, MINUTES_AN_HOUR)
    if minutes:
        return msg("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)
    return msg("%(hours)s h", hours=hours)
