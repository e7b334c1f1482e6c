"""A month as a page: the table with everything around it, or the form of one day."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from confsched.errors import Message, NotFound, msg
from confsched.services import access, duty_rosters
from confsched.services.duty_rosters import EditResult, LineGap, MonthView, RosterWarningView
from confsched.web.context import current_actor, now, read_session
from confsched.web.forms import new_form_key
from confsched.web.instants import is_near
from confsched.web.pages import sentence
from confsched.web.roster_cells import day_fields
from confsched.web.roster_months import (
    code_words,
    has_words,
    look_of,
    marks_of,
    style_of,
    versions_of,
    wish_words,
)
from confsched.web.roster_pictures import picture_of

ONE_DAY = timedelta(days=1)
LIST_LENGTH = 12
LONGEST_LIST = 400
WORDS = {
    "label": msg("Code for %(name)s on %(day)s"),
    "saving": msg("Saving …"),
    "offline": msg("No connection. Changes not saved: %(count)s. Trying again."),
    "signedOut": msg("You are signed out: nothing is lost. Sign in in another window, then try again here."),
    "refused": msg("The server did not take this. Try again, or open the page again."),
    "notHere": msg("Codes are typed beside names, on days."),
    "cut": msg("Cells left out, because they lie outside of the month: %(count)s."),
    "copied": msg("Cells copied: %(count)s."),
    "noMarks": msg("No gap and no warning in this month."),
    "keepMine": msg("Put %(code)s all the same"),
}


Item = TypeVar("Item")


@dataclass(frozen=True)
class Links:
    """Hold the pages around a month that exist, and where they are."""

    paste: str | None
    fill: str | None


def load(department_id: uuid.UUID, month: date, known_at: datetime | None = None) -> MonthView:
    session, actor = read_session(), current_actor()
    department = access.get_department(session, actor, department_id)
    return duty_rosters.load_month(session, actor, department, month, now=now(), known_at=known_at)


def _known_at() -> datetime | None:
    """Return the instant of ?known=; raises NotFound for what is none."""
    if "known" not in request.args:
        return None
    try:
        instant = datetime.fromisoformat(request.args["known"])
    except ValueError as error:
        raise NotFound from error
    if instant.tzinfo is None or not is_near(instant):
        raise NotFound
    return instant


def month_page(
    department_id: uuid.UUID, month: date, problem: Message | None = None, status: int = 200
) -> ResponseReturnValue:
    view = load(department_id, month, _known_at())
    of_month = tools(view)
    picture = picture_of(view, of_month)
    page = render_template(
        "duty_rosters/show.html",
        view=view,
        picture=picture,
        seen=" ".join(f"{name}:{digest}" for name, digest in picture.digests.items()),
        problem=problem,
        first_steps=_first_steps(),
        links=_links(department_id, month),
        words=json.dumps({name: sentence(text) for name, text in WORDS.items()}),
        **of_month,
    )
    return page, status


def _first_steps() -> list[dict[str, str]]:
    """Return the way from an empty month to a published one."""
    return [
        {"title": sentence(title), "text": sentence(text)}
        for title, text in (
            (msg("Enter the legend"), msg("Which letters stand for which duty, and from when to when.")),
            (msg("Bring the month"), msg("Paste it from Excel, upload the sheet, or type it in.")),
            (msg("Publish"), msg("From then on the duty board, calendars and consults go by it.")),
        )
    ]


def tools(view: MonthView) -> dict[str, Any]:
    """Return what the templates of a month need beside its view."""
    return {
        "look": look_of(view),
        "here": {"department_id": view.department_id, "month": f"{view.month:%Y-%m}"},
        "shown": {name: request.args[name] for name in ("all", "warning") if name in request.args},
        "marks_of": marks_of,
        "has_words": has_words,
        "wish_words": wish_words,
        "versions_of": versions_of,
        "style_of": style_of,
        "code_words": code_words,
        "gap_url": gap_url,
        "warning_id": warning_id,
        "first_of": first_of,
        "LIST_LENGTH": LIST_LENGTH,
        "asked_list": request.args.get("all", ""),
        "asked_warning": request.args.get("warning", ""),
    }


def first_of(items: Sequence[Item], name: str) -> Sequence[Item]:
    """Return the beginning of a list below the table, and far more of the one that is asked for.

    A warning stays in its list while its reason is asked for.
    """
    is_whole = request.args.get("all") == name or (name == "warnings" and "warning" in request.args)
    return items[: LONGEST_LIST if is_whole else LIST_LENGTH]


def warning_id(warning: RosterWarningView) -> str:
    """Return the name of a warning on its page."""
    return f"w-{warning.person_id}-{warning.day}-{warning.rule}"


def _links(department_id: uuid.UUID, month: date) -> Links:
    values = {"department_id": department_id, "month": f"{month:%Y-%m}"}
    return Links(_url("roster_imports.start", values), _url("roster_fill.show", values))


def _url(endpoint: str, values: dict[str, Any]) -> str | None:
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def gap_url(gap: LineGap, here: dict[str, Any]) -> str:
    """Return where a gap is filled: the form of its day."""
    return url_for("duty_rosters.show", day=gap.day.isoformat(), **here)


def day_page(
    department_id: uuid.UUID, month: date, day: date, result: EditResult | None = None, status: int = 200
) -> ResponseReturnValue:
    view = load(department_id, month)
    if not view.may_edit:
        return redirect(
            url_for("duty_rosters.show", department_id=department_id, month=f"{month:%Y-%m}"), 303
        )
    fields = day_fields(view, day, result)
    of_day = tools(view)
    page = render_template(
        "duty_rosters/day.html",
        view=view,
        on=day,
        column=of_day["look"].columns[day.day - 1],
        neighbours=[one if one.month == month.month else None for one in (day - ONE_DAY, day + ONE_DAY)],
        fields=fields,
        ask_url=_url("swaps.ask_cover", {}),
        new_key=new_form_key,
        wrong=[field for field in fields if field.error],
        **of_day,
    )
    return page, status
