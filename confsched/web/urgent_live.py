"""The page of an urgent consult while it runs, and the fragment that keeps it fresh."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import Any
from zlib import crc32

from flask import Blueprint, Response, current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from confsched.clock import to_local
from confsched.domain.kinds import UrgentKind
from confsched.domain.permissions import Permission
from confsched.errors import Message, msg
from confsched.services import engine_time, missions
from confsched.services.urgent_collisions import list_collisions
from confsched.services.urgent_people import Successor
from confsched.services.urgent_view import LiveView, glance, load, view
from confsched.web import urgent_words
from confsched.web.context import current_actor, read_session, reader_language, reader_zone
from confsched.web.pages import sentence
from confsched.web.policies import needs
from confsched.web.urgent_fact_words import fact_lines, study_lines
from confsched.web.urgent_forms import Forms

blueprint = Blueprint("urgent_live", __name__, url_prefix="/urgent")

_MILLISECONDS = re.compile(r"[0-9]{1,16}")
FACTS_PAGE = "urgent_requests.facts"


@blueprint.get("/<uuid:urgent_id>")
@needs(Permission.SEE_URGENT)
def show(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Show where a consult stands: first what this reader does next, then the clocks and the rest."""
    return page_of(urgent_id, Forms(), None, 200)


@blueprint.get("/<uuid:urgent_id>/live")
@needs(Permission.SEE_URGENT)
def live(urgent_id: uuid.UUID) -> ResponseReturnValue:
    """Give the parts of the page anew; 304 as long as nothing but the seconds has changed."""
    session, actor = read_session(), current_actor()
    now = engine_time.now(session)
    seen = glance(session, actor, urgent_id, now=now)
    if _stands(request.headers.get("If-None-Match", ""), seen.revision, seen.engine_is_late, now):
        return Response(status=304, headers={"ETag": request.headers["If-None-Match"]})
    shown = view(session, actor, load(session, actor, urgent_id), now)
    answer = make_response(render_template("urgent/live.html", **_values(shown, Forms(), now)))
    answer.headers["ETag"] = f'"{_tag(shown, seen.engine_is_late)}"'
    return answer


def _tag(shown: LiveView, is_late: bool) -> str:
    """Name what somebody sees: the revision, until when it stands, whether the engine is late, for whom."""
    until = int(shown.stands_until.timestamp() * 1000)
    return f"{shown.consult.revision}-{until}-{int(is_late)}-{_reader()}"


def _stands(tag: str, revision: int, is_late: bool, now: datetime) -> bool:
    """Tell whether the page with this tag still shows what is true, without reading what is on it."""
    parts = tag.removeprefix("W/").strip('"').split("-")
    if len(parts) != 4 or not _MILLISECONDS.fullmatch(parts[1]):
        return False
    is_same = (parts[0], parts[2], parts[3]) == (str(revision), str(int(is_late)), _reader())
    return is_same and now.timestamp() * 1000 < int(parts[1])


def _reader() -> str:
    words = f"{current_actor().person_id} {reader_language()} {reader_zone()}"
    return f"{crc32(words.encode()):08x}"


def page_of(urgent_id: uuid.UUID, forms: Forms, refusal: Message | None, status: int) -> tuple[str, int]:
    """Return the page with forms that may hold what was typed, and what was refused of the whole."""
    session, actor = read_session(), current_actor()
    now = engine_time.now(session)
    shown = view(session, actor, load(session, actor, urgent_id), now)
    seen = glance(session, actor, urgent_id, now=now)
    page = render_template(
        "urgent/show.html",
        refusal=refusal,
        tag_now=_tag(shown, seen.engine_is_late),
        **_values(shown, forms, now),
    )
    return page, status


def _values(shown: LiveView, forms: Forms, now: datetime) -> dict[str, Any]:
    proposed = [(str(one.person_id), _successor(one, now)) for one in shown.successors]
    forms.hand_over.person_id.choices = proposed
    return {
        "view": shown,
        "consult": shown.consult,
        "part": shown.part,
        "forms": forms,
        "moment": now,
        "words": urgent_words,
        "at_second": at_second,
        "told_facts": fact_lines(shown.consult),
        "studies": study_lines(shown.consult),
        "facts_url": _facts_url(shown.consult.id),
        "stage": urgent_words.stage_of(shown.consult),
        **_beside(shown, now),
        "steps_told": [(step, urgent_words.step_words(step)) for step in reversed(shown.consult.steps)],
    }


def _beside(shown: LiveView, now: datetime) -> dict[str, Any]:
    """Return the teams that may be asked for, and the planned meetings this consult lies over."""
    session, actor, consult = read_session(), current_actor(), shown.consult
    is_stroke = consult.kind is UrgentKind.TELESTROKE
    teams = missions.list_teams(session, actor, now=now, consult=consult) if is_stroke else []
    lies_over = shown.part.answers and consult.consultant_id is not None and consult.ended_at is None
    found = list_collisions(session, actor, now=now, consult=consult) if lies_over else []
    return {
        "teams": teams,
        "may_ask_team": missions.may_ask(consult),
        "teams_proposed": missions.proposes_team(consult, teams),
        "collisions": found,
    }


def _successor(one: Successor, now: datetime) -> str:
    if not one.line_name or one.starts_at is None:
        return one.name
    if one.is_on(now):
        return sentence(msg("%(name)s (%(line)s, on duty)", name=one.name, line=one.line_name))
    at = one.starts_at
    return sentence(msg("%(name)s (%(line)s, from %(at)s)", name=one.name, line=one.line_name, at=at))


def at_second(instant: datetime) -> str:
    """Write "03:12:08": of a call, the second counts."""
    return f"{to_local(instant, reader_zone()):%H:%M:%S}"


def _facts_url(consult_id: uuid.UUID) -> str | None:
    """Return the page on which the facts are completed, in an installation that has it."""
    return url_for(FACTS_PAGE, urgent_id=consult_id) if FACTS_PAGE in current_app.view_functions else None
