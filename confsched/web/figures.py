"""Figures of urgent consults: filters in the URL, plots made here, and a table for a spreadsheet."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from confsched.clock import local_day, start_of_day
from confsched.domain.figures import FEWEST, MEASURES, WORK_FROM, WORK_UNTIL, Measure, Summary
from confsched.domain.intervals import Span
from confsched.domain.kinds import UrgentKind
from confsched.domain.permissions import Permission
from confsched.errors import Message, msg
from confsched.formats.plots import duration
from confsched.formats.tables import harmless, write_table
from confsched.services import figures as service
from confsched.services.figures import Asked, Choice, Choices, Figures, Part
from confsched.web.context import current_actor, now, read_session, reader_language, reader_zone
from confsched.web.figure_plots import is_enough, plots
from confsched.web.figure_words import BY, KINDS, STEPS, WEEKDAYS, say
from confsched.web.ids import find_id
from confsched.web.instants import find_day
from confsched.web.policies import needs

blueprint = Blueprint("figures", __name__, url_prefix="/figures")

FILE_NAME = "figures.csv"
DELIMITERS = {"de": ";", "en": ","}
USUAL_DAYS = 90
MOST_DAYS = 3 * 366
FIELDS = ("from", "until", "kind", "step", "service", "hub", "spoke")


@dataclass(frozen=True)
class Filter:
    """Hold what was typed, what it means, and what is wrong with it by field."""

    asked: Asked
    typed: Mapping[str, str]
    problems: Mapping[str, Message] = field(default_factory=dict)


@blueprint.get("/")
@needs(Permission.SEE_FIGURES)
def show() -> ResponseReturnValue:
    """Show how long each step took, and one of them more closely."""
    choices = service.list_choices(read_session(), current_actor())
    chosen = _filter(choices)
    found = service.show(read_session(), current_actor(), chosen.asked)
    page = render_template(
        "figures/show.html",
        chosen=chosen,
        choices=choices,
        found=found,
        kinds=KINDS,
        steps={measure: STEPS[measure] for measure in MEASURES[chosen.asked.kind]},
        by=BY,
        duration=duration,
        percent=_percent,
        label_of=_label,
        plots=plots(chosen.asked, found) if found.count else (),
        fewest=FEWEST,
        regular=(WORK_FROM, WORK_UNTIL),
        weekday_parts=("hour", "weekday"),
    )
    return page, 422 if chosen.problems else 200


@blueprint.get("/table")
@needs(Permission.SEE_FIGURES)
def download() -> ResponseReturnValue:
    """Give the same figures as a table: all steps, and the chosen one by each property."""
    chosen = _filter(service.list_choices(read_session(), current_actor()))
    found = service.show(read_session(), current_actor(), chosen.asked)
    table = write_table(_table(chosen.asked, found), DELIMITERS[reader_language()])
    headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return Response(table, headers=headers, content_type="text/csv; charset=utf-8")


def _filter(choices: Choices) -> Filter:
    """Read the filter; what is wrong is said, and the usual choice takes its place."""
    today = local_day(now(), reader_zone())
    first, last = today - timedelta(days=USUAL_DAYS - 1), today
    typed = {name: request.args.get(name, "") for name in FIELDS}
    problems: dict[str, Message] = {}
    days = [_day(typed, "from", first, problems), _day(typed, "until", last, problems)]
    if days[0] > days[1] or days[1] - days[0] > timedelta(days=MOST_DAYS):
        problems["until"] = msg("Choose a last day after the first one, three years later at most.")
        days = [first, last]
    kind = _kind(typed["kind"], choices)
    asked = Asked(
        span=_span(days[0], days[1]),
        kind=kind,
        measure=_measure(typed["step"], kind),
        service_id=_chosen(typed, "service", choices.services, problems),
        hub_id=_chosen(typed, "hub", choices.hubs, problems),
        spoke_id=_chosen(typed, "spoke", choices.spokes, problems),
    )
    shown = {"from": days[0].isoformat(), "until": days[1].isoformat(), "kind": kind.value}
    return Filter(asked, {**typed, **shown, "step": asked.measure.value}, problems)


def _day(typed: Mapping[str, str], name: str, usual: date, problems: dict[str, Message]) -> date:
    if not typed[name]:
        return usual
    day = find_day(typed[name])
    if day is None:
        problems[name] = msg("Choose a day, such as 2026-11-25.")
    return day or usual


def _span(first: date, last: date) -> Span:
    zone = reader_zone()
    return Span(start_of_day(first, zone), start_of_day(last + timedelta(days=1), zone))


def _kind(text: str, choices: Choices) -> UrgentKind:
    if text in list(UrgentKind):
        return UrgentKind(text)
    return choices.kinds[0] if choices.kinds else UrgentKind.TELESTROKE


def _measure(text: str, kind: UrgentKind) -> Measure:
    return Measure(text) if text in MEASURES[kind] else MEASURES[kind][0]


def _chosen(
    typed: Mapping[str, str], name: str, choices: Sequence[Choice], problems: dict[str, Message]
) -> uuid.UUID | None:
    """Return what was chosen; what is foreign is answered like what does not exist."""
    if not typed[name]:
        return None
    wanted = find_id(typed[name])
    if wanted not in {choice.id for choice in choices}:
        problems[name] = msg("Choose one from the list.")
        return None
    return wanted


def _percent(share: float | None) -> str:
    """Write a share; nothing where there are too few to say one."""
    return "–" if share is None else f"{round(share * 100)} %"


def _label(part: Part, label: str) -> str | Message:
    """Name a row: a weekday in words, an hour as it begins."""
    if part.by == "weekday":
        return WEEKDAYS[int(label)]
    return f"{int(label):02d}:00" if part.by == "hour" else label


HEAD = (
    *(msg("Part"), msg("Value"), msg("Step"), msg("Consults"), msg("Lower quartile (s)"), msg("Median (s)")),
    *(msg("Upper quartile (s)"), msg("Within target"), msg("With a target"), msg("Share within target (%)")),
)


def _table(asked: Asked, found: Figures) -> Iterator[list[str]]:
    yield [say(head) for head in HEAD]
    periods = ((msg("This period"), found.steps), (msg("Period before"), found.before))
    for name, steps in periods:
        for measure, one in steps.items():
            yield [say(msg("All together")), say(name), say(STEPS[measure]), *_cells(one)]
    for part in found.parts:
        for label, one in part.rows:
            told = _label(part, label)
            value = told if isinstance(told, str) else say(told)
            yield [say(BY[part.by]), harmless(value), say(STEPS[asked.measure]), *_cells(one)]
    yield [say(msg("Held by telephone, counted apart")), "", "", str(found.downtime_count)]


def _cells(one: Summary) -> list[str]:
    times = [one.low if is_enough(one) else None, one.median, one.high if is_enough(one) else None]
    share = one.share
    met = (
        [str(one.within), str(one.with_goal), str(round(share * 100))] if share is not None else ["", "", ""]
    )
    return [str(one.count), *("" if value is None else str(round(value)) for value in times), *met]
