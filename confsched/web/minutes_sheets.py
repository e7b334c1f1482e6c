"""Minutes and agendas in words: for paper, and for a spreadsheet, in the language of who reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from confsched.domain.kinds import AttendanceMode, CaseState
from confsched.errors import Message, msg
from confsched.formats.minutes_sheet import Part, Sheet, Table
from confsched.formats.tables import harmless
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.web.conference_words import CASES
from confsched.web.context import reader_language, reader_zone
from confsched.web.languages import ReaderTimes
from confsched.web.pages import sentence, span_of

MODES: Mapping[AttendanceMode, Message] = {
    AttendanceMode.ON_SITE: msg("on site"),
    AttendanceMode.REMOTE: msg("remote"),
}
Content = Mapping[str, Any]
_PEOPLE_HEAD = (msg("Name"), msg("Institution"), msg("Stands for"), msg("Where"), msg("From"), msg("Until"))
_CASES_HEAD = (msg("Case"), msg("Presented by"), msg("State"), msg("Question"), msg("Recommendation"))
_AGENDA_HEAD = (
    *(msg("No."), msg("Time"), msg("Case"), msg("Question"), msg("Presented by"), msg("Needed")),
    msg("Minutes"),
)
_DECISIONS_HEAD = (msg("No."), msg("Decision"), msg("Who"), msg("Until"))


def minutes_sheet(content: Content, edition: str) -> Sheet:
    """Return minutes as words on paper; `edition` says of which version, or that it is a draft."""
    times = reader_times()
    parts = (
        *_if_any(_text_part(content)),
        *_if_any(_table(msg("Attendance"), _PEOPLE_HEAD, people_rows(content), (5, 5, 4, 2, 2, 2))),
        *_if_any(_table(msg("Cases"), _CASES_HEAD, _case_rows(content), (3, 4, 3, 5, 8))),
        *_if_any(_table(msg("Decisions"), _DECISIONS_HEAD, _decision_rows(content), (1, 8, 4, 3))),
    )
    span = _span_words(content, times)
    return Sheet(
        language=reader_language(),
        title=sentence(msg("Minutes: %(title)s", title=content["title"])),
        subtitle=span,
        foot=f"{content['title']} · {edition}",
        facts=tuple(_facts(content, times)),
        parts=parts,
    )


def agenda_sheet(conference: Conference, cases: Sequence[CaseItem]) -> Sheet:
    """Return the agenda as words on paper."""
    times = reader_times()
    rows = [
        (
            str(number),
            times.clock(case.starts_at) if case.starts_at else "–",
            case.case_ref,
            case.question,
            f"{case.presenter.name}, {case.site.short_name}",
            ", ".join(need.discipline for need in case.needs),
            str(case.minutes),
        )
        for number, case in enumerate(cases, 1)
    ]
    booking = conference.booking
    return Sheet(
        language=reader_language(),
        title=sentence(msg("Agenda: %(title)s", title=conference.title)),
        subtitle=times.when(span_of(booking), conference.site.zone) if booking else "",
        foot=conference.title,
        facts=((sentence(msg("Chair")), (conference.chair or conference.organiser).name),),
        parts=_if_any(_table(msg("Cases"), _AGENDA_HEAD, rows, (1, 2, 3, 7, 5, 5, 2))),
        is_wide=True,
    )


def case_table(content: Content) -> Iterator[list[str]]:
    """Give the cases of minutes for a spreadsheet: nothing in them is a formula."""
    yield [sentence(word) for word in (*_CASES_HEAD, msg("Ask again on"))]
    for row, case in zip(_case_rows(content), content["cases"], strict=True):
        yield [*map(harmless, row), case["follow_up_on"] or ""]


def people_rows(content: Content) -> list[tuple[str, ...]]:
    """Return who was there, from when until when."""
    times = reader_times()
    return [
        (
            *(one["name"], one["institution"], one["serves"]),
            sentence(MODES[AttendanceMode(one["mode"])]),
            times.clock(datetime.fromisoformat(one["came_at"])),
            times.clock(datetime.fromisoformat(one["left_at"]))
            if one["left_at"]
            else sentence(msg("the end")),
        )
        for one in content["people"]
    ]


def state_words(state: str) -> str:
    return sentence(CASES[CaseState(state)])


def _case_rows(content: Content) -> list[tuple[str, ...]]:
    return [
        (
            *(one["ref"], f"{one['presenter']}, {one['site']}", state_words(one["state"])),
            *(one["question"], one["recommendation"]),
        )
        for one in content["cases"]
    ]


def _decision_rows(content: Content) -> list[tuple[str, ...]]:
    times = reader_times()
    return [
        (
            *(str(one["number"]), one["text"], one["responsible"]),
            times.day(datetime.fromisoformat(one["due_at"])) if one["due_at"] else "",
        )
        for one in content["decisions"]
    ]


def _facts(content: Content, times: ReaderTimes) -> Iterator[tuple[str, str]]:
    yield sentence(msg("Chair")), content["chair"]
    yield sentence(msg("Place")), ", ".join(filter(None, (content["site"], content["room"])))
    if content["started_at"] and content["ended_at"]:
        began, ended = (datetime.fromisoformat(content[name]) for name in ("started_at", "ended_at"))
        yield sentence(msg("Held")), f"{times.stamp(began)} – {times.clock(ended)}"
    for reason in content["below_quorum"]:
        yield sentence(msg("Below quorum, because")), reason


def _span_words(content: Content, times: ReaderTimes) -> str:
    if not content["starts_at"] or not content["ends_at"]:
        return ""
    starts_at, ends_at = (datetime.fromisoformat(content[name]) for name in ("starts_at", "ends_at"))
    return f"{times.day(starts_at)}, {times.clock(starts_at)}–{times.clock(ends_at)}"


def _text_part(content: Content) -> Part | None:
    lines = tuple(line for line in content["minutes"].splitlines() if line)
    return Part(sentence(msg("Course")), lines) if lines else None


def _table(
    heading: Message, head: Sequence[Message], rows: Sequence[tuple[str, ...]], widths: tuple[int, ...]
) -> Part | None:
    if not rows:
        return None
    return Part(sentence(heading), (), Table(tuple(map(sentence, head)), tuple(rows), widths))


def _if_any(part: Part | None) -> tuple[Part, ...]:
    return (part,) if part else ()


def reader_times() -> ReaderTimes:
    return ReaderTimes(reader_language, reader_zone)
