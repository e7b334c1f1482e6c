"""The duty board: who is on duty at any instant, for all sites; filters stand in the URL."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from confsched.clock import to_instant, to_local
from confsched.domain.duty_board import STEPS
from confsched.domain.permissions import Permission
from confsched.errors import Message, msg
from confsched.services import duty_board
from confsched.services.duty_board import Board
from confsched.web.context import current_actor, now, read_session, reader_zone
from confsched.web.policies import needs

blueprint = Blueprint("duty_board", __name__)

YEARS = range(2000, 2100)  # what a date field may hold: beyond, the calendar of a zone has no end


@dataclass(frozen=True)
class Asked:
    """Hold the filter as typed, what it means, and what is wrong with it by field."""

    at: datetime
    site_id: uuid.UUID | None
    group: str | None
    typed: dict[str, str]
    problems: dict[str, Message] = field(default_factory=dict)


@blueprint.get("/duty-board")
@needs(Permission.SEE_DUTY_BOARD)
def show() -> ResponseReturnValue:
    """Show the board now, or at the day and time of the filter."""
    asked = _asked()
    board = duty_board.board(
        read_session(), current_actor(), asked.at, site_id=asked.site_id, service_group=asked.group
    )
    problems = asked.problems | _unknown_choices(asked, board)
    page = render_template(
        "duty_board/show.html",
        board=board,
        typed=asked.typed,
        problems=problems,
        mark=_mark(asked.at),
        site_count=len(board.sites),
        is_now="day" not in request.args and "time" not in request.args,
    )
    return page, 422 if problems else 200


def _asked() -> Asked:
    present = now()
    local = to_local(present, reader_zone())
    typed = {
        "day": request.args.get("day", local.date().isoformat()),
        "time": request.args.get("time", f"{local:%H:%M}"),
        "site": request.args.get("site", ""),
        "group": request.args.get("group", ""),
    }
    day, at, site_id = _day(typed["day"]), _time(typed["time"]), _site_id(typed["site"])
    problems = {
        "day": msg("Choose a day, such as 2026-11-25.") if day is None else None,
        "time": msg("Choose a time, such as 14:30.") if at is None else None,
        "site": msg("Choose a site from the list.") if typed["site"] and site_id is None else None,
    }
    is_now = "day" not in request.args and "time" not in request.args
    return Asked(
        at=present if is_now or day is None or at is None else to_instant(day, at, reader_zone()),
        site_id=site_id,
        group=typed["group"] or None,
        typed=typed,
        problems={name: problem for name, problem in problems.items() if problem},
    )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in YEARS else None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        return None


def _site_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _unknown_choices(asked: Asked, board: Board) -> dict[str, Message]:
    """Name a site or a group that no line of the network has, so that an empty board is never a mistake."""
    problems = {}
    if asked.site_id and str(asked.site_id) not in {site.value for site in board.sites}:
        problems["site"] = msg("Choose a site from the list.")
    if asked.group and asked.group not in board.group_names:
        problems["group"] = msg("Choose a service from the list.")
    return problems


def _mark(at: datetime) -> int:
    """Return the half hour of the reader's day in which the asked instant lies, counted from 1."""
    local = to_local(at, reader_zone())
    return min(STEPS, local.hour * 2 + local.minute // 30 + 1)
