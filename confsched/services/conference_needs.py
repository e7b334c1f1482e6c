"""Who has to be at a conference: changed beside its times, without losing what another planner changed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.kinds import ConferenceState, RequirementKind
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, Message, msg
from confsched.models.catalogue import Requirement
from confsched.models.conferences import Conference
from confsched.services import audit
from confsched.services.catalogue import NewRequirement, merged, requirement_of
from confsched.services.findings import Problem, Unfit
from confsched.services.service_changes import EXTRAS, identity, requirement_words
from confsched.services.service_checks import REQUIREMENTS, requirement_field, requirement_problems


class Outdated(Conflict):
    """Say that another planner saved first; pressed again, what was typed counts."""

    def __init__(self) -> None:
        super().__init__(
            msg("Somebody else has changed the requirements meanwhile. Compare them, then save again.")
        )


def seen_of(conference: Conference) -> str:
    """Return a mark of the requirements on record: another one means that they differ."""
    words = "\n".join(sorted(_mark(one) for one in conference.requirements))
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _mark(requirement: Requirement) -> str:
    *values, sites, people = identity(requirement)
    assert isinstance(sites, frozenset) and isinstance(people, frozenset), "an identity ends in two sets"
    return repr((requirement.id.hex, *map(str, values), sorted(map(str, sites)), sorted(map(str, people))))


def change(
    session: Session,
    actor: Actor,
    conference: Conference,
    wanted: Sequence[NewRequirement],
    *,
    seen: str,
    now: datetime,
) -> None:
    """Make these the requirements of a plan; those that stay keep their rows.

    Raises Outdated where others stand on record than were seen, Unfit with all that nobody can ever meet.
    """
    if conference.state is not ConferenceState.PLANNED:
        raise Conflict(msg("Everybody is invited already. Move the meeting instead."))
    rows = _rows(conference, wanted)
    if _says_the_same(conference.requirements, rows):
        return
    if seen != seen_of(conference):
        raise Outdated
    problems = find_problems(session, _draft(conference, rows), now=now)
    if problems:
        raise Unfit(problems)
    kept = {one.id: one for one in conference.requirements}
    conference.requirements = [merged(kept.pop(row.id, None), row) for row in rows]
    audit.record(session, actor, "conference.change", conference, now=now, detail="requirements")


def _rows(conference: Conference, wanted: Sequence[NewRequirement]) -> list[Requirement]:
    """Return the rows that are wanted; only those of this conference keep their ids, each once."""
    free_ids = {one.id for one in conference.requirements}
    rows = [requirement_of(need, position) for position, need in enumerate(wanted)]
    for row in rows:
        if row.id not in free_ids:
            row.id = uuid.uuid4()
        free_ids.discard(row.id)
    return rows


def _says_the_same(saved: Sequence[Requirement], wanted: Sequence[Requirement]) -> bool:
    return list(map(identity, saved)) == list(map(identity, wanted))


def _draft(conference: Conference, rows: list[Requirement]) -> Conference:
    """Return the conference as it would be, on no record."""
    return Conference(site=conference.site, resource_id=conference.resource_id, requirements=rows)


def find_problems(session: Session, conference: Conference, *, now: datetime) -> list[Problem]:
    """Return all that is wrong with the requirements, whoever has time, each at its row."""
    if not conference.requirements:
        return [Problem(REQUIREMENTS, msg("Say who has to be there: a discipline or a person."))]
    return [*_second_rooms(conference), *requirement_problems(session, conference, now=now)]


def _second_rooms(conference: Conference) -> Iterator[Problem]:
    """Keep a meeting to one room or device: with a second one it could not be moved."""
    rooms = int(conference.resource_id is not None)
    for place, one in enumerate(conference.requirements):
        rooms += one.kind is RequirementKind.RESOURCE
        if one.kind is RequirementKind.RESOURCE and rooms > 1:
            words = msg("A conference takes one room or device; another one stands on record already.")
            yield Problem(requirement_field(place), words)


def list_words(session: Session, conference: Conference) -> list[Message]:
    """Return the requirements on record in words, in their order."""
    return [requirement_words(session, one) for one in conference.requirements]


def list_extras(conference: Conference) -> dict[str, tuple[Message, ...]]:
    """Return what each requirement asks for beyond so many of a pool, by the key of its need."""
    return {
        str(one.id): tuple(words for name, words in EXTRAS if getattr(one, name))
        for one in conference.requirements
    }
