"""Whose time a feed holds: one's own, or the duties of a line or a department while one may see them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.kinds import FeedPrivacy, FeedScope
from confsched.domain.permissions import PERMISSIONS, Actor, Function, Permission
from confsched.errors import NotFound, Refusal, msg
from confsched.models.feeds import Feed
from confsched.models.network import Department, Site
from confsched.models.people import Membership
from confsched.models.rosters import DutyLine
from confsched.services import access

SHARED_PRIVACY = (FeedPrivacy.KIND_AND_PLACE, FeedPrivacy.KIND)


@dataclass(frozen=True)
class Contents:
    """Say what a feed holds; `row_id` is the line or the department, nothing for one's own."""

    scope: FeedScope = FeedScope.OWN
    row_id: uuid.UUID | None = None

    @property
    def line_id(self) -> uuid.UUID | None:
        return self.row_id if self.scope is FeedScope.LINE else None

    @property
    def department_id(self) -> uuid.UUID | None:
        return self.row_id if self.scope is FeedScope.DEPARTMENT else None


OWN = Contents()


def contents_of(feed: Feed) -> Contents:
    """Return what a feed holds."""
    return Contents(feed.scope, feed.line_id or feed.department_id)


def check_contents(session: Session, actor: Actor, contents: Contents) -> None:
    """Refuse a line or a department that the actor may not see."""
    if contents.scope is FeedScope.OWN:
        return
    try:
        _check_row(session, actor, contents)
    except NotFound as missing:
        raise Refusal(msg("Choose a line or a department from the list."), field="holds") from missing


def _check_row(session: Session, actor: Actor, contents: Contents) -> None:
    if contents.row_id is None or not actor.may(Permission.SEE_DUTY_BOARD):
        raise NotFound
    if contents.scope is FeedScope.LINE:
        access.get_line(session, actor, contents.row_id)
    else:
        access.get_department(session, actor, contents.row_id)


def check_privacy(scope: FeedScope, privacy: FeedPrivacy) -> None:
    """Refuse a feed of duties that would show none of them: duties take no time, so none is busy."""
    if scope is not FeedScope.OWN and privacy not in SHARED_PRIVACY:
        raise Refusal(msg("Duties are never shown as busy. Choose what their entries show."), field="privacy")


def is_still_allowed(now: datetime) -> ColumnElement[bool]:
    """Return the condition that the owner of a feed may see today what it holds."""
    today = now.date()
    seat = select(Membership.id).where(Membership.person_id == Feed.person_id, *_current(today))
    of_house = (
        seat.join(Site, Site.organisation_id == Membership.organisation_id)
        .join(Department, Department.site_id == Site.id)
        .where(Department.id == Feed.department_id, _may(Permission.SEE_ROSTERS))
    )
    return or_(
        Feed.scope == FeedScope.OWN,
        and_(Feed.scope == FeedScope.LINE, seat.where(_may(Permission.SEE_DUTY_BOARD)).exists()),
        and_(Feed.scope == FeedScope.DEPARTMENT, of_house.exists()),
    )


def _current(today: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Membership.valid_from <= today,
        or_(Membership.valid_until.is_(None), Membership.valid_until > today),
    )


def _may(permission: Permission) -> ColumnElement[bool]:
    return Membership.function.in_([one for one in Function if permission in PERMISSIONS[one]])


@dataclass(frozen=True)
class Choices:
    """Hold what an actor may have a feed of: the lines of one site, the departments of their house."""

    site_id: uuid.UUID
    sites: tuple[Site, ...]
    lines: tuple[DutyLine, ...]
    departments: tuple[Department, ...]


def list_choices(session: Session, actor: Actor, site_id: uuid.UUID | None) -> Choices:
    """Return what a feed may hold, lines by site: a network has a thousand; by default of the own site."""
    sites = tuple(session.scalars(select(Site).order_by(Site.name)))
    if not actor.may(Permission.SEE_DUTY_BOARD):
        return Choices(actor.site_id, (), (), ())
    chosen = site_id if site_id in {site.id for site in sites} else None
    site_id = chosen or actor.site_id
    lines = (
        access.visible(actor, DutyLine)
        .join(Department, Department.id == DutyLine.department_id)
        .where(Department.site_id == site_id)
        .order_by(DutyLine.position, DutyLine.group_name, DutyLine.name, DutyLine.id)
    )
    departments = (
        access.visible(actor, Department)
        .options(joinedload(Department.site))
        .order_by(Department.name, Department.id)
    )
    return Choices(site_id, sites, tuple(session.scalars(lines)), tuple(session.scalars(departments)))


def names_of(session: Session, feeds: Iterable[Feed]) -> dict[uuid.UUID, str]:
    """Return the names of the lines and departments that these feeds hold, by their id."""
    rows = {contents_of(feed).row_id for feed in feeds} - {None}
    if not rows:
        return {}
    lines = session.scalars(select(DutyLine).where(DutyLine.id.in_(rows)))
    departments = session.scalars(select(Department).where(Department.id.in_(rows)))
    return {one.id: one.name for one in departments} | {line.id: line_words(line) for line in lines}


def line_words(line: DutyLine) -> str:
    """Return the name of a line with that of its group: two groups may have a line of one name."""
    return line.name if line.name == line.group_name else f"{line.group_name}, {line.name}"
