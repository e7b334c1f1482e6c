"""What waits for a reader of urgent consults, and what has been, with its filters in the address."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from confsched.clock import to_local
from confsched.domain.kinds import UrgentKind
from confsched.domain.permissions import Permission
from confsched.formats.tables import harmless, write_table
from confsched.models.urgent import UrgentConsult
from confsched.services import engine_time
from confsched.services.urgent_lists import (
    HistoryFilter,
    Show,
    export_history,
    history_choices,
    list_history,
    worklist,
)
from confsched.web import urgent_words
from confsched.web.context import current_actor, read_session, reader_language, reader_zone
from confsched.web.fairness import DELIMITERS
from confsched.web.ids import find_id
from confsched.web.instants import find_day
from confsched.web.pages import sentence
from confsched.web.policies import needs
from confsched.web.urgent_live import at_second
from confsched.web.urgent_words import HISTORY_COLUMNS, SHOWS

blueprint = Blueprint("urgent_lists", __name__, url_prefix="/urgent")

MAX_REF = 20


@blueprint.get("/")
@needs(Permission.SEE_URGENT)
def index() -> ResponseReturnValue:
    """List what rings and what runs: for who answers and for who asks."""
    session = read_session()
    now = engine_time.now(session)
    found = worklist(session, current_actor(), now=now)
    return render_template(
        "urgent/index.html", worklist=found, words=urgent_words, moment=now, at_second=at_second
    )


@blueprint.get("/history")
@needs(Permission.SEE_URGENT)
def history() -> ResponseReturnValue:
    """List what has been, the newest first."""
    session, actor, wanted = read_session(), current_actor(), _filter()
    page = max(1, min(10_000, request.args.get("page", 1, type=int)))
    narrowed = {name: value for name, value in request.args.items() if name != "page" and value}
    return render_template(
        "urgent/history.html",
        history=list_history(session, actor, wanted, page=page),
        choices=history_choices(session, actor),
        wanted=wanted,
        shows=SHOWS,
        words=urgent_words,
        export_url=f"{url_for('urgent_lists.export')}?{urlencode(narrowed)}",
    )


@blueprint.get("/history.csv")
@needs(Permission.SEE_URGENT)
def export() -> ResponseReturnValue:
    """Give the filtered history as a table, without any person's name."""
    consults = export_history(read_session(), current_actor(), _filter())
    head = [sentence(name) for name in HISTORY_COLUMNS]
    rows = ([harmless(text) for text in _row(one)] for one in consults)
    table = write_table([head, *rows], DELIMITERS[reader_language()])
    headers = {"Content-Disposition": 'attachment; filename="urgent-consults.csv"'}
    return Response(table, headers=headers, content_type="text/csv; charset=utf-8")


def _filter() -> HistoryFilter:
    args = request.args
    show, kind = args.get("show", ""), args.get("kind", "")
    return HistoryFilter(
        show=Show(show) if show in set(Show) else Show.ALL,
        kind=UrgentKind(kind) if kind in set(UrgentKind) else None,
        service_id=find_id(args.get("service")),
        site_id=find_id(args.get("site")),
        since=find_day(args.get("since", "")),
        until=find_day(args.get("until", "")),
        case_ref=args.get("case", "")[:MAX_REF],
    )


def _row(consult: UrgentConsult) -> list[str]:
    recommendation = consult.recommendation
    return [
        consult.case_ref,
        sentence(urgent_words.KINDS[consult.kind]),
        consult.service.name,
        consult.site.name,
        _instant(consult.requested_at),
        _instant(consult.acknowledged_at),
        _seconds(consult),
        _instant(consult.ended_at),
        sentence(urgent_words.STATES[consult.state]),
        sentence(urgent_words.RECOMMENDATIONS[recommendation]) if recommendation else "",
    ]


def _instant(at: datetime | None) -> str:
    return f"{to_local(at, reader_zone()):%Y-%m-%d %H:%M:%S}" if at else ""


def _seconds(consult: UrgentConsult) -> str:
    if consult.acknowledged_at is None:
        return ""
    return str(int((consult.acknowledged_at - consult.requested_at).total_seconds()))
