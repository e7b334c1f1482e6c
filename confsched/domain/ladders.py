"""What is wrong with a ladder before it is saved, and what its house should know about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from confsched.domain.escalation import MAX_STEPS, Step
from confsched.domain.kinds import EscalationTarget as Target
from confsched.errors import Message, msg

MAX_DELAY_SECONDS = 3600
MAX_REPEATS = 5
REPEAT_SECONDS = range(15, 601)
MAX_PHONE = 40
WITH_LINE = frozenset(Target) - {Target.HUB_ROTATION, Target.PHONE_CARD}
LATE_SECONDS = 600  # after which a ladder should have come to its end


@dataclass(frozen=True)
class Fault:
    """Hold one thing that is wrong: with which step, counted from 0, and in which of its fields."""

    index: int
    field: str
    message: Message


def find_faults(steps: Sequence[Step]) -> list[Fault]:
    """Return all that keeps a ladder from being saved."""
    faults = [fault for index, step in enumerate(steps) for fault in _faults_of(index, step)]
    if not steps:
        faults.append(Fault(0, "target", msg("Add at least one step.")))
    if len(steps) > MAX_STEPS:
        faults.append(
            Fault(MAX_STEPS, "target", msg("A ladder has at most %(count)s steps.", count=MAX_STEPS))
        )
    for index, step in enumerate(steps[:-1]):
        if step.target is Target.PHONE_CARD:
            faults.append(Fault(index, "target", msg("The number to call comes last.")))
    return [*faults, *_find_repeated(steps)]


def _find_repeated(steps: Sequence[Step]) -> Iterator[Fault]:
    """Find lines that are called twice: who did not answer is called again by repeating the step."""
    first: dict[object, int] = {}
    for index, step in enumerate(steps):
        if step.target not in WITH_LINE or step.line_id is None:
            continue
        if step.line_id in first:
            number = first[step.line_id] + 1
            sentence = msg("Step %(number)s calls this line already: repeat it there.", number=number)
            yield Fault(index, "line_id", sentence)
        first.setdefault(step.line_id, index)


def _faults_of(index: int, step: Step) -> Iterator[Fault]:
    if step.target in WITH_LINE and step.line_id is None:
        yield Fault(index, "line_id", msg("Choose the duty line that this step calls."))
    if not 0 <= step.delay_seconds <= MAX_DELAY_SECONDS:
        yield Fault(index, "delay_seconds", msg("Enter 0 to %(most)s seconds.", most=MAX_DELAY_SECONDS))
    if not 0 <= step.repeats <= MAX_REPEATS:
        yield Fault(index, "repeats", msg("Enter 0 to %(most)s repeats.", most=MAX_REPEATS))
    if step.repeat_seconds not in REPEAT_SECONDS:
        least, most = REPEAT_SECONDS[0], REPEAT_SECONDS[-1]
        sentence = msg("Enter %(least)s to %(most)s seconds.", least=least, most=most)
        yield Fault(index, "repeat_seconds", sentence)
    if len(step.phone) > MAX_PHONE:
        yield Fault(index, "phone", msg("A number has at most %(count)s characters.", count=MAX_PHONE))


def list_warnings(steps: Sequence[Step]) -> list[Message]:
    """Return what may be meant, and is rather not."""
    return [*_warn_of_ends(steps), *_warn_of_repeats(steps)]


def _warn_of_ends(steps: Sequence[Step]) -> Iterator[Message]:
    if not steps or steps[-1].target is not Target.PHONE_CARD:
        yield msg("The ladder does not end with a number to call: who asks is left without one.")
    if steps and steps[0].delay_seconds:
        yield msg("The first step waits %(seconds)s seconds.", seconds=steps[0].delay_seconds)
    total = sum(step.delay_seconds for step in steps)
    if total > LATE_SECONDS:
        yield msg("The last step begins only after %(minutes)s minutes.", minutes=total // 60)


def _warn_of_repeats(steps: Sequence[Step]) -> Iterator[Message]:
    for index, step in enumerate(steps):
        until = steps[index + 1].delay_seconds if index + 1 < len(steps) else None
        if until is not None and step.repeats and step.repeats * step.repeat_seconds >= until:
            sentence = msg("Step %(number)s: repeats end when the next step begins.", number=index + 1)
            yield sentence
