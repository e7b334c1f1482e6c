"""People, their functions at sites and the hours they work."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor, Function
from confsched.errors import Refusal, msg
from confsched.models.accounts import Account
from confsched.models.guests import Guest
from confsched.models.network import Department, Site
from confsched.models.people import Membership, Person
from confsched.models.rosters import WorkingHoursRow
from confsched.services import audit

ONE_DAY = timedelta(days=1)
WORKDAYS = range(5)
FULL_TIME_PERCENT = 100


@dataclass(frozen=True)
class NewPerson:
    """Hold what is known about a person who joins the network."""

    given_name: str
    family_name: str
    email: str
    title: str = ""
    phone: str = ""
    discipline: str = ""
    is_specialist: bool = False
    language: str = "de"
    zone: str = "Europe/Berlin"


@dataclass(frozen=True)
class WeeklyHours:
    """Hold hours of one weekday (0 is Monday) in local time; `ends` up to `starts` means the next day."""

    weekday: int
    starts: time
    ends: time


def office_hours(starts: time = time(8), ends: time = time(16)) -> list[WeeklyHours]:
    """Return the same hours for Monday to Friday."""
    return [WeeklyHours(weekday, starts, ends) for weekday in WORKDAYS]


def add_person(session: Session, actor: Actor | None, new: NewPerson, *, now: datetime) -> Person:
    """Add one person; refuses a mail address that is taken."""
    return add_people(session, actor, [new], now=now)[0]


def add_people(
    session: Session, actor: Actor | None, new: Sequence[NewPerson], *, now: datetime
) -> list[Person]:
    """Add people in the given order, all or none; refuses a mail address that is taken.

    Whoever was a guest until now becomes one of them: one mailbox is one person, and no house may keep
    another's people out by inviting them.
    """
    emails = [_plain(person.email) for person in new]
    guests = _guests_with(session, emails)
    _check_emails(session, emails, guests)
    people = [
        _filled(guests.get(email) or Person(email=email), one) for one, email in zip(new, emails, strict=True)
    ]
    session.add_all(people)
    for row in people:
        audit.record(session, actor, "create", row, now=now)
    return people


def _filled(row: Person, new: NewPerson) -> Person:
    row.title, row.given_name, row.family_name = new.title, new.given_name, new.family_name
    row.phone, row.discipline, row.is_specialist = new.phone, new.discipline, new.is_specialist
    row.language, row.zone = new.language, new.zone
    return row


def _guests_with(session: Session, emails: Sequence[str]) -> dict[str, Person]:
    """Return the guests who have these mailboxes: nobody who works anywhere or can sign in."""
    signs_in = select(Account.id).where(Account.person_id == Person.id).exists()
    is_kept = select(Guest.id).where(Guest.person_id == Person.id).exists()
    query = select(Person).where(Person.email.in_(emails), is_kept, ~signs_in, ~Person.memberships.any())
    return {person.email: person for person in session.scalars(query)}


def _plain(email: str) -> str:
    return email.strip().lower()


def _check_emails(session: Session, emails: Sequence[str], guests: Collection[str]) -> None:
    known = set(session.scalars(select(Person.email).where(Person.email.in_(emails)))) - set(guests)
    for email in emails:
        if email in known:
            raise Refusal(msg("%(email)s belongs to somebody else.", email=email), field="email")
        known.add(email)


def add_membership(
    session: Session,
    actor: Actor | None,
    person: Person,
    function: Function,
    *,
    site: Site,
    valid_from: date,
    valid_until: date | None = None,
    department: Department | None = None,
    employment_percent: int = FULL_TIME_PERCENT,
    now: datetime,
) -> Membership:
    """Give a person a function at a site, until a day (exclusive) or without end."""
    if not 1 <= employment_percent <= FULL_TIME_PERCENT:
        raise Refusal(msg("Enter a share of full time from 1 to 100."), field="employment_percent")
    if valid_until is not None and valid_until <= valid_from:
        raise Refusal(msg("The end must be after the start. Choose a later day."), field="valid_until")
    membership = Membership(
        person_id=person.id,
        organisation_id=site.organisation_id,
        site_id=site.id,
        department_id=department.id if department else None,
        function=function,
        employment_percent=employment_percent,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    session.add(membership)
    audit.record(session, actor, "create", membership, now=now)
    return membership


def set_working_hours(
    session: Session,
    actor: Actor | None,
    person: Person,
    hours: Iterable[WeeklyHours],
    *,
    site: Site,
    valid_from: date,
    now: datetime,
) -> None:
    """Let these hours hold at the site from a day on; the hours before that day stay as they were."""
    _end_working_hours(session, person, site, valid_from)
    session.add_all(
        WorkingHoursRow(
            person_id=person.id,
            site_id=site.id,
            weekday=rule.weekday,
            starts=rule.starts,
            ends=rule.ends,
            valid_from=valid_from,
        )
        for rule in hours
    )
    audit.record(session, actor, "set_working_hours", person, now=now)


def _end_working_hours(session: Session, person: Person, site: Site, valid_from: date) -> None:
    of_person = (WorkingHoursRow.person_id == person.id, WorkingHoursRow.site_id == site.id)
    # Hours that would only begin later never come to hold, so nothing is lost by deleting them.
    session.execute(delete(WorkingHoursRow).where(*of_person, WorkingHoursRow.valid_from >= valid_from))
    session.execute(
        update(WorkingHoursRow)
        .where(
            *of_person,
            WorkingHoursRow.valid_until.is_(None) | (WorkingHoursRow.valid_until >= valid_from),
        )
        .values(valid_until=valid_from - ONE_DAY)
    )
