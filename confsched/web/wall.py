"""The wall display, and the page on which a house makes and revokes its addresses."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField

from confsched.clock import local_day
from confsched.domain.permissions import Permission
from confsched.errors import Message, NotFound, Refusal, msg
from confsched.formats.dates import format_day, format_time
from confsched.services import board_tokens as service
from confsched.services import engine
from confsched.web.context import (
    current_actor,
    now,
    read_as,
    read_session,
    reader_language,
    settings,
    transaction,
)
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.policies import needs, public
from confsched.web.urgent_words import STATES

blueprint = Blueprint("wall", __name__)

REFRESH_SECONDS = 20
SILENT_AFTER = timedelta(minutes=5)
MINUTES_SHOWN = 120  # longer ages are told in hours


class WallForm(BaseForm):
    name = StringField(msg("Where it hangs"), description=msg("Such as: stroke unit, corridor."))
    site = StringField(msg("Site"))


@dataclass(frozen=True)
class Address:
    """Hold an address in the one answer that shows it."""

    name: str
    url: str


@blueprint.route("/wall/<token>", methods=["GET"], provide_automatic_options=False)
@public
def show(token: str) -> ResponseReturnValue:
    """Show lines and open consults of a site, big; nothing of a case, and nothing to press."""
    at, session = now(), read_session()
    board = service.find_board(session, token)
    if board is None or board.site is None:
        raise NotFound
    zone, language = board.site.zone, reader_language()
    read_as(language, zone)
    wall = service.wall(session, board, language=language, now=at)
    is_late = engine.is_late(session, at)
    page = render_template(
        "wall/show.html",
        wall=wall,
        at=at,
        stamp=f"{format_day(local_day(at, zone), language)}, {format_time(at, zone, language)}",
        age_of=lambda consult: _age(at - consult.requested_at),
        states=STATES,
        is_late=is_late,
    )
    # Telemetry, not state: the house sees which displays still come, and nothing else depends on it.
    if service.is_seen_due(board, at):
        with transaction() as writing:
            service.record_seen(writing, board, now=at)
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    # By header, and without a way to stop it: nothing is typed on a display, and who is on duty now is what
    # it is for (the real-time exception of WCAG 2.2.1). Its text says when it was renewed last.
    answer.headers["Refresh"] = str(REFRESH_SECONDS)
    return answer


def _age(age: timedelta) -> Message:
    minutes = int(age.total_seconds() // 60)
    if minutes < MINUTES_SHOWN:
        return msg("%(minutes)s min", minutes=minutes)
    return msg("%(hours)s h", hours=minutes // 60)


@blueprint.get("/wall-displays/")
@needs(Permission.EDIT_ALERTING)
def index() -> ResponseReturnValue:
    """Show the displays of the house and when each was last seen; never an address."""
    return _page(WallForm(formdata=None), 200)


@blueprint.post("/wall-displays/")
@needs(Permission.EDIT_ALERTING)
def create() -> ResponseReturnValue:
    """Make a display and show its address in this very answer."""
    form, actor = WallForm(), current_actor()
    try:
        with transaction() as session:
            board, token = service.create(
                session,
                actor,
                form.name.data or "",
                find_id(form.site.data),
                key=form.form_key.data or "",
                now=now(),
            )
            address = Address(board.name, f"{settings().public_url}{url_for('wall.show', token=token)}")
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(form, refusal.status)
    return _page(WallForm(formdata=None), 200, address)


@blueprint.post("/wall-displays/<uuid:board_id>/revocation")
@needs(Permission.EDIT_ALERTING)
def revoke(board_id: uuid.UUID) -> ResponseReturnValue:
    """Close a display for good."""
    with transaction() as session:
        service.revoke(session, current_actor(), board_id, now=now())
    return redirect(url_for("wall.index"), 303)


def _page(form: WallForm, status: int, address: Address | None = None) -> ResponseReturnValue:
    session, actor, at = read_session(), current_actor(), now()
    values: Mapping[str, object] = {
        "boards": service.list_boards(session, actor),
        "sites": service.list_sites(session, actor),
        "is_silent": lambda board: board.last_seen_at is None or at - board.last_seen_at > SILENT_AFTER,
    }
    page = render_template("wall/index.html", form=form, address=address, **values)
    return page, status, {"Cache-Control": "no-store"}
