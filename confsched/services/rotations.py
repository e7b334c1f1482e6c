"""Turns that people take on a line, and lines of several hubs on a service: made, changed, ended."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.domain.rosters import ONE_DAY
from confsched.errors import Refusal, msg
from confsched.models.catalogue import Service
from confsched.models.network import Department
from confsched.models.rosters import DutyLine
from confsched.models.rotations import DutyRotation, DutyRotationMember
from confsched.services import access, audit, idempotency
from confsched.services.duty_codes import legend_of
from confsched.services.rotation_choices import list_hub_lines, list_people

PURPOSE = "rotation"
MAX_NAME = 80
MAX_MEMBERS = 60
MAX_EVERY_DAYS = 92
MAX_DAYS = 800  # that a rotation may begin or end from today
MAX_OPEN = 40  # of one line or service


@dataclass(frozen=True)
class NewRotation:
    """Hold a rotation as it is entered: members in order, people or lines; `last_on` is its last day."""

    name: str
    starts_on: date
    members: tuple[uuid.UUID, ...]
    code: str = ""
    every_days: int = 7
    at: time = time(8)
    last_on: date | None = None

    @property
    def ends_on(self) -> date | None:
        return self.last_on + ONE_DAY if self.last_on else None


def add_for_people(
    session: Session, actor: Actor, department: Department, new: NewRotation, *, now: datetime, key: str
) -> DutyRotation:
    """Let people of a department take turns on the line of a code; the department is loaded to be changed."""
    known_id = idempotency.find_result(session, actor, PURPOSE, key)
    if known_id is not None:
        return access.get_row(session, actor, DutyRotation, known_id)
    new = _checked(new, now, {one.id for one in list_people(session, department, now=now)})
    subject = DutyRotation(line_id=_line_of(session, department, new.code), zone=department.site.zone)
    return _add(session, actor, subject, new, now, key)


def add_between_hubs(
    session: Session, actor: Actor, service: Service, new: NewRotation, *, now: datetime, key: str
) -> DutyRotation:
    """Let lines of several hubs take turns on a service of the own house; not for days that are over."""
    known_id = idempotency.find_result(session, actor, PURPOSE, key)
    if known_id is not None:
        return access.get_row(session, actor, DutyRotation, known_id)
    new = _checked(new, now, {one.id for one in list_hub_lines(session, service)})
    _refuse_past(new, service.site.zone, now)
    subject = DutyRotation(service_id=service.id, zone=service.site.zone)
    return _add(session, actor, subject, replace(new, code=""), now, key)


def change(
    session: Session, actor: Actor, rotation: DutyRotation, new: NewRotation, *, now: datetime, key: str
) -> DutyRotation:
    """Let new turns follow; the rotation is loaded to be changed.

    One that has not begun is changed itself. One that runs ends where the new one begins, so that who asks
    about last week is still told what held last week.
    """
    known_id = idempotency.find_result(session, actor, PURPOSE, key)
    if known_id is not None:
        return access.get_row(session, actor, DutyRotation, known_id)
    _refuse_ended(rotation, now)
    new = _checked(new, now, _allowed(session, rotation, now))
    line_id = _changed_line(session, rotation, new)
    if now < clock.to_instant(rotation.starts_on, rotation.at, rotation.zone):
        return _rewrite(session, actor, rotation, line_id, new, now, key)
    _refuse_past(new, rotation.zone, now)
    # Where the new hour is later, the old turns run on until then: of two that run, the younger counts.
    rotation.ends_on = new.starts_on + ONE_DAY if new.at > rotation.at else new.starts_on
    subject = DutyRotation(line_id=line_id, service_id=rotation.service_id, zone=rotation.zone)
    audit.record(session, actor, "end", rotation, now=now, detail=f"until {new.starts_on}")
    return _add(session, actor, subject, new, now, key)


def end(session: Session, actor: Actor, rotation: DutyRotation, last_on: date, *, now: datetime) -> None:
    """Let a rotation end after a day, today or later; twice is the same as once."""
    ends_on = last_on + ONE_DAY
    if rotation.ends_on == ends_on:
        return
    _refuse_ended(rotation, now)
    today = clock.local_day(now, rotation.zone)
    if not today <= last_on <= today + timedelta(days=MAX_DAYS):
        raise Refusal(msg("Turns that are over stay as they were. Choose today or a later day."), field="on")
    rotation.ends_on = max(ends_on, rotation.starts_on)
    audit.record(session, actor, "end", rotation, now=now, detail=f"until {ends_on}")


def _add(
    session: Session, actor: Actor, subject: DutyRotation, new: NewRotation, now: datetime, key: str
) -> DutyRotation:
    _check_count(session, subject, now)
    _write(subject, new)
    session.add(subject)
    session.flush()
    audit.record(session, actor, "create", subject, now=now)
    idempotency.remember(session, actor, PURPOSE, key, subject.id, now=now)
    return subject


def _rewrite(
    session: Session,
    actor: Actor,
    rotation: DutyRotation,
    line_id: uuid.UUID | None,
    new: NewRotation,
    now: datetime,
    key: str,
) -> DutyRotation:
    if rotation.service_id:
        _refuse_past(new, rotation.zone, now)
    rotation.members.clear()
    session.flush()  # the places are the key: the old ones go first
    rotation.line_id = line_id
    _write(rotation, new)
    session.flush()
    audit.record(session, actor, "change", rotation, now=now)
    idempotency.remember(session, actor, PURPOSE, key, rotation.id, now=now)
    return rotation


def _write(rotation: DutyRotation, new: NewRotation) -> None:
    rotation.name, rotation.code = new.name, new.code
    rotation.starts_on, rotation.ends_on = new.starts_on, new.ends_on
    rotation.every_days, rotation.at = new.every_days, new.at
    kind = "line_id" if rotation.service_id else "person_id"
    rotation.members = [
        DutyRotationMember(position=place, **{kind: member}) for place, member in enumerate(new.members)
    ]


def _allowed(session: Session, rotation: DutyRotation, now: datetime) -> set[uuid.UUID]:
    """Return who may be a member: those there are to choose from, and those who are one already."""
    if rotation.service_id:
        service = session.get_one(Service, rotation.service_id)
        return {one.id for one in list_hub_lines(session, service)}
    department = department_of(session, rotation)
    known = {one.person_id for one in rotation.members if one.person_id}
    return known | {one.id for one in list_people(session, department, now=now)}


def department_of(session: Session, rotation: DutyRotation) -> Department:
    """Return the department whose drafts a rotation of people fills."""
    assert rotation.line_id, "people take turns on a line"
    return session.get_one(DutyLine, rotation.line_id).department


def _changed_line(session: Session, rotation: DutyRotation, new: NewRotation) -> uuid.UUID | None:
    if rotation.service_id:
        return None
    return _line_of(session, department_of(session, rotation), new.code)


def _line_of(session: Session, department: Department, text: str) -> uuid.UUID:
    code = legend_of(session, department).find(text)
    if code is None or code.line_id is None:
        raise Refusal(msg("Choose a code of the legend that stands for a duty."), field="code")
    return code.line_id


def _checked(new: NewRotation, now: datetime, allowed: Collection[uuid.UUID]) -> NewRotation:
    """Return the rotation with its name in one line, or refuse what cannot be meant."""
    name = " ".join(new.name.split())
    if not 1 <= len(name) <= MAX_NAME:
        raise Refusal(msg("Give it a name of at most %(count)s letters.", count=MAX_NAME), field="name")
    check_text(name, "name")
    if not 1 <= new.every_days <= MAX_EVERY_DAYS:
        raise Refusal(msg("A turn lasts from 1 to %(count)s days.", count=MAX_EVERY_DAYS), field="every_days")
    if not 1 <= len(new.members) <= MAX_MEMBERS:
        raise Refusal(msg("Choose from 1 to %(count)s who take turns.", count=MAX_MEMBERS), field="members")
    if not set(new.members) <= set(allowed):
        raise Refusal(msg("Choose one from the list."), field="members")
    _check_days(new, now)
    return replace(new, name=name, code=new.code.upper())


def _check_days(new: NewRotation, now: datetime) -> None:
    for field, day in (("starts_on", new.starts_on), ("last_on", new.last_on)):
        if day and abs(day - now.date()) > timedelta(days=MAX_DAYS):
            raise Refusal(msg("This is too far from today. Check the year."), field=field)
    if new.last_on and new.last_on < new.starts_on:
        raise Refusal(msg("The end must be after the start. Choose a later end."), field="last_on")


def _refuse_past(new: NewRotation, zone: str, now: datetime) -> None:
    if clock.to_instant(new.starts_on, new.at, zone) < now:
        raise Refusal(
            msg("Turns that are over stay as they were. Choose a later first day."), field="starts_on"
        )


def _refuse_ended(rotation: DutyRotation, now: datetime) -> None:
    if rotation.ends_on and now >= clock.to_instant(rotation.ends_on, rotation.at, rotation.zone):
        raise Refusal(msg("This rotation has ended. Make a new one."))


def _check_count(session: Session, subject: DutyRotation, now: datetime) -> None:
    of_subject = (
        DutyRotation.service_id == subject.service_id
        if subject.service_id
        else DutyRotation.line_id == subject.line_id
    )
    is_open = DutyRotation.ends_on.is_(None) | (DutyRotation.ends_on > now.date())
    query = select(func.count()).select_from(DutyRotation).where(of_subject, is_open)
    if (session.scalar(query) or 0) >= MAX_OPEN:
        raise Refusal(msg("There are %(count)s rotations already. End some first.", count=MAX_OPEN))
