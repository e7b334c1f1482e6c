"""Changing a series: all dates to come, one of them and those after it, a later end, its end."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, msg
from confsched.models.conferences import Conference
from confsched.models.series import ConferenceSeries
from confsched.services import audit, bookings, carry_over, claims, series_invitations, series_records
from confsched.services.series import Decision, new_series, wanted_of
from confsched.services.series_drafts import SeriesDraft, draft_of, subjects_of
from confsched.services.series_layouts import (
    Layout,
    is_ahead,
    is_in_series,
    lay_out,
    list_dates,
    stays,
    subjects_known,
)
from confsched.services.series_previews import DatePreview
from confsched.services.series_records import DateWanted

PLAIN = Decision()


def preview_change(
    session: Session,
    actor: Actor,
    series: ConferenceSeries,
    draft: SeriesDraft,
    *,
    now: datetime,
    since: Conference | None = None,
) -> Layout:
    """Return what a change comes to; writes nothing, and raises Unfit with all that is wrong."""
    _check_open(series)
    return lay_out(session, actor, series, draft, since=since, now=now)


def change_all(
    session: Session,
    actor: Actor,
    series: ConferenceSeries,
    draft: SeriesDraft,
    *,
    now: datetime,
    decision: Decision = PLAIN,
    reason: str = "",
) -> ConferenceSeries:
    """Change every date to come, and tell each member once; returns the series that holds them then.

    Where dates have begun and rule, time or length change, that is a new one. Raises NotAllFree and Taken
    as making a series does.
    """
    return _change(session, actor, series, draft, None, decision, reason, now)


def change_following(
    session: Session,
    actor: Actor,
    conference: Conference,
    draft: SeriesDraft,
    *,
    now: datetime,
    decision: Decision = PLAIN,
    reason: str = "",
) -> ConferenceSeries:
    """Change one date and those after it: the series is cut before it, and a new one takes them over.

    The dates keep their rows, and so their cases. Of the first date on, the series itself is changed.
    """
    series = series_of(conference)
    if not is_in_series(conference, now):
        raise Conflict(msg("This date has begun, is called off, or has left its series. Choose another one."))
    return _change(session, actor, series, draft, conference, decision, reason, now)


def prolong(
    session: Session,
    actor: Actor,
    series: ConferenceSeries,
    until_on: date | None,
    *,
    now: datetime,
    decision: Decision = PLAIN,
) -> ConferenceSeries:
    """Let a series go on until a later day; a day that is no later changes nothing."""
    if until_on is not None and until_on <= series.until_on:
        return series
    draft = replace(draft_of(series), until_on=until_on)
    return change_all(session, actor, series, draft, now=now, decision=decision)


def cancel_series(
    session: Session, actor: Actor, series: ConferenceSeries, *, now: datetime, reason: str = ""
) -> None:
    """Call off every date to come and tell each member once; what has begun stays. Twice is once."""
    if series.ended_at is not None:
        return
    reason = bookings.checked_reason(reason, field="reason")
    was = series_invitations.before(session, series)
    ahead = [row for row in list_dates(session, series) if is_ahead(row, now)]
    taken = {p.person_id for row in ahead if row.booking for p in row.booking.participations}
    claims.line_up(session, taken)
    series_records.call_off(session, actor, ahead, now=now, reason=reason)
    series.ended_at = now
    audit.record(session, actor, "series.cancel", series, now=now, detail=reason)
    series_invitations.announce(session, series, was, now=now, reason=reason)


def series_of(conference: Conference) -> ConferenceSeries:
    """Return the series of a date; raises Conflict for a conference that stands alone."""
    if conference.series is None:
        raise Conflict(msg("This conference belongs to no series."))
    return conference.series


def _check_open(series: ConferenceSeries) -> None:
    if series.ended_at is not None:
        raise Conflict(msg("This series has been called off. Make a new one."))


def _change(
    session: Session,
    actor: Actor,
    series: ConferenceSeries,
    draft: SeriesDraft,
    since: Conference | None,
    decision: Decision,
    reason: str,
    now: datetime,
) -> ConferenceSeries:
    _check_open(series)
    reason = bookings.checked_reason(reason, field="reason")
    was = series_invitations.before(session, series)
    # Whoever was faster has written by then, and stands in the way.
    claims.line_up(session, subjects_of(draft))
    layout = lay_out(session, actor, series, draft, since=since, now=now)
    wanted = _wanted(series, layout, decision)
    series_records.call_off(session, actor, layout.gone, now=now, reason=reason)
    _forget(session, layout.skipped)
    changed = _series_for(session, actor, series, layout, now)
    kept = _standing(layout) if layout.cut_on is None else {}
    override = None if decision.leave_out else bookings.override_of(actor, decision.override_reason)
    series_records.write_dates(
        session, actor, changed, layout.plan, wanted, now=now, override=override, kept=kept
    )
    series_invitations.announce(session, series, was, now=now, reason=reason)
    if changed is not series:
        series_invitations.announce(session, changed, was, now=now, reason=reason)
    for row in layout.gone:
        # In the series that goes on, so that its cases find the next date there.
        row.series = changed
        carry_over.carry_over(session, actor, row, now=now)
    return changed


def _series_for(
    session: Session, actor: Actor, series: ConferenceSeries, layout: Layout, now: datetime
) -> ConferenceSeries:
    """Return the series that is to hold the dates: the same one, or a new one after a cut."""
    if layout.cut_on is None:
        series_records.describe(session, actor, series, layout.plan, now)
        audit.record(session, actor, "series.change", series, now=now)
        return series
    changed = new_series(session, actor, layout.plan, now=now)
    changed.organiser_id, changed.former_id = series.organiser_id, series.id
    series.until_on = max(series.first_on, layout.cut_on)
    audit.record(session, actor, "series.cut", series, now=now, detail=str(changed.id))
    return changed


def _forget(session: Session, skipped: Sequence[Conference]) -> None:
    """Delete dates that were never held nor told to anybody: their rule gives them anew."""
    for row in skipped:
        for step in row.steps:
            session.delete(step)
        session.flush()
        session.expire(row, ["steps"])
        session.delete(row)
    session.flush()


def _standing(layout: Layout) -> dict[datetime, Span]:
    """Return the dates that are not touched and stand in the calendars of the series."""
    return {
        row.booking.recurrence_at: Span(row.booking.starts_at, row.booking.ends_at)
        for row in layout.kept
        if row.booking is not None and row.booking.recurrence_at is not None
    }


def _wanted(series: ConferenceSeries, layout: Layout, decision: Decision) -> list[DateWanted]:
    """Return each date with its row; who was left out of one before stays out of it."""
    known = subjects_known(series)
    has_other_room = layout.plan.draft.resource_id != series.resource_id
    return [
        _with_row(one, preview, layout, known, has_other_room=has_other_room)
        for one, preview in zip(
            wanted_of(layout.previews, decision, layout.plan), layout.previews, strict=True
        )
    ]


def _with_row(
    one: DateWanted,
    preview: DatePreview,
    layout: Layout,
    known: frozenset[uuid.UUID],
    *,
    has_other_room: bool,
) -> DateWanted:
    row = layout.rows.get(preview.date.occurs_at)
    if row is None or row.booking is None:
        return one
    if not stays(preview.date, row):
        return replace(one, row=row)
    standing = {p.person_id for p in row.booking.participations if p.removed_at is None}
    people = frozenset(person for person in one.people if person not in known or person in standing)
    room_id = one.room_id if has_other_room else row.booking.resource_id
    return replace(one, row=row, people=people, room_id=room_id)
