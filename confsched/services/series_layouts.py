"""What a changed series comes to: which of its dates go on as which, which are new, which are called off."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from confsched import clock
from confsched.domain.conferences import AHEAD
from confsched.domain.intervals import Span
from confsched.domain.permissions import Actor
from confsched.domain.series_changes import successors
from confsched.models.bookings import Booking
from confsched.models.conferences import Conference
from confsched.models.series import ConferenceSeries
from confsched.services import series_drafts, series_previews
from confsched.services.series_dates import SeriesDate
from confsched.services.series_drafts import SeriesDraft, SeriesPlan, draft_of, planned_dates
from confsched.services.series_previews import DatePreview, Obstacle


@dataclass(frozen=True)
class Layout:
    """Hold a change before it is made.

    `rows` are the dates that go on, by the instant of the date that they become; `gone` are called off,
    `skipped` were never held and are written anew; `kept` stand and are not touched. With `cut_on`, the last
    day of the series, a new one takes over those that go on.
    """

    plan: SeriesPlan
    previews: tuple[DatePreview, ...]
    rows: Mapping[datetime, Conference]
    gone: tuple[Conference, ...]
    skipped: tuple[Conference, ...]
    kept: tuple[Conference, ...]
    cut_on: date | None


def list_dates(session: Session, series: ConferenceSeries) -> list[Conference]:
    """Return every date of a series, those that were skipped or called off too, in the order of its rule."""
    query = (
        select(Conference)
        .where(Conference.series_id == series.id)
        .order_by(Conference.occurs_at)
        .options(
            selectinload(Conference.requirements),
            selectinload(Conference.booking).selectinload(Booking.participations),
        )
    )
    return list(session.scalars(query))


def is_ahead(row: Conference, now: datetime) -> bool:
    """Tell whether a date is still to come and may be changed."""
    return row.state in AHEAD and row.booking is not None and row.booking.starts_at > now


def is_in_series(row: Conference, now: datetime) -> bool:
    """Tell whether a change of the series changes a date to come; one that has left it stands alone."""
    return is_ahead(row, now) and row.booking is not None and row.booking.series_id is not None


def is_skipped(row: Conference) -> bool:
    """Tell whether a date was never to be held: a public holiday, nobody was invited."""
    return row.booking is None


def lay_out(
    session: Session,
    actor: Actor,
    series: ConferenceSeries,
    draft: SeriesDraft,
    *,
    since: Conference | None,
    now: datetime,
) -> Layout:
    """Say what a change of all dates to come, or of those since one of them, comes to.

    A date that has begun stays as it is. Where some have, a new rule, time or length begins a new series,
    since calendars would move what is over as well. Dates that were moved by hand stay moved as long as rule,
    time and length do.
    """
    rows = list_dates(session, series)
    first = since or next((row for row in rows if is_in_series(row, now)), None)
    is_split = first is not None and _begins_anew(series, draft, rows, first, since)
    if is_split:
        assert first is not None, "what is split begins with a date"
        draft = replace(draft, first_on=_first_of_split(series, draft, rows, first, now))
    elif draft.first_on is None or _has_begun(rows, now):
        draft = replace(draft, first_on=series.first_on)
    plan = series_drafts.checked(session, actor, draft, series.site, series=series)
    own = [row for row in rows if not is_split or _instant(row) >= _instant(first)]
    return _matched(session, actor, series, plan, own, is_split=is_split, now=now)


def _begins_anew(
    series: ConferenceSeries,
    draft: SeriesDraft,
    rows: Sequence[Conference],
    first: Conference,
    since: Conference | None,
) -> bool:
    """Tell whether a new series takes over: only where dates are left that stay with the old one."""
    if rows[0] is first:
        return False
    return since is not None or not is_alike(series, draft)


def is_alike(series: ConferenceSeries, draft: SeriesDraft) -> bool:
    """Tell whether a draft keeps rule, time and length."""
    mine = draft_of(series)
    return (mine.rule, mine.starts_at_local, mine.duration_minutes) == (
        draft.rule,
        draft.starts_at_local,
        draft.duration_minutes,
    )


def _has_begun(rows: Iterable[Conference], now: datetime) -> bool:
    return any(_instant(row) <= now for row in rows)


def _first_of_split(
    series: ConferenceSeries,
    draft: SeriesDraft,
    rows: Sequence[Conference],
    first: Conference,
    now: datetime,
) -> date:
    """Return from which day the new rule counts: in the same week, after all that stays and after today."""
    day = clock.local_day(_instant(first), series.zone)
    if is_alike(series, draft):
        return day
    former = [_days(row, series) for row in rows if _instant(row) < _instant(first)]
    last_kept = max((one for days in former for one in days), default=date.min)
    tomorrow = clock.local_day(now, series.zone) + timedelta(days=1)
    monday = day - timedelta(days=day.weekday())
    return min(day, max(monday, last_kept + timedelta(days=1), tomorrow))


def _days(row: Conference, series: ConferenceSeries) -> list[date]:
    instants = [_instant(row), *([row.booking.starts_at] if row.booking else [])]
    return [clock.local_day(at, series.zone) for at in instants]


def _instant(row: Conference | None) -> datetime:
    assert row is not None and row.occurs_at is not None, "a date of a series has its instant"
    return row.occurs_at


def _matched(
    session: Session,
    actor: Actor,
    series: ConferenceSeries,
    plan: SeriesPlan,
    rows: Sequence[Conference],
    *,
    is_split: bool,
    now: datetime,
) -> Layout:
    ahead = {_day(row, series): row for row in rows if is_in_series(row, now)}
    skipped = [row for row in rows if is_skipped(row) and _instant(row) > now]
    kept = [row for row in rows if row not in skipped and row not in ahead.values()]
    off = {_day(row, series) for row in kept}
    dates = [one for one in plan.dates if one.occurs_at > now or one.occurs_on in ahead]
    if is_split:
        # What was called off stays off, and what has left the series stays alone: the new one skips both.
        dates = [_without(one) if one.occurs_on in off else one for one in dates]
    else:
        dates = [one for one in dates if one.occurs_on not in off]
    former = successors(sorted(ahead), [one.occurs_on for one in dates if one.span])
    pairs = [(one, ahead.get(former[one.occurs_on]) if one.occurs_on in former else None) for one in dates]
    pairs = _as_moved(series, plan, pairs)
    return Layout(
        plan=plan,
        previews=_previews(session, actor, series, plan, pairs, now),
        rows={one.occurs_at: row for one, row in pairs if row is not None},
        gone=tuple(row for day, row in ahead.items() if day not in former.values()),
        skipped=tuple(skipped),
        kept=tuple(kept),
        cut_on=min([plan.first_on, *ahead]) - timedelta(days=1) if is_split else None,
    )


def _day(row: Conference, series: ConferenceSeries) -> date:
    return clock.local_day(_instant(row), series.zone)


def _without(one: SeriesDate) -> SeriesDate:
    return replace(one, held_on=None, span=None)


Pair = tuple[SeriesDate, Conference | None]


def _as_moved(series: ConferenceSeries, plan: SeriesPlan, pairs: Sequence[Pair]) -> list[Pair]:
    """Let dates that were moved by hand stay where they are, where rule, time and length stay."""
    if not is_alike(series, plan.draft):
        return list(pairs)
    by_rule = {
        one.occurs_at: one.span for one in planned_dates(draft_of(series), series.site, series.resource)
    }
    return [(_moved(one, row, by_rule.get(one.occurs_at), series.zone), row) for one, row in pairs]


def _moved(one: SeriesDate, row: Conference | None, by_rule: Span | None, zone: str) -> SeriesDate:
    if row is None or row.booking is None or by_rule is None:
        return one
    stands = Span(row.booking.starts_at, row.booking.ends_at)
    if stands == by_rule:
        return one
    return replace(one, span=stands, held_on=clock.local_day(stands.starts_at, zone))


def _previews(
    session: Session,
    actor: Actor,
    series: ConferenceSeries,
    plan: SeriesPlan,
    pairs: Sequence[Pair],
    now: datetime,
) -> tuple[DatePreview, ...]:
    found = series_previews.previews_of(
        session, actor, plan, [one for one, _ in pairs], now=now, without_series=series.id
    )
    known = subjects_known(series)
    return tuple(
        replace(one, obstacles=_new_obstacles(one, row, known))
        for one, (_, row) in zip(found, pairs, strict=True)
    )


def subjects_known(series: ConferenceSeries) -> frozenset[uuid.UUID]:
    """Return everybody and the room about whom was decided when the series got its dates."""
    rooms = [series.resource_id] if series.resource_id else []
    return frozenset((*(one.person_id for one in series.members), *rooms))


def _new_obstacles(
    one: DatePreview, row: Conference | None, known: frozenset[uuid.UUID]
) -> tuple[Obstacle, ...]:
    """Leave out what was decided already: a date that stays at its time asks about who is new only."""
    if not stays(one.date, row):
        return one.obstacles
    return tuple(obstacle for obstacle in one.obstacles if obstacle.subject_id not in known)


def stays(one: SeriesDate, row: Conference | None) -> bool:
    """Tell whether a date is held when it was to be held before."""
    booking = row.booking if row else None
    return bool(
        booking
        and one.span
        and (booking.starts_at, booking.ends_at) == (one.span.starts_at, one.span.ends_at)
    )
