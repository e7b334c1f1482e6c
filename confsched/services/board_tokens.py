"""Wall displays: secret addresses that show lines and numbers of open consults, and no case.

The address belongs to the house, not to who made it. Only its hash is kept.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from confsched.domain.kinds import UrgentState
from confsched.domain.permissions import Actor, Permission
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.formats.plain_text import one_line
from confsched.models.catalogue import Service
from confsched.models.network import Site
from confsched.models.urgent import BoardToken, UrgentConsult
from confsched.services import audit, duty_board, idempotency
from confsched.services.duty_board import BoardRow

TOKEN_BYTES = 32  # 256 bits
MAX_NAME = 80
MAX_BOARDS = 50
SEEN_INTERVAL = timedelta(minutes=1)
SHOWN_CONSULTS = 12
_PURPOSE = "board_token"


@dataclass(frozen=True)
class OpenConsult:
    """Hold what a wall may show of an urgent consult: since when it is open, and how far it is."""

    requested_at: datetime
    state: UrgentState


@dataclass(frozen=True)
class Wall:
    """Hold what a display shows: lines that stand open first, and what nobody has taken yet."""

    name: str
    site: Site
    rows: tuple[BoardRow, ...]
    consults: tuple[OpenConsult, ...]
    consult_count: int


def list_sites(session: Session, actor: Actor) -> list[Site]:
    """Return the sites for which the actor may set up displays."""
    houses = actor.organisations_with(Permission.EDIT_ALERTING)
    return list(session.scalars(select(Site).where(Site.organisation_id.in_(houses)).order_by(Site.name)))


def list_boards(session: Session, actor: Actor) -> list[BoardToken]:
    """Return the displays of the actor's house, those in use first."""
    query = (
        select(BoardToken)
        .where(BoardToken.organisation_id.in_(actor.organisations_with(Permission.EDIT_ALERTING)))
        .options(joinedload(BoardToken.site))
        .order_by(BoardToken.revoked_at.is_not(None), BoardToken.name, BoardToken.id)
    )
    return list(session.scalars(query))


def create(
    session: Session,
    actor: Actor,
    name: str,
    site_id: uuid.UUID | None,
    *,
    key: str,
    now: datetime,
    token: str | None = None,
) -> tuple[BoardToken, str]:
    """Make a display and return it with its secret, which is told this once; `token` is for the demo.

    A form sent twice is refused, since nobody can read the secret again.
    """
    if idempotency.find_result(session, actor, _PURPOSE, key) is not None:
        raise Conflict(msg("This display has been made already. Its address is shown only once."))
    site = next((one for one in list_sites(session, actor) if one.id == site_id), None)
    if site is None:
        raise Refusal(msg("Choose a site of your house."), field="site")
    name = _checked_name(name)
    in_use = sum(board.revoked_at is None for board in list_boards(session, actor))
    if in_use >= MAX_BOARDS:
        raise Refusal(msg("There are %(count)s displays. Revoke one that hangs nowhere.", count=in_use))
    token = token or secrets.token_urlsafe(TOKEN_BYTES)
    board = BoardToken(
        organisation_id=site.organisation_id,
        site_id=site.id,
        name=name,
        token_hash=hash_token(token),
        created_by_id=actor.person_id,
        created_at=now,
    )
    session.add(board)
    session.flush()
    idempotency.remember(session, actor, _PURPOSE, key, board.id, now=now)
    audit.record(session, actor, "board_token.create", board, now=now)
    return board, token


def _checked_name(name: str) -> str:
    name = one_line(name)
    if not name:
        raise Refusal(msg("Name the place where the display hangs."), field="name")
    if len(name) > MAX_NAME:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_NAME), field="name")
    check_text(name, field="name")
    return name


def hash_token(token: str) -> str:
    """Return the SHA-256 of a token as 64 hex digits; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def revoke(session: Session, actor: Actor, board_id: uuid.UUID, *, now: datetime) -> None:
    """Close a display for good; twice is as good as once. Raises NotFound for those of other houses."""
    board = next((one for one in list_boards(session, actor) if one.id == board_id), None)
    if board is None:
        raise NotFound
    if board.revoked_at is None:
        board.revoked_at = now
        audit.record(session, actor, "board_token.revoke", board, now=now)
        session.flush()


def find_board(session: Session, token: str) -> BoardToken | None:
    """Return the display of a token; None for unknown and revoked ones."""
    query = (
        select(BoardToken)
        .where(BoardToken.token_hash == hash_token(token), BoardToken.revoked_at.is_(None))
        .options(joinedload(BoardToken.site))
    )
    return session.scalars(query).one_or_none()


def is_seen_due(board: BoardToken, now: datetime) -> bool:
    """Tell whether the last noted visit is long enough ago to be worth a write."""
    return board.last_seen_at is None or now - board.last_seen_at >= SEEN_INTERVAL


def record_seen(session: Session, board: BoardToken, *, now: datetime) -> None:
    """Note that a display still comes, at most once a minute; telemetry, no state, so not audited."""
    session.execute(
        update(BoardToken)
        .where(
            BoardToken.id == board.id,
            or_(BoardToken.last_seen_at.is_(None), BoardToken.last_seen_at <= now - SEEN_INTERVAL),
        )
        .values(last_seen_at=now)
    )


def wall(session: Session, board: BoardToken, *, language: str, now: datetime) -> Wall:
    """Return what a display shows of its site now."""
    site = board.site
    assert site is not None, "a display hangs at a site"
    # A display reads as nobody: it has a language and a zone, and no rights.
    reader = Actor(board.created_by_id, board.created_by_id, board.name, language, site.zone, ())
    rows = duty_board.rows_for_site(session, reader, site.id, now)
    consults = _open_consults(session, site)
    return Wall(
        name=board.name,
        site=site,
        rows=tuple(sorted(rows, key=lambda row: row.gap is None)),
        consults=consults,
        consult_count=_count(session, site),
    )


def _open_consults(session: Session, site: Site) -> tuple[OpenConsult, ...]:
    query = (
        select(UrgentConsult.requested_at, UrgentConsult.state)
        .where(*_open_at(site))
        .order_by(
            UrgentConsult.acknowledged_at.is_not(None), UrgentConsult.requested_at.desc(), UrgentConsult.id
        )
        .limit(SHOWN_CONSULTS)
    )
    return tuple(OpenConsult(row.requested_at, row.state) for row in session.execute(query))


def _count(session: Session, site: Site) -> int:
    return session.scalar(select(func.count()).select_from(UrgentConsult).where(*_open_at(site))) or 0


def _open_at(site: Site) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of consults that a site asks or answers and that have not ended."""
    own = select(Service.id).where(Service.site_id == site.id)
    return (
        UrgentConsult.ended_at.is_(None),
        UrgentConsult.is_downtime.is_(False),
        or_(UrgentConsult.site_id == site.id, UrgentConsult.service_id.in_(own)),
    )
