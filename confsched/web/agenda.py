"""The agenda of a conference: its order and everybody's minutes, which the desk changes; the live view."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from zlib import crc32

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor, Permission
from confsched.errors import Message, Refusal, msg
from confsched.models.conferences import Conference
from confsched.services import access, agenda, agenda_live, agenda_readers
from confsched.services.agenda_live import LiveAgenda
from confsched.web.agenda_bars import draw
from confsched.web.context import current_actor, now, read_session, reader_language, reader_zone, transaction
from confsched.web.ids import find_id
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs

blueprint = Blueprint("agenda", __name__, url_prefix="/conferences")

LIVE_EVERY = 15_000  # milliseconds; what it shows are minutes
Change = Callable[[Session, Actor, Conference], object]


@blueprint.get("/<uuid:conference_id>/agenda")
@needs(Permission.SEE_MEETINGS)
def show(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Show the order and everybody's minutes; ?best=1 looks for the best order of a long agenda."""
    return _page(conference_id, None, 200)


def _page(conference_id: uuid.UUID, refusal: Message | None, status: int) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    conference = access.get_conference(session, actor, conference_id)
    reader = agenda_readers.reader_of(session, actor, conference)
    judged = agenda.judge(session, conference, is_asked=reader.is_desk and "best" in request.args)
    view = reader.limited(judged.view)
    page = render_template(
        "agenda/show.html",
        conference=conference,
        view=view,
        judged=judged,
        reader=reader,
        may_change=reader.is_desk and agenda.may_change(conference),
        picture=draw(view),
        refusal=refusal,
    )
    return page, status


@blueprint.post("/<uuid:conference_id>/agenda/arrangement")
@needs(Permission.SEE_MEETINGS)
def arrange(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Put the cases into the best order."""
    said: list[Message] = []

    def change(session: Session, actor: Actor, conference: Conference) -> None:
        best = agenda.arrange(session, actor, conference, now=now())
        said.append(msg("Arranged: %(count)s minutes of presence.", count=best.layout.minutes))

    return _changed(conference_id, change, said, best="1")


@blueprint.post("/<uuid:conference_id>/agenda/order")
@needs(Permission.SEE_MEETINGS)
def reorder(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Put the cases into the order in which they were laid."""
    ids = [find_id(one) for one in request.form.get("order", "").split()]

    def change(session: Session, actor: Actor, conference: Conference) -> None:
        agenda.reorder(session, actor, conference, [one for one in ids if one], now=now())

    return _changed(conference_id, change, anchor=find_id(request.form.get("moved")))


@blueprint.post("/<uuid:conference_id>/agenda/moves")
@needs(Permission.SEE_MEETINGS)
def move(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Move one case up or down, keep it at its place, or let it go: the pressed button names which."""
    pressed = next((name for name in ("up", "down", "pin", "unpin") if name in request.form), "")
    case_id = find_id(request.form.get(pressed))

    def change(session: Session, actor: Actor, conference: Conference) -> None:
        if case_id is None:
            raise Refusal(msg("Choose a case of this agenda."))
        if pressed in ("up", "down"):
            by = -1 if pressed == "up" else 1
            agenda.move(session, actor, conference, case_id, by=by, now=now())
        else:
            agenda.pin(session, actor, conference, case_id, is_pinned=pressed == "pin", now=now())

    return _changed(conference_id, change, anchor=case_id)


@blueprint.post("/<uuid:conference_id>/agenda/former-order")
@needs(Permission.SEE_MEETINGS)
def undo(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Go back to the order before the last one."""

    def change(session: Session, actor: Actor, conference: Conference) -> None:
        agenda.undo(session, actor, conference, now=now())

    return _changed(conference_id, change, [msg("The order before is back.")])


def _changed(
    conference_id: uuid.UUID,
    change: Change,
    said: list[Message] | None = None,
    *,
    anchor: uuid.UUID | None = None,
    best: str | None = None,
) -> ResponseReturnValue:
    try:
        with transaction() as session:
            conference = access.get_conference(session, current_actor(), conference_id, to="change")
            change(session, current_actor(), conference)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        return _page(conference_id, refusal.message, refusal.status)
    for one in said or ():
        flash(sentence(one))
    place = f"case-{anchor}" if anchor else None
    return redirect(url_for("agenda.show", conference_id=conference_id, best=best, _anchor=place), 303)


@blueprint.get("/<uuid:conference_id>/live")
@needs(Permission.SEE_MEETINGS)
def live(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Show how long it takes until the reader's turn; the script asks for the parts only."""
    conference, shown = _load_live(conference_id)
    return render_template(
        "agenda/live.html", tag_now=_tag(shown), every=LIVE_EVERY, **_parts(conference, shown)
    )


@blueprint.get("/<uuid:conference_id>/live/parts")
@needs(Permission.SEE_MEETINGS)
def live_parts(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Give the parts of the live view anew; 304 as long as no minute of it has changed."""
    conference, shown = _load_live(conference_id)
    tag = f'"{_tag(shown)}"'
    if request.headers.get("If-None-Match", "").removeprefix("W/") == tag:
        return Response(status=304, headers={"ETag": tag})
    answer = make_response(render_template("agenda/_live_parts.html", **_parts(conference, shown)))
    answer.headers["ETag"] = tag
    return answer


def _load_live(conference_id: uuid.UUID) -> tuple[Conference, LiveAgenda]:
    session, actor = read_session(), current_actor()
    conference = access.get_conference(session, actor, conference_id)
    return conference, agenda_live.live(session, actor, conference, now=now())


def _parts(conference: Conference, shown: LiveAgenda) -> dict[str, Any]:
    return {"conference": conference, "live": shown}


def _tag(shown: LiveAgenda) -> str:
    """Name what somebody sees: the minutes, not the instants, which pass all the time."""
    turns = [(str(one.case_id), one.minutes_to_go, one.is_now) for one in shown.turns]
    seen = (shown.state, turns, shown.done, shown.count, shown.late_minutes)
    reader = (current_actor().person_id, reader_language(), reader_zone())
    return f"{crc32(repr((seen, reader)).encode()):08x}"
