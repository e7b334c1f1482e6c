"""Working hours of a person: what holds when and where, entered, changed, ended."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.intervals import Span
from confsched.domain.permissions import Actor, Permission
from confsched.domain.working_hours import ORDINALS, WorkingHours, find_clash, is_ever_worked, working_spans
from confsched.errors import Refusal, msg
from confsched.models.network import Site
from confsched.models.people import Membership, Person
from confsched.models.rosters import WorkingHoursRow
from confsched.services import access, audit, idempotency

PURPOSE = "working_hours"
MAX_ROWS = 60  # of one person that hold or are to come
MAX_WEEKS = 8
DAYS_BACK = 400
DAYS_AHEAD = 800
LOOKED_AHEAD = timedelta(weeks=110)  # rhythms of up to eight weeks and of months have met by then, if ever
ONE_DAY = timedelta(days=1)
LONGEST = timedelta(days=20 * 366)


@dataclass(frozen=True)
class NewPattern:
    """Hold hours as they are entered; `ends` up to `starts` means the next day, to `valid_until` included."""

    site_id: uuid.UUID
    weekdays: tuple[int, ...]
    starts: time
    ends: time
    valid_from: date
    valid_until: date | None
    every_weeks: int = 1
    ordinal: int | None = None


@dataclass(frozen=True)
class PatternRow:
    """Hold hours with their site; what has not begun yet is removed, what holds is ended."""

    hours: WorkingHoursRow
    site: Site
    has_begun: bool


def list_patterns(session: Session, actor: Actor, person: Person, *, now: datetime) -> list[PatternRow]:
    """Return the hours that hold or are to come and that the actor may change, in the order of a week."""
    query = (
        access.visible(actor, WorkingHoursRow)
        .add_columns(Site)
        .join(Site, Site.id == WorkingHoursRow.site_id)
        .where(WorkingHoursRow.person_id == person.id)
        .order_by(WorkingHoursRow.weekday, WorkingHoursRow.starts, WorkingHoursRow.valid_from, Site.name)
    )
    rows = [
        PatternRow(hours, site, hours.valid_from <= _today(site, now))
        for hours, site in session.execute(query)
    ]
    return [row for row in rows if _holds_on(row.hours, _today(row.site, now))]


def list_sites(session: Session, actor: Actor, person: Person) -> list[Site]:
    """Return where the actor may enter hours of the person: the sites of the houses that both belong to."""
    houses = select(Membership.organisation_id).where(Membership.person_id == person.id)
    query = select(Site).where(Site.organisation_id.in_(houses)).order_by(Site.name)
    if person.id != actor.person_id:
        query = query.where(Site.organisation_id.in_(actor.organisations_with(Permission.EDIT_ROSTER)))
    return list(session.scalars(query))


def add_pattern(
    session: Session, actor: Actor, person: Person, new: NewPattern, *, now: datetime, key: str
) -> list[WorkingHoursRow]:
    """Enter hours, a row for each weekday; the same key enters them once.

    The person comes locked (loaded to change), so that two entries at once see each other.
    """
    known = idempotency.find_result(session, actor, PURPOSE, key)
    if known is not None:
        return _entered_with(session, access.get_row(session, actor, WorkingHoursRow, known))
    site = _site(session, actor, person, new)
    _check(new, _today(site, now))
    rows = [_row(person, new, weekday) for weekday in sorted(set(new.weekdays))]
    _check_apart(session, person, rows, site, now)
    session.add_all(rows)
    idempotency.remember(session, actor, PURPOSE, key, rows[0].id, now=now)
    for row in rows:
        audit.record(session, actor, "create", row, now=now)
    return rows


def change_pattern(
    session: Session,
    actor: Actor,
    person: Person,
    row: WorkingHoursRow,
    new: NewPattern,
    *,
    now: datetime,
    key: str,
) -> list[WorkingHoursRow]:
    """Let other hours hold from their first day on; until then those of the row stay as they were."""
    assert row.person_id == person.id, "the hours are this person's"
    if idempotency.find_result(session, actor, PURPOSE, key) is None:
        _make_room(session, actor, row, new.valid_from, now)
    return add_pattern(session, actor, person, new, now=now, key=key)


def end_pattern(
    session: Session, actor: Actor, row: WorkingHoursRow, last_on: date, *, now: datetime
) -> None:
    """Let the hours hold for the last time on a day; twice is the same as once."""
    if last_on < row.valid_from:
        raise Refusal(
            msg("These hours begin on %(day)s only. Choose that day or a later one.", day=row.valid_from),
            field="last_on",
        )
    if row.valid_until is not None and last_on > row.valid_until:
        raise Refusal(
            msg("These hours end on %(day)s already. Enter new hours for later.", day=row.valid_until),
            field="last_on",
        )
    if row.valid_until != last_on:
        row.valid_until = last_on
        audit.record(session, actor, "end", row, now=now)


def remove_pattern(session: Session, actor: Actor, row: WorkingHoursRow, *, now: datetime) -> None:
    """Forget hours that have not begun; those that hold are on record for the days they have held."""
    site = session.get_one(Site, row.site_id)
    if row.valid_from <= _today(site, now):
        raise Refusal(msg("These hours hold already. End them with a last day instead."))
    audit.record(session, actor, "remove", row, now=now)
    session.delete(row)


def _today(site: Site, now: datetime) -> date:
    return clock.local_day(now, site.zone)


def _holds_on(row: WorkingHoursRow, day: date) -> bool:
    return row.valid_until is None or row.valid_until >= day


def _entered_with(session: Session, first: WorkingHoursRow) -> list[WorkingHoursRow]:
    """Return the rows of one entry, told by their first: alike in all but the weekday."""
    columns = (
        *(WorkingHoursRow.person_id, WorkingHoursRow.site_id, WorkingHoursRow.starts, WorkingHoursRow.ends),
        *(WorkingHoursRow.valid_from, WorkingHoursRow.every_weeks, WorkingHoursRow.ordinal),
    )
    alike = [column.is_not_distinct_from(getattr(first, column.key)) for column in columns]
    return list(session.scalars(select(WorkingHoursRow).where(*alike).order_by(WorkingHoursRow.weekday)))


def _site(session: Session, actor: Actor, person: Person, new: NewPattern) -> Site:
    for site in list_sites(session, actor, person):
        if site.id == new.site_id:
            return site
    raise Refusal(msg("Choose a site of a house that this person belongs to."), field="site_id")


def _check(new: NewPattern, today: date) -> None:
    """Refuse at its field what cannot be meant."""
    if not new.weekdays or not set(new.weekdays) <= set(range(7)):
        raise Refusal(msg("Choose at least one weekday."), field="weekdays")
    if not 1 <= new.every_weeks <= MAX_WEEKS:
        raise Refusal(
            msg("Enter a number of weeks from 1 to %(count)s.", count=MAX_WEEKS), field="every_weeks"
        )
    if new.ordinal is not None and new.ordinal not in ORDINALS:
        raise Refusal(msg("Choose the first to fifth such day of the month, or the last."), field="ordinal")
    if new.ordinal is not None and new.every_weeks > 1:
        raise Refusal(msg("Choose either weeks or a day of the month, not both."), field="ordinal")
    _check_validity(new, today)


def _check_validity(new: NewPattern, today: date) -> None:
    if new.valid_until is not None and new.valid_until < new.valid_from:
        raise Refusal(msg("The end must be after the start. Choose a later day."), field="valid_until")
    if not today - DAYS_BACK * ONE_DAY <= new.valid_from <= today + DAYS_AHEAD * ONE_DAY:
        raise Refusal(msg("This is too far from today. Check the year."), field="valid_from")
    if new.valid_until is not None and new.valid_until > today + LONGEST:
        raise Refusal(msg("This is too far from today. Check the year."), field="valid_until")


def _row(person: Person, new: NewPattern, weekday: int) -> WorkingHoursRow:
    return WorkingHoursRow(
        person_id=person.id,
        site_id=new.site_id,
        weekday=weekday,
        starts=new.starts,
        ends=new.ends,
        valid_from=new.valid_from,
        valid_until=new.valid_until,
        every_weeks=new.every_weeks,
        ordinal=new.ordinal,
    )


def _check_apart(
    session: Session, person: Person, rows: list[WorkingHoursRow], site: Site, now: datetime
) -> None:
    """Refuse hours that never come, and hours in which the person is at work already, wherever that is."""
    new = [rule_of(row, site.zone) for row in rows]
    if not all(map(is_ever_worked, new)):
        raise Refusal(msg("None of these days lies between the two days of validity."), field="weekdays")
    others = _others(session, person, rows[0])
    if len(others) + len(rows) > MAX_ROWS:
        raise Refusal(msg("There are %(count)s working hours already. End some first.", count=len(others)))
    begin = clock.start_of_day(max(rows[0].valid_from, _today(site, now)), site.zone)
    window = Span(begin, begin + LOOKED_AHEAD)
    worked = working_spans(new, window, lambda _day: False)
    for other, at in others:
        clash = find_clash(worked, rule_of(other, at.zone), window)
        if clash:
            raise _overlap(other, at, clock.local_day(clash.starts_at, at.zone))


def _others(session: Session, person: Person, new: WorkingHoursRow) -> list[tuple[WorkingHoursRow, Site]]:
    """Return the hours of the person that share days of validity with new ones."""
    query = (
        select(WorkingHoursRow, Site)
        .join(Site, Site.id == WorkingHoursRow.site_id)
        .where(
            WorkingHoursRow.person_id == person.id,
            or_(
                WorkingHoursRow.valid_until.is_(None), WorkingHoursRow.valid_until >= new.valid_from - ONE_DAY
            ),
        )
    )
    if new.valid_until is not None:
        query = query.where(WorkingHoursRow.valid_from <= new.valid_until + ONE_DAY)
    query = query.order_by(WorkingHoursRow.valid_from, WorkingHoursRow.weekday, WorkingHoursRow.starts)
    return [(row, site) for row, site in session.execute(query)]


def _overlap(other: WorkingHoursRow, site: Site, day: date) -> Refusal:
    return Refusal(
        msg(
            "On %(day)s these hours overlap others: %(starts)s to %(ends)s at %(site)s. End those first.",
            day=f"{day:%d.%m.%Y}",
            starts=f"{other.starts:%H:%M}",
            ends=f"{other.ends:%H:%M}",
            site=site.short_name,
        ),
        field="starts",
    )


def rule_of(row: WorkingHoursRow, zone: str) -> WorkingHours:
    """Return the rule that hours on record say."""
    return WorkingHours(
        row.weekday, row.starts, row.ends, row.valid_from, row.valid_until, zone, row.every_weeks, row.ordinal
    )


def _make_room(session: Session, actor: Actor, row: WorkingHoursRow, day: date, now: datetime) -> None:
    """End hours on the day before others begin; hours that would never have held are removed."""
    if row.valid_from >= day:
        audit.record(session, actor, "remove", row, now=now)
        session.delete(row)
        session.flush()
    elif row.valid_until is None or row.valid_until >= day:
        end_pattern(session, actor, row, day - ONE_DAY, now=now)
        session.flush()
