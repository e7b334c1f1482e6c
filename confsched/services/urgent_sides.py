"""On which side of an urgent consult somebody stands, and what that side alone may do."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor
from confsched.domain.urgent import UrgentPart
from confsched.errors import Refusal, msg
from confsched.models.urgent import UrgentConsult
from confsched.services import access


def part_of(session: Session, actor: Actor, consult: UrgentConsult) -> UrgentPart:
    """Return whether somebody asks, answers, or both; colleagues of one house may do both."""
    query = select(access.asks_urgently(actor), access.answers_urgently(actor))
    asks, answers = session.execute(query.where(UrgentConsult.id == consult.id)).one()
    return UrgentPart(asks=bool(asks), answers=bool(answers))


def demand_asking(session: Session, actor: Actor, consult: UrgentConsult) -> None:
    """Raise Refusal for whoever only answers: when it is asked is decided at the bedside."""
    if not part_of(session, actor, consult).asks:
        raise Refusal(msg("This is for the site that asks."))


def demand_answering(session: Session, actor: Actor, consult: UrgentConsult) -> None:
    """Raise Refusal for whoever only asks: what is decided is decided by who answers."""
    if not part_of(session, actor, consult).answers:
        raise Refusal(
            msg("This is for who answers: whoever was called, and the consultants of the service's house.")
        )
