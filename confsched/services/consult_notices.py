"""Mails about a consult: to who asked, to who decides; never a word of the question or the report."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.consults import ASKING
from confsched.domain.invites import Kind
from confsched.domain.permissions import Function
from confsched.errors import Message, msg
from confsched.models.consults import Consult
from confsched.models.people import Membership, Person
from confsched.services.notices import notify

MAX_TOLD = 40
WAITS = msg("A teleconsult waits for your decision")


def tell_asking(
    session: Session,
    consult: Consult,
    heading: Message,
    lines: Sequence[Message] = (),
    *,
    kind: Kind = Kind.CONSULT_NEWS,
    page: str = "",
    now: datetime,
) -> None:
    """Tell the requester, and who asked on their behalf; `page` is one below that of the consult."""
    people = [consult.requester, *([consult.requested_by] if consult.requested_by else [])]
    path = f"/consults/{consult.id}{page}"
    mail = _Mail(kind, consult.site.organisation_id, path, heading, tuple(lines))
    _tell(session, consult, people, mail, now)


def tell_answering(
    session: Session, consult: Consult, heading: Message, lines: Sequence[Message] = (), *, now: datetime
) -> None:
    """Tell the consultants who take part in the meeting."""
    parts = consult.booking.participations if consult.booking else []
    people = [part.person for part in parts if part.removed_at is None and part.serves != ASKING]
    house, path = consult.service.site.organisation_id, f"/consults/{consult.id}"
    _tell(session, consult, people, _Mail(Kind.CONSULT_NEWS, house, path, heading, tuple(lines)), now)


def tell_triagers(
    session: Session,
    consult: Consult,
    heading: Message,
    lines: Sequence[Message] = (),
    *,
    kind: Kind = Kind.TRIAGE_REQUEST,
    now: datetime,
) -> None:
    """Tell those who triage for the service."""
    people = list_triagers(session, consult, clock.local_day(now, consult.service.site.zone))
    house = consult.service.site.organisation_id
    _tell(session, consult, people, _Mail(kind, house, f"/triage/{consult.id}", heading, tuple(lines)), now)


def list_triagers(session: Session, consult: Consult, today: date) -> list[Person]:
    """Return the secretaries of the service's house and its consultants of that discipline.

    Everybody who triages in the house may decide; a cardiologist gets no mail about epilepsy.
    """
    service = consult.service
    concerned = or_(
        Membership.function == Function.SECRETARY,
        and_(Membership.function == Function.CONSULTANT, Person.discipline == service.discipline),
    )
    query = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.organisation_id == service.site.organisation_id,
            Membership.valid_from <= today,
            or_(Membership.valid_until.is_(None), Membership.valid_until > today),
            concerned,
        )
        .distinct()
        .order_by(Person.id)
        .limit(MAX_TOLD)
    )
    return list(session.scalars(query))


def facts(consult: Consult) -> list[Message]:
    """Return what a mail may say of a consult: the service, the site, the opaque reference, the deadline."""
    return [
        msg("%(service)s, %(site)s", service=consult.service.name, site=consult.service.site.name),
        msg("Asked by %(site)s", site=consult.site.name),
        msg("Reference %(ref)s", ref=consult.case_ref),
        msg("Reply needed by %(day)s", day=consult.reply_by_on),
    ]


@dataclass(frozen=True)
class _Mail:
    """Hold what a mail says, and which house finds it among its deliveries: that of its readers."""

    kind: Kind
    organisation_id: uuid.UUID
    path: str
    heading: Message
    lines: tuple[Message, ...]


def _tell(session: Session, consult: Consult, people: Iterable[Person], mail: _Mail, now: datetime) -> None:
    """Write one mail a person, however many functions they hold."""
    told = {person.id: person for person in people}
    for person in told.values():
        notify(
            session,
            mail.kind,
            person,
            organisation_id=mail.organisation_id,
            heading=mail.heading,
            lines=[*facts(consult), *mail.lines],
            path=mail.path,
            now=now,
        )
