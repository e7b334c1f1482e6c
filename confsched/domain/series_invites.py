"""Decide what one person is told when the dates of a series change: the series, one date, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from confsched.domain.invites import Kind

# What a person's calendar shows of a series: by the start that the rule gives, what matters of the date.
View = Mapping[datetime, object]


@dataclass(frozen=True)
class SeriesNews:
    """Tell a person about one date of a series, by the start that its rule gives; None: about all of it."""

    kind: Kind
    recurrence_at: datetime | None = None


def decide_series(before: View, after: View, off: Collection[datetime]) -> SeriesNews | None:
    """Return the one message that leads a person from what they were told to what holds now.

    `off` are the dates that nobody holds any more; who leaves a date that is held is un-invited. One changed
    date is told alone (RFC 5546 3.2.2.1); a date that is new to somebody comes with the whole series, as does
    more than one change: programs do not agree on several dates in one message.
    """
    if not before:
        return SeriesNews(Kind.INVITATION) if after else None
    if not after:
        return SeriesNews(_farewell(before, off))
    changed = [at for at in sorted({*before, *after}) if before.get(at) != after.get(at)]
    if not changed:
        return None
    if len(changed) > 1 or changed[0] not in before:
        return SeriesNews(Kind.UPDATE)
    if changed[0] in after:
        return SeriesNews(Kind.UPDATE, changed[0])
    return SeriesNews(_farewell(changed, off), changed[0])


def _farewell(dates: Collection[datetime], off: Collection[datetime]) -> Kind:
    return Kind.CANCELLATION if set(dates) <= set(off) else Kind.REMOVAL
