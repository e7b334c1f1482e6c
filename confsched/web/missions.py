"""Mobile teams, and planned meetings that an urgent consult lies over: asked for, ended, given to others."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from confsched.domain.permissions import Permission
from confsched.errors import Message, Refusal, msg
from confsched.models.urgent import TeamMission
from confsched.services import access, engine_time, missions, urgent_collisions
from confsched.web.context import current_actor, read_session, transaction
from confsched.web.ids import find_id
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs
from confsched.web.urgent_forms import Forms
from confsched.web.urgent_live import page_of

blueprint = Blueprint("missions", __name__)

CONSULT = "consult"  # where a button goes back to; else to the list of teams
UNREAD = -1


@blueprint.get("/missions/")
@needs(Permission.SEE_URGENT)
def index() -> ResponseReturnValue:
    """Show where each mobile team is, until when, and when it is free next."""
    return _index_page(None, 200)


def _index_page(refusal: Message | None, status: int) -> ResponseReturnValue:
    session = read_session()
    now = engine_time.now(session)
    teams = missions.list_teams(session, current_actor(), now=now)
    page = render_template(
        "missions/index.html", teams=teams, moment=now, refusal=refusal, usual=missions.USUAL_MINUTES
    )
    return page, status


@blueprint.post("/urgent/<uuid:urgent_id>/missions")
@needs(Permission.REQUEST_URGENT)
def add(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a team; who comes second reads who has it until when."""
    actor = current_actor()
    line_id, minutes = find_id(request.form.get("line_id")), _minutes()
    try:
        with transaction() as session:
            now = engine_time.now(session)
            consult = access.get_urgent(session, actor, urgent_id, to="change")
            missions.request(session, actor, consult, line_id, minutes=minutes, now=now)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        return page_of(urgent_id, Forms(), refusal.message, refusal.status)
    return redirect(url_for("urgent_live.show", urgent_id=urgent_id), 303)


def _minutes() -> int:
    text = request.form.get("minutes", str(missions.USUAL_MINUTES)).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else UNREAD


@blueprint.post("/missions/<uuid:mission_id>/end")
@needs(Permission.SEE_URGENT)
def end(mission_id: uuid.UUID) -> ResponseReturnValue:
    """Say that the team is free again."""

    def act(session: Session, mission: TeamMission) -> None:
        missions.end(session, current_actor(), mission, now=engine_time.now(session))

    return _changed(mission_id, act)


@blueprint.post("/missions/<uuid:mission_id>/until")
@needs(Permission.SEE_URGENT)
def extend(mission_id: uuid.UUID) -> ResponseReturnValue:
    """Let the mission last longer, or less long."""
    minutes = _minutes()

    def act(session: Session, mission: TeamMission) -> None:
        missions.extend(session, current_actor(), mission, minutes=minutes, now=engine_time.now(session))

    return _changed(mission_id, act)


def _changed(mission_id: uuid.UUID, act: Callable[[Session, TeamMission], None]) -> ResponseReturnValue:
    try:
        with transaction() as session:
            mission = access.get_mission(session, current_actor(), mission_id, to="change")
            act(session, mission)
            consult_id = mission.consult_id
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        return _index_page(refusal.message, refusal.status)
    if request.form.get("to") == CONSULT:
        return redirect(url_for("urgent_live.show", urgent_id=consult_id), 303)
    return redirect(url_for("missions.index"), 303)


@blueprint.post("/bookings/<uuid:booking_id>/substitution")
@needs(Permission.SEE_MEETINGS)
def give_to_substitute(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Let the proposed colleague stand in for somebody whom an urgent consult has taken; all are told."""
    person_id, substitute_id = (find_id(request.form.get(name)) for name in ("person_id", "substitute_id"))
    with transaction() as session:
        booking = access.get_booking(session, current_actor(), booking_id, to="change")
        if person_id is None or substitute_id is None:
            raise Refusal(msg("Choose one of the people proposed."))
        urgent_collisions.give_to_substitute(
            session, current_actor(), booking, person_id, substitute_id, now=engine_time.now(session)
        )
    flash(sentence(msg("The meeting has gone to a substitute. Everybody is told.")), "ok")
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)
