"""What people wish of their days: fixed days off, days they would rather not or rather have a duty."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.kinds import WishKind
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.errors import Refusal, msg
from confsched.models.people import Person
from confsched.models.rotations import DutyWish
from confsched.services import access, audit, idempotency

PURPOSE = "wish"
MAX_NOTE = 120
MAX_DAYS = 800
MAX_OPEN = 200  # of one person
PAGE_SIZE = 50
WEEKDAYS = range(7)


@dataclass(frozen=True)
class NewWish:
    """Hold a wish as it is entered: days, both included, and one weekday of them or all."""

    kind: WishKind
    starts_on: date
    ends_on: date
    weekday: int | None = None
    note: str = ""


@dataclass(frozen=True)
class WishRow:
    wish: DutyWish
    person: Person


@dataclass(frozen=True)
class WishPage:
    """Hold one page of a list; pages count from 1."""

    rows: tuple[WishRow, ...]
    page: int
    pages: int
    total: int


def add(session: Session, actor: Actor, person: Person, new: NewWish, *, now: datetime, key: str) -> DutyWish:
    """Keep a wish of a person, who is loaded to be changed; the same key, or the same wish, keeps one."""
    known_id = idempotency.find_result(session, actor, PURPOSE, key)
    if known_id is not None:
        return access.get_row(session, actor, DutyWish, known_id)
    note = _checked(new, person, now)
    wish = _find_same(session, person, new) or _add(session, actor, person, new, note, now)
    idempotency.remember(session, actor, PURPOSE, key, wish.id, now=now)
    return wish


def _add(session: Session, actor: Actor, person: Person, new: NewWish, note: str, now: datetime) -> DutyWish:
    _check_count(session, person, now)
    wish = DutyWish(
        person_id=person.id,
        kind=new.kind,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        weekday=new.weekday,
        note=note,
        created_at=now,
    )
    session.add(wish)
    audit.record(session, actor, "create", wish, now=now)
    return wish


def withdraw(session: Session, actor: Actor, wish: DutyWish, *, now: datetime) -> None:
    """Drop a wish; twice is the same as once."""
    if wish.withdrawn_at is None:
        wish.withdrawn_at = now
        audit.record(session, actor, "withdraw", wish, now=now)


def list_wishes(
    session: Session,
    actor: Actor,
    *,
    person_id: uuid.UUID | None = None,
    now: datetime,
    page: int = 1,
    size: int = PAGE_SIZE,
) -> WishPage:
    """Return the wishes that still count, of the actor and of whom the actor looks after, soonest first."""
    today = clock.local_day(now, actor.zone)
    query = access.visible(actor, DutyWish).where(DutyWish.withdrawn_at.is_(None), DutyWish.ends_on >= today)
    if person_id:
        query = query.where(DutyWish.person_id == person_id)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    shown = query.order_by(DutyWish.starts_on, DutyWish.id).limit(size).offset((page - 1) * size)
    rows = list(session.scalars(shown))
    people = select(Person).where(Person.id.in_([row.person_id for row in rows]))
    by_id = {person.id: person for person in session.scalars(people)}
    return WishPage(tuple(WishRow(row, by_id[row.person_id]) for row in rows), page, pages, total)


def _checked(new: NewWish, person: Person, now: datetime) -> str:
    """Return the note in one line, or refuse what cannot be meant."""
    today = clock.local_day(now, person.zone)
    note = " ".join(new.note.split())
    if new.ends_on < new.starts_on:
        raise Refusal(msg("The end must be after the start. Choose a later end."), field="ends_on")
    if new.ends_on < today:
        raise Refusal(msg("These days are over. Choose days to come."), field="ends_on")
    if new.ends_on > today + timedelta(days=MAX_DAYS):
        raise Refusal(msg("This is too far from today. Check the year."), field="ends_on")
    if len(note) > MAX_NOTE:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_NOTE), field="note")
    if new.weekday is not None and not _holds_weekday(new):
        raise Refusal(msg("This weekday does not lie between the two days."), field="weekday")
    check_text(note, "note")
    return note


def _holds_weekday(new: NewWish) -> bool:
    days = min((new.ends_on - new.starts_on).days, len(WEEKDAYS) - 1)
    return any((new.starts_on + timedelta(days=step)).weekday() == new.weekday for step in range(days + 1))


def _find_same(session: Session, person: Person, new: NewWish) -> DutyWish | None:
    query = select(DutyWish).where(
        DutyWish.person_id == person.id,
        DutyWish.kind == new.kind,
        DutyWish.starts_on == new.starts_on,
        DutyWish.ends_on == new.ends_on,
        DutyWish.weekday == new.weekday if new.weekday is not None else DutyWish.weekday.is_(None),
        DutyWish.withdrawn_at.is_(None),
    )
    return session.scalars(query.limit(1)).first()


def _check_count(session: Session, person: Person, now: datetime) -> None:
    query = select(func.count(DutyWish.id)).where(
        DutyWish.person_id == person.id,
        DutyWish.withdrawn_at.is_(None),
        DutyWish.ends_on >= clock.local_day(now, person.zone),
    )
    if (session.scalar(query) or 0) >= MAX_OPEN:
        raise Refusal(msg("There are %(count)s wishes already. Withdraw some first.", count=MAX_OPEN))
