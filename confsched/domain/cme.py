"""Who is credited with further education, and which report makes the chamber know the same as we do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from confsched.domain.intervals import Span
from confsched.domain.kinds import CmeReportKind

MINUTE = timedelta(minutes=1)


class Credit(StrEnum):
    """Say whether somebody is credited, and if not, why not."""

    CREDITED = "credited"
    NO_EFN = "no_efn"
    TOO_SHORT = "too_short"


@dataclass(frozen=True)
class Attended:
    """Hold one attendance: from when until when (None: to the end), under which number."""

    id: UUID
    efn: str
    came_at: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class Reported:
    """Hold one file that went to the chamber: its kind, and the number of each attendance in it."""

    kind: CmeReportKind
    efns: Mapping[UUID, str]


def minutes_there(one: Attended, event: Span) -> int:
    """Return the whole minutes of the event at which somebody was there."""
    starts_at, ends_at = max(one.came_at, event.starts_at), min(one.left_at or event.ends_at, event.ends_at)
    return max(0, (ends_at - starts_at) // MINUTE)


def credit_of(one: Attended, event: Span, least_minutes: int) -> Credit:
    """Return whether somebody is credited: with a number, and there for long enough."""
    if minutes_there(one, event) < least_minutes:
        return Credit.TOO_SHORT
    return Credit.CREDITED if one.efn else Credit.NO_EFN


def known_to_chamber(reports: Iterable[Reported]) -> dict[UUID, str]:
    """Return what the chamber knows after these reports, the first one first.

    A full report replaces what was reported before, a late one adds, a deletion takes away.
    """
    known: dict[UUID, str] = {}
    for report in reports:
        if report.kind is CmeReportKind.DELETION:
            known = {key: efn for key, efn in known.items() if report.efns.get(key) != efn}
        else:
            known = ({} if report.kind is CmeReportKind.FULL else known) | dict(report.efns)
    return known


def entries(
    kind: CmeReportKind,
    attended: Sequence[Attended],
    event: Span,
    least_minutes: int,
    known: Mapping[UUID, str],
) -> dict[UUID, str]:
    """Return the numbers that a report of a kind has to hold, so that the chamber knows what is true.

    Who was reported under another number is deleted under the old one first, and reported late under the new.
    """
    due = {one.id: one.efn for one in attended if credit_of(one, event, least_minutes) is Credit.CREDITED}
    if kind is CmeReportKind.FULL:
        return due
    if kind is CmeReportKind.LATE:
        return {key: efn for key, efn in due.items() if known.get(key) is None}
    return {key: efn for key, efn in known.items() if due.get(key) != efn}
