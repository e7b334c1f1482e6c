"""Appointments of a foreign calendar: when they are, how they repeat, and whether they make a person busy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from confsched.formats import busy_notes
from confsched.formats.busy_budget import Budget
from confsched.formats.busy_limits import MAX_RULES
from confsched.formats.busy_lines import Component
from confsched.formats.busy_notes import Notes
from confsched.formats.busy_rules import Rule, read_rule
from confsched.formats.busy_values import (
    Length,
    Moment,
    Period,
    read_duration,
    read_line_moment,
    read_list,
    read_moment,
)
from confsched.formats.busy_zones import Zones

_FREE_KINDS = frozenset({"FREE", "WORKINGELSEWHERE"})


@dataclass(frozen=True)
class BoundedRule:
    """Hold a rule and its last instant or day, in the type of the event's start."""

    rule: Rule
    until: Moment | None


@dataclass(frozen=True)
class Event:
    """Hold a VEVENT as far as it says when somebody is busy; start <= end, both of one type."""

    uid: str
    sequence: int
    start: Moment
    end: Moment
    exact_seconds: int | None
    is_busy: bool
    recurrence_id: Moment | None
    changes_following: bool
    rules: tuple[BoundedRule, ...]
    extra_dates: tuple[Moment | Period, ...]
    exceptions: tuple[Moment | Period, ...]

    @property
    def repeats(self) -> bool:
        return bool(self.rules or self.extra_dates)


def read_events(calendar: Component, zones: Zones, notes: Notes, budget: Budget) -> list[Event]:
    """Return the events of one calendar; what cannot be read is noted."""
    is_cancellation = calendar.code("METHOD") == "CANCEL"
    events = []
    for number, component in enumerate(calendar.walk("VEVENT")):
        reader = _EventReader(component, zones, notes, budget)
        event = reader.read(f"no-uid-{number}", is_cancellation)
        if event:
            events.append(event)
    return events


@dataclass(frozen=True)
class _EventReader:
    component: Component
    zones: Zones
    notes: Notes
    budget: Budget

    def read(self, spare_uid: str, is_cancellation: bool) -> Event | None:
        try:
            start = self._moment("DTSTART")
        except ValueError:
            self.notes.add(busy_notes.unreadable_start)
            return None
        try:
            end, exact_seconds = self._end(start)
        except (ValueError, OverflowError):
            self.notes.add(busy_notes.unreadable_end)
            return None
        start, end = self._in_order(start, end)
        recurrence_id = self._recurrence_id()
        is_master = recurrence_id is None
        return Event(
            uid=self.component.text("UID") or spare_uid,
            sequence=_number(self.component.text("SEQUENCE")),
            start=start,
            end=end,
            exact_seconds=exact_seconds,
            is_busy=not is_cancellation and _is_busy(self.component),
            recurrence_id=recurrence_id,
            changes_following=self._changes_following(),
            rules=self._rules(start) if is_master else (),
            extra_dates=self._dates("RDATE") if is_master else (),
            exceptions=self._dates("EXDATE") if is_master else (),
        )

    def _moment(self, name: str) -> Moment:
        line = self.component.find(name)
        if line is None:
            raise ValueError("the property is missing")
        return read_line_moment(line, self.zones)

    def _end(self, start: Moment) -> tuple[Moment, int | None]:
        """Return the end, and the seconds of a DURATION that a clock change must not stretch."""
        if self.component.find("DTEND"):
            return self._moment("DTEND"), None
        if text := self.component.text("DURATION"):
            length = read_duration(text)
            return length.after(start), None if length.days else length.seconds
        return (start if isinstance(start, datetime) else Length(1, 0).after(start)), None

    def _in_order(self, start: Moment, end: Moment) -> tuple[Moment, Moment]:
        """Swap an end before its start, and give an all-day event that ends on its own day that day."""
        if isinstance(start, datetime) or isinstance(end, datetime):
            first, last = self._as_time(start), self._as_time(end)
            return (first, last) if first <= last else (last, first)
        first_day, last_day = min(start, end), max(start, end)
        return first_day, max(last_day, first_day + timedelta(days=1))

    def _as_time(self, moment: Moment) -> datetime:
        if isinstance(moment, datetime):
            return moment
        return datetime.combine(moment, time.min, self.zones.get(None))

    def _recurrence_id(self) -> Moment | None:
        if not self.component.find("RECURRENCE-ID"):
            return None
        try:
            return self._moment("RECURRENCE-ID")
        except ValueError:
            # It stands beside its series then: busy once too often, never free by mistake.
            return None

    def _changes_following(self) -> bool:
        line = self.component.find("RECURRENCE-ID")
        return line is not None and line.parameters.get("RANGE", "").upper() == "THISANDFUTURE"

    def _rules(self, start: Moment) -> tuple[BoundedRule, ...]:
        texts = sorted({line.value for line in self.component.all("RRULE") if line.value.strip()})
        try:
            return tuple(self._rule(text, start) for text in texts[:MAX_RULES])
        except ValueError:
            self.notes.add(busy_notes.unreadable_rule)
            return ()

    def _rule(self, text: str, start: Moment) -> BoundedRule:
        rule = read_rule(text)
        return BoundedRule(rule, self._until(rule.until, start) if rule.until else None)

    def _until(self, text: str, start: Moment) -> Moment:
        """Bring UNTIL into the type of DTSTART, which many files do not; a day means its last second."""
        line = self.component.find("DTSTART")
        zone_name = line.parameters.get("TZID") if line else None
        until = read_moment(text, zone_name, self.zones)
        if isinstance(start, datetime):
            is_time = isinstance(until, datetime)
            return until if is_time else datetime.combine(until, time(23, 59, 59), start.tzinfo)
        if isinstance(until, datetime):
            return until.astimezone(self.zones.get(None)).date()
        return until

    def _dates(self, name: str) -> tuple[Moment | Period, ...]:
        lines = self.component.all(name)
        self.budget.spend_listed_dates(sum(line.value.count(",") + 1 for line in lines))
        try:
            return tuple(read_list(lines, self.zones))
        except (ValueError, OverflowError):
            self.notes.add(busy_notes.unreadable_dates)
            return ()


def _is_busy(component: Component) -> bool:
    """Tell whether others see the person as busy: a whole day blocks too (RFC 5545, 3.8.2.7)."""
    return (
        component.code("TRANSP") != "TRANSPARENT"
        and component.code("STATUS") != "CANCELLED"
        and component.code("X-MICROSOFT-CDO-BUSYSTATUS") not in _FREE_KINDS
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
