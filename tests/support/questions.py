"""People of unknown time, and the links that their mails hold."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from confsched.domain.invites import Kind
from confsched.models.consults import Consult
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.rosters import WorkingHoursRow
from confsched.services import consult_times, questions
from tests.world import NOW, World, ask, leave_one_neurologist


def make_unknown(session: Session, *people: Person) -> None:
    """Forget the working hours of people, so that nothing is known of their time."""
    ids = [person.id for person in people]
    session.execute(delete(WorkingHoursRow).where(WorkingHoursRow.person_id.in_(ids)))


def ask_about(session: Session, world: World, starts_at: datetime) -> Consult:
    """Ask a consult, hold a time whose only consultant is unknown, and confirm it."""
    leave_one_neurologist(session, world)
    make_unknown(session, world.neurologist)
    consult = ask(session, world)
    actor = world.actor(world.requester)
    consult_times.hold(session, actor, consult, starts_at, now=NOW)
    assert questions.confirm(session, actor, consult, now=NOW) is None
    return consult


def mails(session: Session, kind: Kind) -> list[OutboxMessage]:
    """Return the mails of a kind, in the order in which they were written."""
    query = select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.created_at)
    return list(session.scalars(query))


def token_for(session: Session, person: Person) -> str:
    """Return the secret of the last question that a person was mailed."""
    session.flush()
    sent = [one for one in mails(session, Kind.AVAILABILITY_QUESTION) if one.recipient_id == person.id]
    return str(sent[-1].snapshot["secret"])
