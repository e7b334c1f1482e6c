"""The rows of requirements in a form: read, added, moved, removed, with everything that was typed kept."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import request

from confsched.domain.kinds import RequirementKind
from confsched.errors import Message, msg
from confsched.models.rosters import DutyLine
from confsched.services.feed_scopes import line_words
from confsched.services.findings import Problem
from confsched.services.service_checks import MAX_REQUIREMENTS, requirement_field
from confsched.services.service_choices import Choices, TypedNeed
from confsched.web.forms import Finding
from confsched.web.ids import find_id
from confsched.web.pages import sentence

KIND_WORDS: Mapping[RequirementKind, Message] = {
    RequirementKind.DISCIPLINE: msg("Discipline"),
    RequirementKind.DUTY_LINE: msg("Who is on duty"),
    RequirementKind.PERSONS: msg("Named people"),
    RequirementKind.RESOURCE: msg("Room or device"),
}
REQUIREMENTS = msg("Requirements")
MAX_TEXT = 80
MAX_NUMBER = 10_000
FLAGS = ("is_optional", "specialists_only", "may_double", "is_on_site")


@dataclass(frozen=True)
class NeedRow:
    """Hold a row as it was typed, and what is wrong with it."""

    kind: RequirementKind
    id: str = ""
    discipline: str = ""
    site_ids: tuple[str, ...] = ()
    line_id: str = ""
    resource_id: str = ""
    person_ids: tuple[str, ...] = ()
    person_text: str = ""
    count: str = ""
    flags: frozenset[str] = frozenset()
    errors: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Offered:
    """Hold what each list of a row offers: values and words."""

    disciplines: list[tuple[str, str]]
    lines: list[tuple[str, str]]
    resources: list[tuple[str, str]]


@dataclass(frozen=True)
class Action:
    """Hold what a button of a row asks for, and which row it stands in."""

    name: str
    row: int = -1


def offered_of(choices: Choices, rows: Iterable[NeedRow]) -> Offered:
    """Return the lists of the rows; a discipline that stands in a row can stay, whoever has it."""
    names = dict.fromkeys((*choices.disciplines, *(row.discipline for row in rows if row.discipline)))
    return Offered(
        disciplines=[(name, name) for name in names],
        lines=[(str(line.id), _line_words(line)) for line in choices.lines],
        resources=[(str(one.id), f"{one.name}, {one.site.short_name}") for one in choices.resources],
    )


def _line_words(line: DutyLine) -> str:
    return f"{line_words(line)}, {line.department.site.short_name}"


def read_rows() -> list[NeedRow]:
    """Return the rows of the sent form, in order; rows of no kind are none."""
    places = (place for place in request.form.getlist("needs")[: MAX_REQUIREMENTS + 1] if place.isdigit())
    rows = (_read_row(place[:4]) for place in places)
    return [row for row in rows if row is not None]


def _read_row(place: str) -> NeedRow | None:
    def one(name: str) -> str:
        return request.form.get(f"need-{place}-{name}", "").strip()[:MAX_TEXT]

    def many(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(request.form.getlist(f"need-{place}-{name}")))[:200]

    kind = next((kind for kind in RequirementKind if kind == one("kind")), None)
    if kind is None:
        return None
    return NeedRow(
        kind=kind,
        id=one("id"),
        discipline=one("discipline"),
        site_ids=many("site_id"),
        line_id=one("line_id"),
        resource_id=one("resource_id"),
        person_ids=many("person_id"),
        person_text=one("person_text"),
        count=one("count"),
        flags=frozenset(name for name in FLAGS if one(name)),
    )


def row_of(typed: TypedNeed) -> NeedRow:
    """Return the row of a requirement on record."""
    is_all = typed.kind is RequirementKind.PERSONS and typed.count == len(typed.person_ids)
    return NeedRow(
        kind=typed.kind,
        id=str(typed.id or ""),
        discipline=typed.discipline,
        site_ids=tuple(map(str, typed.site_ids)),
        line_id=str(typed.line_id or ""),
        resource_id=str(typed.resource_id or ""),
        person_ids=tuple(map(str, typed.person_ids)),
        count="" if is_all else str(typed.count),
        flags=frozenset(name for name in FLAGS if getattr(typed, name)),
    )


def typed_of(row: NeedRow) -> TypedNeed:
    """Return what a row asks for; a count that is no number asks for nobody."""
    people = _ids(row.person_ids)
    count = _number(row.count)
    if count is None:
        count = len(people) if row.kind is RequirementKind.PERSONS and not row.count else 0
    return TypedNeed(
        kind=row.kind,
        id=find_id(row.id),
        discipline=row.discipline,
        site_ids=_ids(row.site_ids),
        line_id=find_id(row.line_id),
        resource_id=find_id(row.resource_id),
        person_ids=people,
        count=count,
        **{name: name in row.flags for name in FLAGS},
    )


def _ids(texts: Iterable[str]) -> tuple[uuid.UUID, ...]:
    return tuple(found for text in texts if (found := find_id(text)))


def _number(text: str) -> int | None:
    is_short = len(text) <= len(str(MAX_NUMBER))  # Python refuses to read thousands of digits
    return int(text) if is_short and text.isascii() and text.isdigit() and int(text) <= MAX_NUMBER else None


def find_action(rows: Sequence[NeedRow]) -> Action | None:
    """Return what the pressed button asks of the rows; a name typed but not looked up is a search."""
    name, _, place = request.form.get("action", "").rpartition("-")
    if name == "add":
        return Action(place)
    number = _number(place)
    if name in ("up", "down", "remove", "find") and number is not None and number < len(rows):
        return Action(name, number)
    waiting = (place for place, row in enumerate(rows) if row.person_text)
    found = next(waiting, None)
    return Action("find", found) if found is not None else None


def applied(rows: Sequence[NeedRow], action: Action) -> tuple[list[NeedRow], str]:
    """Return the rows after a button was pressed, and the input to go on in."""
    changed, place = list(rows), action.row
    kind = next((kind for kind in RequirementKind if kind == action.name), None)
    if kind is not None:
        if len(changed) < MAX_REQUIREMENTS:
            changed.append(NeedRow(kind, count="" if kind is RequirementKind.PERSONS else "1"))
        return changed, f"need-{len(changed) - 1}-first"
    if action.name == "remove":
        del changed[place]
        return changed, "requirements"
    if action.name in ("up", "down"):
        other = place + (-1 if action.name == "up" else 1)
        if 0 <= other < len(changed):
            changed[place], changed[other] = changed[other], changed[place]
            place = other
        return changed, f"need-{place}-{_next_move(action.name, place, len(changed))}"
    return changed, f"need-{place}-text"


def _next_move(name: str, place: int, count: int) -> str:
    """Return the button to go on at: the same again, or the other one at either end."""
    if name == "up" and place == 0:
        return "down"
    return "up" if name == "down" and place == count - 1 else name


def with_problems(rows: Sequence[NeedRow], problems: Iterable[Problem]) -> list[NeedRow]:
    """Return the rows with what is wrong said in each."""
    said: dict[str, list[Message]] = {}
    for problem in problems:
        said.setdefault(problem.field, []).append(problem.message)
    return [
        replace(row, errors=(*row.errors, *said.get(requirement_field(place), ())))
        for place, row in enumerate(rows)
    ]


def row_findings(rows: Sequence[NeedRow], problems: Iterable[Problem]) -> Iterator[Finding]:
    """Return what is wrong with the requirements for the summary: each at its row, or at all of them."""
    places = {requirement_field(place): place for place in range(len(rows))}
    for problem in problems:
        place = places.get(problem.field)
        label = REQUIREMENTS if place is None else msg("Requirement %(number)s", number=place + 1)
        yield Finding(problem.field, label, sentence(problem.message))
