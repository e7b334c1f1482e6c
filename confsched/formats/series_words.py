"""Say in words how a series comes back: "every Thursday, 15:00–16:00, until Thu 25 Nov 2027"."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import get_day_names
from babel.lists import format_list

from confsched.clock import local_day, to_local
from confsched.domain.intervals import Span
from confsched.domain.recurrence import LAST, Rule, Shape
from confsched.errors import Message, msg
from confsched.formats.dates import format_day, format_span, format_time
from confsched.i18n import translate

MAX_NAMED = 8
NTHS: Mapping[int, Message] = {
    1: msg("first %(weekday)s", weekday=""),
    2: msg("second %(weekday)s", weekday=""),
    3: msg("third %(weekday)s", weekday=""),
    4: msg("fourth %(weekday)s", weekday=""),
    LAST: msg("last %(weekday)s", weekday=""),
}


@dataclass(frozen=True)
class Rhythm:
    """Hold when a series is held: its first date, the start of its last, and where it leaves its rule.

    `left_out` are starts by the rule, `moved` such starts with the time that is held instead.
    """

    rule: Rule
    first: Span
    until_at: datetime
    zone: str
    left_out: tuple[datetime, ...] = ()
    moved: tuple[tuple[datetime, Span], ...] = ()


def rule_words(rule: Rule, language: str) -> str:
    """Return a rule in words: "every Tuesday and Thursday", "monthly on the last Friday"."""
    if rule.shape is Shape.LAST_WORKDAY:
        return translate(msg("on the last workday (Mon–Fri) of each month"), language)
    if rule.shape is Shape.MONTH_DAY:
        return translate(msg("on day %(day)s of each month", day=rule.month_day), language)
    if rule.shape is Shape.NTH_WEEKDAY:
        return translate(msg("monthly on the %(days)s", days=_nth_words(rule, language)), language)
    names = _weekdays(language)
    days = _listed([names[day] for day in rule.weekdays], language)
    if rule.interval_weeks == 1:
        return translate(msg("every %(days)s", days=days), language)
    count = rule.interval_weeks
    return translate(msg("every %(count)s weeks on %(days)s", count=count, days=days), language)


def series_words(rhythm: Rhythm, language: str, reader_zone: str) -> str:
    """Return when a series is held, with the days it leaves out and the dates held at another time.

    Hours are those on the wall of the series; a reader elsewhere is told its zone.
    """
    zone, first = rhythm.zone, rhythm.first
    times = f"{format_time(first.starts_at, zone, language)}–{format_time(first.ends_at, zone, language)}"
    held = msg(
        "%(rule)s, %(times)s, until %(day)s",
        rule=rule_words(rhythm.rule, language),
        times=times if reader_zone == zone else f"{times} ({zone})",
        day=format_day(local_day(rhythm.until_at, zone), language),
    )
    parts = [translate(held, language), _gap_words([local_day(at, zone) for at in rhythm.left_out], language)]
    # A date with another room or link is held when the rule says.
    moved = [(at, span) for at, span in rhythm.moved if span != Span(at, at + first.duration)]
    parts += [_move_words(at, span, zone, language) for at, span in moved[:MAX_NAMED]]
    return "; ".join(part for part in parts if part)


def _nth_words(rule: Rule, language: str) -> str:
    names = _weekdays(language)
    return _listed(
        [translate(Message(NTHS[week].text, {"weekday": names[day]}), language) for week, day in rule.nths],
        language,
    )


def _gap_words(days: Sequence[date], language: str) -> str:
    if not days:
        return ""
    named = [format_day(day, language) for day in days[:MAX_NAMED]]
    if len(days) > MAX_NAMED:
        named.append(translate(msg("%(count)s more days", count=len(days) - MAX_NAMED), language))
    return translate(msg("not on %(days)s", days=_listed(named, language)), language)


def _move_words(at: datetime, span: Span, zone: str, language: str) -> str:
    day = format_day(to_local(at, zone).date(), language)
    return translate(
        msg("%(span)s instead of %(day)s", span=format_span(span, zone, language), day=day), language
    )


def _weekdays(language: str) -> Mapping[int, str]:
    return get_day_names("wide", locale=language)


def _listed(words: Collection[str], language: str) -> str:
    return format_list(list(words), locale=language)
