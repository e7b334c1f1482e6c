"""What somebody types who makes or changes a series, checked as a whole: everything that is wrong at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import ParamSpec, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from confsched.domain.holidays import is_public_holiday
from confsched.domain.kinds import ConferenceKind, HolidayRule, LateRule, StandardCare
from confsched.domain.permissions import Actor
from confsched.domain.recurrence import Rule, occurrences
from confsched.domain.series_dates import PlannedDate, apply_holidays
from confsched.errors import Refusal, msg
from confsched.models.network import Resource, Site
from confsched.models.people import Membership, Person
from confsched.models.series import ConferenceSeries
from confsched.services import directory
from confsched.services.conference_checks import checked_duration, checked_link, checked_room, checked_title
from confsched.services.findings import Findings
from confsched.services.series_dates import SeriesDate, dates_of

MAX_MEMBERS = 60
MAX_REQUIRED = 20
MAX_COUNT = 20
MAX_CUTOFF_MINUTES = 14 * 1440
MAX_RETIME_MINUTES = 60
YEARS = range(1970, 2200)  # at the ends of the calendar, arithmetic fails
REQUIRED, MEMBERS = "required", "person_ids"

P = ParamSpec("P")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Required:
    """Ask for so many people of a discipline at each date, specialists or anybody who has it."""

    discipline: str
    count: int = 1
    specialists_only: bool = False


@dataclass(frozen=True)
class SeriesDraft:
    """Hold what was typed; `rule` is an RRULE without UNTIL, capacity None stands for the whole length."""

    title: str
    rule: str
    first_on: date | None
    until_on: date | None
    starts_at_local: time | None
    duration_minutes: int
    chair_id: uuid.UUID | None
    deputy_id: uuid.UUID | None = None
    member_ids: tuple[uuid.UUID, ...] = ()
    required: tuple[Required, ...] = ()
    partner_site_ids: tuple[uuid.UUID, ...] = ()
    resource_id: uuid.UUID | None = None
    join_link: str = ""
    kind: ConferenceKind = ConferenceKind.CASE_CONFERENCE
    holiday_rule: HolidayRule = HolidayRule.SKIP
    late_rule: LateRule = LateRule.CHAIR_APPROVES
    standard_care: StandardCare = StandardCare.LISTED
    cutoff_minutes: int = 1440
    capacity_minutes: int | None = None
    retime_minutes: int = 5


@dataclass(frozen=True)
class SeriesPlan:
    """Hold a draft that is fit, with its dates, and its people: the chair first, then the deputy."""

    draft: SeriesDraft
    site: Site
    dates: tuple[SeriesDate, ...]
    people: tuple[Person, ...]
    room: Resource | None

    @property
    def first_on(self) -> date:
        """Return the first day that the rule gives: a calendar's DTSTART lies inside its own rule."""
        return self.dates[0].occurs_on


def draft_of(series: ConferenceSeries) -> SeriesDraft:
    """Return a series as it would be typed."""
    leads = {series.chair_id, series.deputy_id}
    return SeriesDraft(
        title=series.title,
        rule=series.rule,
        first_on=series.first_on,
        until_on=series.until_on,
        starts_at_local=series.starts_at_local,
        duration_minutes=series.duration_minutes,
        chair_id=series.chair_id,
        deputy_id=series.deputy_id,
        member_ids=tuple(one.person_id for one in series.members if one.person_id not in leads),
        required=tuple(
            Required(one.discipline or "", one.count, one.specialists_only) for one in series.requirements
        ),
        partner_site_ids=tuple(sorted(one.site_id for one in series.partners)),
        resource_id=series.resource_id,
        join_link=series.join_link,
        kind=series.kind,
        holiday_rule=series.holiday_rule,
        late_rule=series.late_rule,
        standard_care=series.standard_care,
        cutoff_minutes=series.cutoff_minutes,
        capacity_minutes=(
            None if series.capacity_minutes == series.duration_minutes else series.capacity_minutes
        ),
        retime_minutes=series.retime_minutes,
    )


def subjects_of(draft: SeriesDraft) -> list[uuid.UUID]:
    """Return everybody and the room that the dates of a series take."""
    named = (draft.chair_id, draft.deputy_id, draft.resource_id)
    return [*(one for one in named if one is not None), *draft.member_ids]


def checked(
    session: Session, actor: Actor, draft: SeriesDraft, site: Site, *, series: ConferenceSeries | None = None
) -> SeriesPlan:
    """Return what the draft comes to at a site, or raise Unfit with all that is wrong with it.

    A `series` that is changed may keep its room, although whoever changes it works elsewhere.
    """
    found = Findings()
    title = found.keep(checked_title, draft.title)
    link = found.keep(checked_link, draft.join_link)
    found.keep(checked_duration, draft.duration_minutes)
    if series is None or draft.resource_id != series.resource_id:
        found.keep(checked_room, session, actor, draft.resource_id)
    people = found.keep(_people, session, draft)
    found.keep(_check_required, session, draft)
    found.keep(_check_numbers, draft)
    room = session.get(Resource, draft.resource_id) if draft.resource_id else None
    planned = found.keep(_at, "pattern", _planned, draft, room.site if room else site)
    starts_at_local = found.keep(_checked_start, draft.starts_at_local)
    found.raise_all()
    assert title and people and planned and starts_at_local is not None, "what is missing was refused"
    fit = replace(
        draft,
        title=title,
        join_link=link or "",
        rule=planned[0].to_text(),
        partner_site_ids=_partners(session, draft),
    )
    return SeriesPlan(fit, site, planned_dates(fit, site, room), people, room)


def planned_dates(draft: SeriesDraft, site: Site, room: Resource | None) -> tuple[SeriesDate, ...]:
    """Return the dates that a draft comes to; public holidays are those of where it is held."""
    host = room.site if room else site
    assert draft.starts_at_local is not None, "the draft was checked"
    _, days = _planned(draft, host)
    return dates_of(days, draft.starts_at_local, draft.duration_minutes, zone=site.zone, state=host.state)


def _at(field: str, check: Callable[P, Value], *args: P.args, **kwargs: P.kwargs) -> Value:
    """Let a refusal that names no input, or the rule as a whole, be said at the one that is there."""
    try:
        return check(*args, **kwargs)
    except Refusal as refusal:
        if refusal.field in (None, "rule"):
            raise Refusal(refusal.message, field=field) from refusal
        raise


def _planned(draft: SeriesDraft, host: Site) -> tuple[Rule, list[PlannedDate]]:
    if draft.first_on is None or draft.until_on is None:
        raise Refusal(msg("Choose a day."), field="first_on" if draft.first_on is None else "until_on")
    if draft.first_on.year not in YEARS:
        raise Refusal(msg("Choose a day with a year of four digits, such as 2026."), field="first_on")
    rule = Rule.from_text(draft.rule)
    days = occurrences(rule, draft.first_on, draft.until_on)
    return rule, apply_holidays(days, draft.holiday_rule, lambda day: is_public_holiday(day, host.state))


def _checked_start(starts_at_local: time | None) -> time:
    if starts_at_local is None:
        raise Refusal(msg("Choose a time of day."), field="starts_at_local")
    return starts_at_local


def _people(session: Session, draft: SeriesDraft) -> tuple[Person, ...]:
    """Return everybody of the series: the chair first, then the deputy, each once."""
    if draft.chair_id is None:
        raise Refusal(msg("Say who chairs the conference."), field="chair_id")
    if draft.deputy_id == draft.chair_id:
        raise Refusal(msg("The deputy has to be somebody else."), field="deputy_id")
    leads = (draft.chair_id, draft.deputy_id) if draft.deputy_id else (draft.chair_id,)
    wanted = list(dict.fromkeys((*leads, *draft.member_ids)))
    if len(wanted) > MAX_MEMBERS:
        raise Refusal(msg("At most %(count)s people.", count=MAX_MEMBERS), field=MEMBERS)
    query = (
        select(Person)
        .where(Person.id.in_(wanted), Person.memberships.any())
        .options(selectinload(Person.memberships).selectinload(Membership.site))
    )
    found = {person.id: person for person in session.scalars(query)}
    if len(found) < len(wanted):
        raise Refusal(msg("One of these people is no longer in the network. Choose again."), field=MEMBERS)
    return tuple(found[person_id] for person_id in wanted)


def _check_required(session: Session, draft: SeriesDraft) -> None:
    if len(draft.required) > MAX_REQUIRED:
        raise Refusal(msg("At most %(count)s requirements.", count=MAX_REQUIRED), field=REQUIRED)
    found, known = Findings(), frozenset(directory.list_disciplines(session))
    for place, one in enumerate(draft.required):
        found.keep(_check_one_required, one, known, required_field(place))
    found.raise_all()


def _check_one_required(one: Required, known: frozenset[str], field: str) -> None:
    if one.discipline not in known:
        raise Refusal(msg("Choose a discipline from the list."), field=field)
    if not 1 <= one.count <= MAX_COUNT:
        raise Refusal(msg("Ask for 1 to %(count)s people.", count=MAX_COUNT), field=field)


def required_field(place: int) -> str:
    """Return the field that a refusal of one requirement names: its place in the draft."""
    return f"{REQUIRED}-{place}"


def _check_numbers(draft: SeriesDraft) -> None:
    found = Findings()
    found.keep(_check_range, draft.cutoff_minutes, 0, MAX_CUTOFF_MINUTES, "cutoff_minutes")
    found.keep(_check_range, draft.retime_minutes, 0, MAX_RETIME_MINUTES, "retime_minutes")
    if draft.capacity_minutes is not None:
        found.keep(_check_range, draft.capacity_minutes, 1, draft.duration_minutes, "capacity_minutes")
    found.raise_all()


def _check_range(number: int, least: int, most: int, field: str) -> None:
    if not least <= number <= most:
        raise Refusal(msg("Choose a number from %(least)s to %(most)s.", least=least, most=most), field=field)


def _partners(session: Session, draft: SeriesDraft) -> tuple[uuid.UUID, ...]:
    """Return the sites that may bring cases; one that is gone meanwhile is left out."""
    found = session.scalars(select(Site.id).where(Site.id.in_(draft.partner_site_ids)))
    return tuple(sorted(found))


def check_ahead(plan: SeriesPlan, *, now: datetime) -> None:
    """Refuse a first date that has begun: nobody is invited into the past."""
    first = plan.dates[0]
    if (first.span.starts_at if first.span else first.occurs_at) <= now:
        raise Refusal(msg("This day is over. Please choose a later one."), field="first_on")
