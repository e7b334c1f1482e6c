"""The steps of a ladder in a form: read, added, moved, removed, with everything that was typed kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask import request

from confsched.domain.escalation import MAX_STEPS, Step
from confsched.domain.kinds import EscalationTarget
from confsched.domain.ladders import MAX_PHONE, WITH_LINE
from confsched.errors import Message, msg
from confsched.services.findings import Problem
from confsched.services.ladders import step_field
from confsched.web.forms import Finding
from confsched.web.ids import find_id
from confsched.web.pages import sentence

TARGET_WORDS: Mapping[EscalationTarget, Message] = {
    EscalationTarget.DUTY_LINE: msg("Duty line"),
    EscalationTarget.PARALLEL_LINE: msg("Parallel duty line"),
    EscalationTarget.BACKGROUND_LINE: msg("Background duty"),
    EscalationTarget.HUB_ROTATION: msg("The hub whose turn it is"),
    EscalationTarget.FALLBACK_HUB: msg("Line of the fallback hub"),
    EscalationTarget.PHONE_CARD: msg("Number to call"),
}
FIELD_WORDS: Mapping[str, Message] = {
    "target": msg("Whom it calls"),
    "line_id": msg("Duty line"),
    "phone": msg("Number"),
    "delay_seconds": msg("Seconds after the step before"),
    "repeats": msg("Repeats"),
    "repeat_seconds": msg("Seconds between repeats"),
}
MAX_TEXT = 60
UNREAD = -1  # what was typed is no number: refused like one that is too small
ACTIONS = ("up", "down", "remove")


@dataclass(frozen=True)
class StepRow:
    """Hold a step as it was typed, and what is wrong with each of its fields."""

    target: EscalationTarget = EscalationTarget.DUTY_LINE
    line_id: str = ""
    phone: str = ""
    delay_seconds: str = "0"
    repeats: str = "0"
    repeat_seconds: str = "60"
    errors: Mapping[str, tuple[Message, ...]] = field(default_factory=dict)

    @property
    def has_line(self) -> bool:
        return self.target in WITH_LINE

    @property
    def is_card(self) -> bool:
        return self.target is EscalationTarget.PHONE_CARD


def read_rows() -> list[StepRow]:
    """Return the steps of the sent form in order; one more than there may be is read, to be refused."""
    places = [place[:4] for place in request.form.getlist("steps") if place.isdigit()]
    rows = (_read_row(place) for place in places[: MAX_STEPS + 1])
    return [row for row in rows if row is not None]


def _read_row(place: str) -> StepRow | None:
    def one(name: str, default: str = "") -> str:
        return request.form.get(f"step-{place}-{name}", default).strip()[:MAX_TEXT]

    target = next((target for target in EscalationTarget if target == one("target")), None)
    if target is None:
        return None
    return StepRow(
        target,
        line_id=one("line_id"),
        phone=one("phone"),
        delay_seconds=one("delay_seconds", "0"),
        repeats=one("repeats", "0"),
        repeat_seconds=one("repeat_seconds", "60"),
    )


def row_of(step: Step) -> StepRow:
    """Return the row of a step on record."""
    return StepRow(
        step.target,
        line_id=str(step.line_id or ""),
        phone=step.phone,
        delay_seconds=str(step.delay_seconds),
        repeats=str(step.repeats),
        repeat_seconds=str(step.repeat_seconds),
    )


def step_of(row: StepRow) -> Step:
    """Return what a row says; what does not belong to its target is left out."""
    is_repeated = not row.is_card
    return Step(
        row.target,
        find_id(row.line_id) if row.has_line else None,
        row.phone if row.is_card else "",
        number_of(row.delay_seconds),
        number_of(row.repeats) if is_repeated else 0,
        number_of(row.repeat_seconds) if is_repeated else 60,
    )


def number_of(text: str) -> int:
    """Return the number that was typed; Python refuses to read thousands of digits, and so do we."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else UNREAD


def applied(rows: Sequence[StepRow], action: str) -> tuple[list[StepRow], str] | None:
    """Return the rows after a button of theirs was pressed and the input to go on in; None for another."""
    name, _, text = action.partition("-")
    changed, place = list(rows), number_of(text)
    if action == "add":
        return _added(changed)
    if name not in ACTIONS or place not in range(len(changed)):
        return None
    if name == "remove":
        del changed[place]
        return changed, "steps"
    other = place + (-1 if name == "up" else 1)
    if other in range(len(changed)):
        changed[place], changed[other] = changed[other], changed[place]
        place = other
    return changed, f"step-{place}-{_next_move(name, place, len(changed))}"


def _added(rows: list[StepRow]) -> tuple[list[StepRow], str]:
    """Put a new step before the number to call, which comes last."""
    if len(rows) >= MAX_STEPS:
        return rows, "steps"
    place = len(rows) - 1 if rows and rows[-1].is_card else len(rows)
    rows.insert(place, StepRow(delay_seconds="180" if place else "0"))
    return rows, f"step-{place}-target"


def _next_move(name: str, place: int, count: int) -> str:
    """Return the button to go on at: the same again, or the other one at either end."""
    if name == "up" and place == 0:
        return "down"
    return "up" if name == "down" and place == count - 1 else name


def with_problems(rows: Sequence[StepRow], problems: Iterable[Problem]) -> list[StepRow]:
    """Return the rows with what is wrong said at each field."""
    said: dict[str, list[Message]] = {}
    for problem in problems:
        said.setdefault(problem.field, []).append(problem.message)
    return [
        replace(row, errors={name: tuple(said.get(step_field(place, name), ())) for name in FIELD_WORDS})
        for place, row in enumerate(rows)
    ]


def row_findings(rows: Sequence[StepRow]) -> Iterator[Finding]:
    """Return what is wrong with the steps, for the summary."""
    for place, row in enumerate(rows):
        for name, problems in row.errors.items():
            label = msg("Step %(number)s, %(field)s", number=place + 1, field=sentence(FIELD_WORDS[name]))
            for problem in problems:
                yield Finding(step_field(place, name), label, sentence(problem))


assert MAX_PHONE < MAX_TEXT, "a number that is too long is refused, not cut"
