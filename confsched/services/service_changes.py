"""What differs between a service as it stands and as it would be, in words and by column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from confsched.domain.kinds import RequirementKind
from confsched.errors import Message, msg
from confsched.models.catalogue import Requirement, Service
from confsched.services.pools import label_of

COLUMNS = (
    *("name", "discipline", "duration_minutes", "buffer_before_minutes", "buffer_after_minutes"),
    *("notice_minutes", "horizon_days", "preferred_hours", "seats", "cap_per_day", "needs_triage"),
    *("cancel_notice_minutes", "reminder_minutes", "join_base", "is_open"),
)
REQUIREMENT_COLUMNS = (
    *("position", "kind", "discipline", "duty_line_id", "resource_id", "count"),
    *("is_optional", "specialists_only", "may_double", "is_on_site"),
)
LABELS: dict[str, Message] = {
    "name": msg("Name"),
    "discipline": msg("Discipline"),
    "duration_minutes": msg("Length in minutes"),
    "buffer_before_minutes": msg("Minutes kept free before"),
    "buffer_after_minutes": msg("Minutes kept free after"),
    "notice_minutes": msg("Shortest notice in minutes"),
    "horizon_days": msg("Days ahead"),
    "preferred_hours": msg("Preferred hours"),
    "seats": msg("Seats"),
    "cap_per_day": msg("At most a day for each person"),
    "needs_triage": msg("Somebody decides about each request first"),
    "cancel_notice_minutes": msg("Calling off until so many minutes before"),
    "reminder_minutes": msg("Reminder so many minutes before"),
    "join_base": msg("Address of the video service"),
    "is_open": msg("Can be asked for"),
}
REQUIREMENTS = msg("Requirements")
YES, NO, NOTHING = msg("yes"), msg("no"), msg("nothing")
EXTRAS: tuple[tuple[str, Message], ...] = (
    ("specialists_only", msg("specialist")),
    ("is_optional", msg("if possible")),
    ("may_double", msg("may be met by who takes part already")),
    ("is_on_site", msg("on site")),
)


@dataclass(frozen=True)
class Difference:
    """Hold one thing that differs, as it is on record and as it would be."""

    label: Message
    before: Message | str
    after: Message | str


def list_changes(saved: Service, wanted: Service) -> list[str]:
    """Return the columns that differ, and "requirements"; for the trail, so without any value."""
    columns = [name for name in COLUMNS if getattr(saved, name) != getattr(wanted, name)]
    if list(map(identity, saved.requirements)) != list(map(identity, wanted.requirements)):
        columns.append("requirements")
    return columns


def list_differences(session: Session, saved: Service, wanted: Service) -> list[Difference]:
    """Return what differs in words, in the order of the form."""
    return list(_differences(session, saved, wanted))


def _differences(session: Session, saved: Service, wanted: Service) -> Iterator[Difference]:
    for name in COLUMNS:
        before, after = getattr(saved, name), getattr(wanted, name)
        if before != after:
            yield Difference(LABELS[name], _words(before), _words(after))
    kept = {one.id: one for one in saved.requirements}
    for one in wanted.requirements:
        former = kept.pop(one.id, None)
        if not is_named(one):
            continue
        words = requirement_words(session, one)
        before = requirement_words(session, former) if former else NOTHING
        if former is None or identity(former)[1:] != identity(one)[1:]:
            yield Difference(REQUIREMENTS, before, words)
    for former in kept.values():
        yield Difference(REQUIREMENTS, requirement_words(session, former), NOTHING)


def requirement_words(session: Session, requirement: Requirement) -> Message:
    """Return a requirement in words: "2 of Neurology, Wendstadt (specialist, on site)"."""
    extras = [word for name, word in EXTRAS if getattr(requirement, name)]
    words = msg("%(count)s of %(need)s", count=requirement.count, need=label_of(session, requirement))
    if requirement.kind is RequirementKind.RESOURCE:
        words = msg("%(need)s", need=label_of(session, requirement))
    return msg("%(need)s (%(extras)s)", need=words, extras=_joined(extras)) if extras else words


def is_named(requirement: Requirement) -> bool:
    """Tell whether a requirement says whom or what it is about."""
    named = {
        RequirementKind.DISCIPLINE: bool(requirement.discipline),
        RequirementKind.DUTY_LINE: requirement.duty_line_id is not None,
        RequirementKind.PERSONS: bool(requirement.persons),
        RequirementKind.RESOURCE: requirement.resource_id is not None or bool(requirement.sites),
    }
    return named[requirement.kind]


def _joined(words: list[Message]) -> Message:
    joined = words[0]
    for word in words[1:]:
        joined = msg("%(one)s, %(other)s", one=joined, other=word)
    return joined


def _words(value: object) -> Message | str:
    if isinstance(value, bool):
        return YES if value else NO
    return NOTHING if value in (None, "") else str(value)


def identity(requirement: Requirement) -> tuple[object, ...]:
    """Return all that a requirement says, its position first."""
    return (
        *(getattr(requirement, name) for name in REQUIREMENT_COLUMNS),
        frozenset(one.site_id for one in requirement.sites),
        frozenset(one.person_id for one in requirement.persons),
    )
