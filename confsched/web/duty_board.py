"""The duty board: who is on duty at any instant, for all sites; filters stand in the URL."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from confsched.clock import to_instant, to_local
from confsched.domain.duty_board import STEPS, Knowledge, known_by_default
from confsched.domain.permissions import Permission
from confsched.errors import Message, msg
from confsched.models.urgent import TeamMission
from confsched.services import duty_board, missions
from confsched.services.duty_board import Alarm, Board
from confsched.web.context import current_actor, now, read_session, reader_zone
from confsched.web.ids import find_id
from confsched.web.instants import find_day, find_time
from confsched.web.known import KNOWN_FIELDS, read_known
from confsched.web.line_choices import unknown_choices
from confsched.web.policies import needs

blueprint = Blueprint("duty_board", __name__)

MAX_ALARMS = 20  # of each kind in the note on top; the coverage page lists them all
FIELDS = ("day", "time", "site", "group", *KNOWN_FIELDS)


@dataclass(frozen=True)
class Asked:
    """Hold the filter as typed, what it means, and what is wrong with it by field."""

    at: datetime
    known_at: datetime
    knowledge: Knowledge
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
        read_session(),
        current_actor(),
        asked.at,
        known_at=asked.known_at,
        site_id=asked.site_id,
        service_group=asked.group,
        page=max(1, request.args.get("page", 1, type=int)),
    )
    problems = asked.problems | unknown_choices(asked.site_id, asked.group, board)
    page = render_template(
        "duty_board/show.html",
        board=board,
        missions=_missions(board),
        typed=asked.typed,
        problems=problems,
        mark=_mark(asked.at),
        site_count=len(board.sites),
        is_now=_is_now(),
        alarm_url=_alarm_url,
        max_alarms=MAX_ALARMS,
        is_past=asked.at < now(),
        knowledge=asked.knowledge,
        other_knowledge=_other_knowledge_url(asked),
        may_see_coverage=current_actor().may(Permission.SEE_COVERAGE),
    )
    return page, 422 if problems else 200


def _missions(board: Board) -> Mapping[uuid.UUID, TeamMission]:
    """Return where the mobile teams of the board are now; of other times nothing is known."""
    if not _is_now():
        return {}
    return missions.running_missions(read_session(), [row.line_id for row in board.rows])


def _asked() -> Asked:
    present = now()
    typed = _typed(present)
    day, at, site_id = find_day(typed["day"]), find_time(typed["time"]), find_id(typed["site"])
    instant = present if _is_now() or day is None or at is None else to_instant(day, at, reader_zone())
    known = read_known(present)
    problems = {
        "day": msg("Choose a day, such as 2026-11-25.") if day is None else None,
        "time": msg("Choose a time, such as 14:30.") if at is None else None,
        "site": msg("Choose a site from the list.") if typed["site"] and site_id is None else None,
    }
    known_at, knowledge = _knowledge(instant, known.at, present)
    return Asked(
        at=instant,
        known_at=known_at,
        knowledge=knowledge,
        site_id=site_id,
        group=typed["group"] or None,
        typed=typed,
        problems={name: problem for name, problem in problems.items() if problem} | known.problems,
    )


def _typed(present: datetime) -> dict[str, str]:
    local = to_local(present, reader_zone())
    shown = {"day": local.date().isoformat(), "time": f"{local:%H:%M}"}
    return {name: request.args.get(name, shown.get(name, "")) for name in FIELDS}


def _is_now() -> bool:
    return "day" not in request.args and "time" not in request.args


def _knowledge(at: datetime, chosen: datetime | None, present: datetime) -> tuple[datetime, Knowledge]:
    if chosen is not None:
        return chosen, Knowledge.CHOSEN
    if request.args.get("known") == Knowledge.TODAY or at >= present:
        return present, Knowledge.TODAY
    return known_by_default(at, present), Knowledge.THEN


def _alarm_url(alarm: Alarm, board: Board) -> str:
    """Return where the line of an alarm stands: on this page of the board, or on another."""
    if alarm.page == board.page:
        return f"#line-{alarm.line_id}"
    kept: dict[str, Any] = {name: request.args[name] for name in (*FIELDS, "known") if name in request.args}
    return url_for("duty_board.show", **kept, page=alarm.page, _anchor=f"line-{alarm.line_id}")


def _other_knowledge_url(asked: Asked) -> str:
    """Return the address of the same board with the other knowledge: as known then, or as we know today."""
    kept: dict[str, Any] = {
        name: asked.typed[name] for name in ("day", "time", "site", "group") if asked.typed[name]
    }
    other = Knowledge.TODAY if asked.knowledge == Knowledge.THEN else None
    return url_for("duty_board.show", known=other, **kept)


def _mark(at: datetime) -> int:
    """Return the half hour of the reader's day in which the asked instant lies, counted from 1."""
    local = to_local(at, reader_zone())
    return min(STEPS, local.hour * 2 + local.minute // 30 + 1)
