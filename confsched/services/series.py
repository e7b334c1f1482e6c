"""Series of conferences as people make them: looked at date by date first, then everybody is invited once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor, Permission
from confsched.errors import Conflict, Forbidden, Refusal, msg
from confsched.models.network import Site
from confsched.models.series import ConferenceSeries
from confsched.services import (
    access,
    audit,
    bookings,
    claims,
    idempotency,
    series_drafts,
    series_invitations,
    series_previews,
    series_records,
)
from confsched.services.series_dates import check_real
from confsched.services.series_drafts import Required, SeriesDraft, SeriesPlan, draft_of
from confsched.services.series_previews import DatePreview, Obstacle, mark_of
from confsched.services.series_records import DateWanted

__all__ = [
    "DatePreview",
    "Decision",
    "NotAllFree",
    "Obstacle",
    "Required",
    "SeriesDraft",
    "create",
    "draft_of",
    "mark_of",
    "preview",
]
PURPOSE = "series"
UID_DOMAIN = "confsched"


@dataclass(frozen=True)
class Decision:
    """Say what is done where somebody is taken: overruled with a reason, or left out on these dates.

    `seen` is the mark of the preview that was decided on, "" for none.
    """

    override_reason: str = ""
    leave_out: bool = False
    seen: str = ""


class NotAllFree(Conflict):
    """Say that dates are not free for everybody, or no longer as they were looked at."""

    def __init__(self, *, is_new: bool) -> None:
        text = msg("Not everybody is free on all dates. Choose below what is to be done about it.")
        if is_new:
            text = msg("Something has come between meanwhile. Look at the dates once more, then decide.")
        super().__init__(text)


def preview(session: Session, actor: Actor, draft: SeriesDraft, *, now: datetime) -> list[DatePreview]:
    """Return what stands in the way of each date; writes nothing, and raises Unfit with all that is wrong."""
    plan = _plan(session, actor, draft, now)
    return series_previews.previews_of(session, actor, plan, plan.dates, now=now)


def create(
    session: Session,
    actor: Actor,
    draft: SeriesDraft,
    *,
    now: datetime,
    key: str,
    override_reason: str = "",
    leave_out: bool = False,
    seen: str = "",
) -> ConferenceSeries:
    """Book every date and invite each member once; the same key returns the first series.

    All dates or none: raises NotAllFree where somebody is taken and nothing is decided about it, or where
    the dates are no longer as they were `seen`, and Taken where somebody was faster.
    """
    known = idempotency.find_result(session, actor, PURPOSE, key)
    if known is not None:
        return access.get_series(session, actor, known)
    plan = _plan(session, actor, draft, now)
    claims.line_up(session, series_drafts.subjects_of(draft))
    # Of two that were sent at once, the later one has waited for the people of the first.
    known = idempotency.find_result(session, actor, PURPOSE, key)
    if known is not None:
        return access.get_series(session, actor, known)
    previews = series_previews.previews_of(session, actor, plan, plan.dates, now=now)
    decision = Decision(override_reason, leave_out, seen)
    series = new_series(session, actor, plan, now=now)
    write(session, actor, series, plan, wanted_of(previews, decision, plan), decision, now=now)
    idempotency.remember(session, actor, PURPOSE, key, series.id, now=now)
    series_invitations.announce(session, series, series_invitations.before(session, None), now=now)
    return series


def _plan(session: Session, actor: Actor, draft: SeriesDraft, now: datetime) -> SeriesPlan:
    if not actor.may(Permission.RUN_CONFERENCES):
        raise Forbidden(msg("Your function does not include series of conferences. Ask your secretariat."))
    site = session.get_one(Site, actor.site_id)
    plan = series_drafts.checked(session, actor, draft, site)
    series_drafts.check_ahead(plan, now=now)
    return plan


def new_series(session: Session, actor: Actor, plan: SeriesPlan, *, now: datetime) -> ConferenceSeries:
    """Add the row of a series without its dates."""
    series_id = uuid.uuid4()
    series = ConferenceSeries(
        id=series_id,
        organisation_id=plan.site.organisation_id,
        site=plan.site,
        organiser_id=actor.person_id,
        zone=plan.site.zone,
        uid=f"{series_id}@{UID_DOMAIN}",
        sequence=0,
        revision=1,
        created_at=now,
        revised_at=now,
    )
    series_records.describe(session, actor, series, plan, now)
    session.add(series)
    session.flush()
    audit.record(session, actor, "series.create", series, now=now)
    return series


def wanted_of(previews: Iterable[DatePreview], decision: Decision, plan: SeriesPlan) -> list[DateWanted]:
    """Return the dates as they are to be, by what was decided about those who are taken."""
    previews = list(previews)
    check_real(one.date for one in previews)
    if decision.seen and decision.seen != mark_of(previews):
        raise NotAllFree(is_new=True)
    if any(one.taken for one in previews) and not (decision.leave_out or decision.override_reason.strip()):
        raise NotAllFree(is_new=bool(decision.seen))
    return [_wanted(one, decision, plan) for one in previews]


def _wanted(one: DatePreview, decision: Decision, plan: SeriesPlan) -> DateWanted:
    out = one.taken_ids if decision.leave_out else frozenset()
    people = frozenset(person.id for person in plan.people) - out
    if not people:
        raise Refusal(
            msg("On %(day)s nobody would be left. Choose another rule or time.", day=one.date.occurs_on),
            field="leave_out",
        )
    room_id = plan.room.id if plan.room and plan.room.id not in out else None
    return DateWanted(one.date, people, room_id)


def write(
    session: Session,
    actor: Actor,
    series: ConferenceSeries,
    plan: SeriesPlan,
    wanted: Sequence[DateWanted],
    decision: Decision,
    *,
    now: datetime,
) -> None:
    """Write the dates; a reason to overrule lets claims overlap, and both sides see it."""
    override = None if decision.leave_out else bookings.override_of(actor, decision.override_reason)
    series_records.write_dates(session, actor, series, plan, wanted, now=now, override=override)
