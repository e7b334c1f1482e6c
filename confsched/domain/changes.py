"""The changes of a wish that can be proposed: what each costs, how it reads in an address, what it alters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from confsched import clock
from confsched.domain.bitgrid import GRAIN
from confsched.domain.intervals import Span
from confsched.domain.starts import Search

SHORTER = ((3, 4), (2, 3), (1, 2))
LATER_DAYS = 7
MINUTE = timedelta(minutes=1)
NO_BUFFER = timedelta(0)
PAIR = 20  # two changes at once cost more than any single one
MAX_CODE = 200


@dataclass(frozen=True)
class Shift:
    """Start on steps of so many minutes, between the usual ones."""

    minutes: int


@dataclass(frozen=True)
class AskUnknown:
    """Ask these people, of whom it is not known whether they are free, and count on a yes."""

    people: tuple[UUID, ...]


@dataclass(frozen=True)
class Shorter:
    """Meet for so many minutes only."""

    minutes: int


@dataclass(frozen=True)
class Remote:
    """Let the people of this need join from where they are."""

    need: str


@dataclass(frozen=True)
class SmallerBuffer:
    """Keep no time clear before and after."""


@dataclass(frozen=True)
class EarlierNotice:
    """Ask sooner than those asked would like."""


@dataclass(frozen=True)
class Longer:
    """Search until a later day, the last one included."""

    last_on: date


@dataclass(frozen=True)
class OtherService:
    """Ask another service of the same discipline."""

    service_id: UUID


@dataclass(frozen=True)
class Without:
    """Require only so many people for a need; with nobody left it becomes a wish."""

    need: str
    left: int = 0


@dataclass(frozen=True)
class Both:
    """Make two changes at once."""

    one: Change
    other: Change


Change = (
    Shift
    | AskUnknown
    | Shorter
    | Remote
    | SmallerBuffer
    | EarlierNotice
    | Longer
    | OtherService
    | Without
    | Both
)

# What a change asks of people, the least first: nobody's time, a question, part of the meeting, a rule of
# those asked, waiting, another house, and last the presence of somebody who was wanted.
COSTS = {
    Shift: 1,
    AskUnknown: 2,
    Shorter: 3,
    Remote: 4,
    SmallerBuffer: 5,
    EarlierNotice: 6,
    Longer: 7,
    OtherService: 8,
    Without: 9,
}


def cost(change: Change) -> int:
    """Return what a change asks of people, in the order of COSTS; two cost more than any one."""
    if isinstance(change, Both):
        return PAIR + cost(change.one) + cost(change.other)
    return COSTS[type(change)]


def changed(search: Search, change: Change) -> Search:
    """Return the wishes of a search with a change of time; a change of people leaves them as they are."""
    match change:
        case Both(one, other):
            return changed(changed(search, one), other)
        case Shift(minutes):
            return replace(search, step=minutes * MINUTE)
        case Shorter(minutes):
            return replace(search, duration=minutes * MINUTE)
        case SmallerBuffer():
            return replace(search, buffer_before=NO_BUFFER, buffer_after=NO_BUFFER)
        case EarlierNotice():
            return replace(search, not_before=None)
        case Longer(last_on):
            ends_at = clock.start_of_day(last_on + timedelta(days=1), search.zone)
            return replace(search, window=Span(search.window.starts_at, ends_at))
    return search


def a_week_longer(search: Search) -> Longer:
    """Return the change that searches one week more; it ends with a local day whatever the clocks do."""
    last_on = clock.local_day(search.window.ends_at - GRAIN, search.zone)
    return Longer(last_on + timedelta(days=LATER_DAYS))


def shorter_lengths(minutes: int) -> tuple[int, ...]:
    """Return the lengths in minutes that are proposed instead, the longest first."""
    grain = GRAIN // MINUTE
    lengths = (minutes * share // whole // grain * grain for share, whole in SHORTER)
    return tuple(dict.fromkeys(length for length in lengths if 0 < length < minutes))


def code(change: Change) -> str:
    """Return the change as it stands in addresses and forms; `parse` reads it back."""
    match change:
        case Both(one, other):
            return f"{code(one)}+{code(other)}"
        case Shift(minutes):
            return f"shift.{minutes}"
        case Shorter(minutes):
            return f"shorter.{minutes}"
        case Longer(last_on):
            return f"longer.{last_on.isoformat()}"
        case OtherService(service_id):
            return f"service.{service_id}"
        case Remote(need):
            return f"remote.{need}"
        case Without(need, left):
            return f"without.{need}.{left}"
        case AskUnknown():
            return "ask"
        case SmallerBuffer():
            return "buffer"
        case EarlierNotice():
            return "notice"


def parse(text: str) -> Change | None:
    """Return the change that a code names, None for any other text; whom to ask is not in it."""
    if len(text) > MAX_CODE:
        return None
    try:
        parts = [_parse(part) for part in text.split("+")]
    except ValueError:
        return None
    return parts[0] if len(parts) == 1 else Both(*parts) if len(parts) == 2 else None


def _parse(text: str) -> Change:
    """Return one change; raises ValueError for what is none."""
    match text.split("."):
        case ["shift", minutes]:
            return Shift(_whole(minutes))
        case ["shorter", minutes]:
            return Shorter(_whole(minutes))
        case ["longer", day]:
            return Longer(date.fromisoformat(day))
        case ["service", service_id]:
            return OtherService(UUID(service_id))
        case ["remote", need]:
            return Remote(need)
        case ["without", need, left]:
            return Without(need, _whole(left))
        case ["ask"]:
            return AskUnknown(())
        case ["buffer"]:
            return SmallerBuffer()
        case ["notice"]:
            return EarlierNotice()
    raise ValueError(text)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise ValueError(text)
    return int(text)


def each_of(change: Change) -> tuple[Change, ...]:
    """Return the single changes of a change."""
    return (*each_of(change.one), *each_of(change.other)) if isinstance(change, Both) else (change,)
