"""Rules, states and obstacles of series in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from confsched.domain.kinds import ConferenceState
from confsched.domain.recurrence import Rule, Shape
from confsched.errors import Message, msg
from confsched.web.pages import sentence
from confsched.web.series_choices import NTHS, WEEKDAY_NAMES

# The words of a state, and how its tag looks.
STATES: Mapping[ConferenceState, tuple[Message, str | None]] = {
    ConferenceState.PLANNED: (msg("planned"), "draft"),
    ConferenceState.REGISTRATION_OPEN: (msg("registration open"), "ok"),
    ConferenceState.FROZEN: (msg("frozen"), "act"),
    ConferenceState.RUNNING: (msg("running"), "act"),
    ConferenceState.MINUTES_DRAFT: (msg("minutes as a draft"), "draft"),
    ConferenceState.RELEASED: (msg("minutes released"), "ok"),
    ConferenceState.ARCHIVED: (msg("archived"), None),
    ConferenceState.CANCELLED: (msg("called off"), "now"),
    ConferenceState.MERGED: (msg("merged with another date"), None),
}
SKIPPED: tuple[Message, str | None] = (msg("skipped"), None)
_NTH_WORDS = {int(value): words for value, words in NTHS}


def rule_words(text: str) -> str:
    """Return a rule as one reads it: "weekly: Thursday", "monthly: second Wednesday"."""
    rule = Rule.from_text(text)
    if rule.shape is Shape.WEEKLY:
        days = _listed(WEEKDAY_NAMES[day] for day in rule.weekdays)
        if rule.interval_weeks == 1:
            return sentence(msg("weekly: %(days)s", days=days))
        return sentence(msg("every %(count)s weeks: %(days)s", count=rule.interval_weeks, days=days))
    if rule.shape is Shape.MONTH_DAY:
        return sentence(msg("monthly: day %(day)s", day=rule.month_day))
    if rule.shape is Shape.LAST_WORKDAY:
        return sentence(msg("monthly: last working day"))
    days = _listed(_nth(week, day) for week, day in rule.nths)
    return sentence(msg("monthly: %(days)s", days=days))


def _nth(week: int, day: int) -> Message:
    return msg("%(which)s %(weekday)s", which=_NTH_WORDS[week], weekday=WEEKDAY_NAMES[day])


def _listed(words: Iterable[Message]) -> str:
    return ", ".join(sentence(word) for word in words)
