"""What is wrong with the requirements of a search before any calendar is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import time
from itertools import combinations, pairwise
from uuid import UUID

from confsched.domain.bitgrid import Hours
from confsched.domain.starts import USUAL_HOURS, Need
from confsched.errors import Message, Refusal, msg

MAX_TOGETHER = 4  # so many needs are looked at together; it is the short ones that people mix up
MAX_HOURS = 6
MAX_QUOTED = 60


def findings(needs: Sequence[Need]) -> tuple[Message, ...]:
    """Say which needs nobody can ever meet, and which contradict each other; nothing is a good sign.

    Whether the people have time is not asked here.
    """
    lacking = tuple(_lacking(needs))
    if any(not need.optional for need in needs):
        return lacking or tuple(_contradictions(needs))
    return (msg("Require at least one person; wishes alone make no meeting."), *lacking)


def _lacking(needs: Sequence[Need]) -> Iterator[Message]:
    for need in needs:
        if not need.pool:
            yield msg("Nobody is entered for %(need)s.", need=need.label)
        elif len(set(need.pool)) < need.count:
            yield msg(
                "%(need)s needs %(count)s people, fewer are entered.", need=need.label, count=need.count
            )


def _contradictions(needs: Sequence[Need]) -> Iterator[Message]:
    """Name the smallest sets of needs whose people are too few for all of them (Hall's theorem)."""
    competing = [need for need in needs if not need.optional and not need.may_double]
    named: list[set[str]] = []
    for size in range(2, MAX_TOGETHER + 1):
        for group in combinations(competing, size):
            keys = {need.key for need in group}
            if any(known <= keys for known in named) or not _too_few(group):
                continue
            named.append(keys)
            yield _contradiction(group)


def _too_few(group: Sequence[Need]) -> bool:
    return len(_people(group)) < sum(need.count for need in group)


def _people(group: Sequence[Need]) -> set[UUID]:
    return {person for need in group for person in need.pool}


def _contradiction(group: Sequence[Need]) -> Message:
    return msg(
        "%(needs)s: %(count)s different people are needed, entered are %(have)s. "
        "Enter more people, or let one person meet several requirements.",
        needs=", ".join(dict.fromkeys(need.label for need in group)),
        count=sum(need.count for need in group),
        have=len(_people(group)),
    )


def parse_hours(text: str) -> Hours:
    """Return the local hours of "08:00-12:00, 13:00-17:00" sorted and apart; the usual ones for nothing.

    Refuses what is no time, ends before it starts, or overlaps.
    """
    if not text.strip():
        return USUAL_HOURS
    hours = tuple(sorted(_parse_range(part.strip()) for part in text.split(",")))
    if len(hours) > MAX_HOURS or any(one[1] > two[0] for one, two in pairwise(hours)):
        raise _refused(text)
    return hours


def _parse_range(text: str) -> tuple[time, time]:
    starts, _, ends = text.partition("-")
    try:
        hours = _parse_time(starts), _parse_time(ends)
    except ValueError:
        raise _refused(text) from None
    if hours[0] >= hours[1]:
        raise _refused(text)
    return hours


def _parse_time(text: str) -> time:
    hour, colon, minute = text.strip().partition(":")
    if not (colon and text.isascii() and hour.isdigit() and len(hour) <= 2 and len(minute) == 2):
        raise ValueError(text)
    return time(int(hour), int(minute))


def _refused(text: str) -> Refusal:
    sentence = msg(
        '"%(hours)s" cannot be read. Please write hours like 08:00-12:00, 13:00-17:00.',
        hours=text[:MAX_QUOTED],
    )
    return Refusal(sentence, field="preferred_hours")
