"""What an invitation says beside time and place: versions, the last of which counts, and who got which."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.invites import Kind
from confsched.domain.kinds import Partstat
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, Refusal, msg
from confsched.formats.plain_text import many_lines
from confsched.models.bookings import Participation
from confsched.models.conferences import Conference
from confsched.models.guests import ConferenceText
from confsched.services import audit, participants
from confsched.services.notices import notify

MAX_TEXT = 4000
MAX_VERSIONS = 50


def list_versions(session: Session, conference: Conference) -> list[ConferenceText]:
    """Return every version, the last one first."""
    query = (
        select(ConferenceText)
        .where(ConferenceText.conference_id == conference.id)
        .options(joinedload(ConferenceText.person))
        .order_by(ConferenceText.version.desc())
    )
    return list(session.scalars(query))


def find_last(session: Session, conference: Conference) -> ConferenceText | None:
    """Return the version that counts, None where nobody has written any."""
    return next(iter(list_versions(session, conference)), None)


def write(
    session: Session, actor: Actor, conference: Conference, text: str, *, now: datetime
) -> ConferenceText:
    """Keep a new version; the same words once more are the same version. Nobody is told by this."""
    text = _checked(text)
    last = find_last(session, conference)
    if last is not None and last.text == text:
        return last
    if last is not None and last.version >= MAX_VERSIONS:
        raise Refusal(msg("%(count)s versions are enough.", count=MAX_VERSIONS), field="text")
    row = ConferenceText(
        conference_id=conference.id,
        version=last.version + 1 if last else 1,
        text=text,
        person_id=actor.person_id,
        written_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "conference.write_text", conference, now=now, detail=str(row.version))
    return row


def _checked(text: str) -> str:
    text = many_lines(text).strip()
    if not text:
        raise Refusal(msg("Type what the invitation is to say."), field="text")
    if len(text) > MAX_TEXT:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_TEXT), field="text")
    check_text(text, field="text")
    return text


def send_last(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> ConferenceText:
    """Mail the version that counts to everybody who has not got it with their invitation; once only."""
    last = find_last(session, conference)
    if last is None:
        raise Conflict(msg("There is no text yet. Write one first."))
    if last.sent_at is not None:
        return last
    for part in list_behind(conference, last):
        notify(
            session,
            Kind.CONFERENCE_NEWS,
            part.person,
            organisation_id=conference.organisation_id,
            heading=msg("%(title)s: new words to the invitation", title=conference.title),
            lines=[msg("%(line)s", line=line) for line in last.text.splitlines() if line.strip()],
            path=participants.way_of(part),
            now=now,
        )
    last.sent_at = now
    audit.record(session, actor, "conference.send_text", conference, now=now, detail=str(last.version))
    return last


def list_behind(conference: Conference, text: ConferenceText) -> list[Participation]:
    """Return who comes or may come and was invited before the text was written."""
    booking = conference.booking
    if booking is None:
        return []
    return [
        part
        for part in booking.participations
        if part.removed_at is None
        and part.invited_at < text.written_at
        and part.person_id != booking.organiser_id
        and part.partstat not in (Partstat.DECLINED, Partstat.DELEGATED)
    ]


def version_got(part: Participation, versions: Sequence[ConferenceText]) -> int | None:
    """Return the version that somebody has in their mail: sent since, or there when they were invited.

    `versions` come as list_versions gives them, the last one first.
    """
    for version in versions:
        if version.written_at <= part.invited_at:
            return version.version
        has_left = part.partstat in (Partstat.DECLINED, Partstat.DELEGATED)
        if version.sent_at is not None and not has_left:
            return version.version
    return None
