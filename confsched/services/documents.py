"""Documents of a conference, each by its address elsewhere: nothing is stored here."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.guests import checked_words
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_link
from confsched.errors import NotFound, Refusal, msg
from confsched.formats.web_addresses import read_target
from confsched.models.conferences import Conference
from confsched.models.guests import ConferenceLink
from confsched.services import audit

MAX_LINKS = 20
MAX_LABEL = 120
MAX_URL = 400


def list_links(session: Session, conference: Conference) -> list[ConferenceLink]:
    """Return the documents of a conference in their order."""
    query = (
        select(ConferenceLink)
        .where(ConferenceLink.conference_id == conference.id)
        .order_by(ConferenceLink.position, ConferenceLink.id)
    )
    return list(session.scalars(query))


def add(
    session: Session, actor: Actor, conference: Conference, label: str, url: str, *, now: datetime
) -> ConferenceLink:
    """Add a document by its https address; the same address twice is one."""
    url, label = _checked_url(url), checked_words(label, MAX_LABEL, field="label")
    if not label:
        raise Refusal(msg("Give the document a name."), field="label")
    links = list_links(session, conference)
    known = next((link for link in links if link.url == url), None)
    if known is not None:
        known.label = label
        return known
    if len(links) >= MAX_LINKS:
        raise Refusal(msg("At most %(count)s documents.", count=MAX_LINKS), field="url")
    position = 1 + max((link.position for link in links), default=-1)
    link = ConferenceLink(conference_id=conference.id, position=position, label=label, url=url)
    session.add(link)
    session.flush()
    audit.record(session, actor, "conference.add_document", conference, now=now)
    return link


def _checked_url(url: str) -> str:
    url = url.strip()
    try:
        target = read_target(url, frozenset(), allow_http=False)
    except Refusal as refusal:
        raise Refusal(refusal.message, field="url") from refusal
    if target.scheme != "https" or not url.lower().startswith("https://") or len(url) > MAX_URL:
        raise Refusal(msg("This is not a web address. It has to begin with https://."), field="url")
    check_link(url, field="url")
    return target.url


def remove(
    session: Session, actor: Actor, conference: Conference, link_id: uuid.UUID, *, now: datetime
) -> None:
    """Take a document off the conference."""
    link = session.get(ConferenceLink, link_id)
    if link is None or link.conference_id != conference.id:
        raise NotFound
    session.delete(link)
    session.flush()
    audit.record(session, actor, "conference.remove_document", conference, now=now)
