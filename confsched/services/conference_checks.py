"""What holds for every conference, one date or a series: its title, length, place and link."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_link, check_text
from confsched.errors import Refusal, msg
from confsched.services import directory

MAX_TITLE = 120
MAX_MINUTES = 480
MAX_LINK = 400


def checked_title(title: str) -> str:
    """Return a title as calendars show it; refuses none, a long one, and one with data of patients."""
    title = " ".join(title.split())
    if not title:
        raise Refusal(msg("Give the conference a title, without data of patients."), field="title")
    if len(title) > MAX_TITLE:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_TITLE), field="title")
    check_text(title, field="title")
    return title


def checked_duration(minutes: int) -> int:
    """Return a length in minutes that a conference may have."""
    if not 5 <= minutes <= MAX_MINUTES or minutes % 5:
        raise Refusal(
            msg("Choose a length from 5 to %(count)s minutes in steps of five.", count=MAX_MINUTES),
            field="duration_minutes",
        )
    return minutes


def checked_link(link: str) -> str:
    """Return the address of a video room, "" for none; refuses one that names a patient."""
    link = link.strip()
    if link and (not link.startswith("https://") or len(link) > MAX_LINK or any(c.isspace() for c in link)):
        raise Refusal(msg("A join link starts with https:// and has no spaces."), field="join_link")
    check_link(link, field="join_link")
    return link


def checked_room(session: Session, actor: Actor, resource_id: uuid.UUID | None) -> uuid.UUID | None:
    """Return the room, one of the actor's own sites, or None for video only."""
    if resource_id is None:
        return None
    if resource_id not in {room.id for room in directory.list_rooms(session, actor)}:
        raise Refusal(msg("Choose a room of your own sites."), field="resource_id")
    return resource_id
