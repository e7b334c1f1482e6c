"""Sentences about what was left out of a foreign calendar, said once with a number and not once per event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from confsched.errors import Message, msg

MAX_ZONE_NOTES = 10
MAX_ZONE_CHARACTERS = 80


def unreadable_start(count: int) -> Message:
    return msg("Left out because the start cannot be read: %(count)s events.", count=count)


def unreadable_end(count: int) -> Message:
    return msg("Left out because the end cannot be read: %(count)s events.", count=count)


def unreadable_rule(count: int) -> Message:
    return msg("Read once only because the repetition cannot be read: %(count)s events.", count=count)


def unreadable_dates(count: int) -> Message:
    return msg("Some extra or cancelled dates cannot be read: %(count)s events.", count=count)


def unreadable_period(count: int) -> Message:
    return msg("Left out because the period cannot be read: %(count)s busy times.", count=count)


def unread_availability(count: int) -> Message:
    return msg(
        "Left out because working hours are kept elsewhere: %(count)s VAVAILABILITY blocks.", count=count
    )


Sentence = Callable[[int], Message]


@dataclass
class Notes:
    """Collect what was left out while one file is read."""

    counts: Counter[Sentence] = field(default_factory=Counter)
    zones: dict[str, str] = field(default_factory=dict)

    def add(self, sentence: Sentence) -> None:
        self.counts[sentence] += 1

    def add_unknown_zones(self, names: set[str], read_as: str) -> None:
        for name in sorted(names):
            self.zones[plain_text(name, MAX_ZONE_CHARACTERS)] = read_as

    def messages(self) -> tuple[Message, ...]:
        zones = [
            msg(
                "The time zone “%(name)s” is unknown; its times were read as %(zone)s.",
                name=name,
                zone=read_as,
            )
            for name, read_as in list(self.zones.items())[:MAX_ZONE_NOTES]
        ]
        return (*(sentence(count) for sentence, count in self.counts.items()), *zones)


def plain_text(text: str, limit: int) -> str:
    """Return foreign text fit to be shown on one line: no controls, no more than `limit` characters."""
    return "".join(character for character in text if character.isprintable()).strip()[:limit]
