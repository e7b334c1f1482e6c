"""The moves of a teleradiology consult, from the indication to the reading (StrlSchV 123)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.kinds import UrgentState
from confsched.domain.permissions import Actor
from confsched.errors import Refusal, msg
from confsched.models.urgent import UrgentConsult
from confsched.services.urgent_live import MAX_NAME, move, words
from confsched.services.urgent_sides import demand_answering


def give_indication(
    session: Session, actor: Actor, consult: UrgentConsult, *, protocol: str = "", now: datetime
) -> None:
    """Keep that a radiologist justifies the examination, and the protocol they ask for."""
    demand_answering(session, actor, consult)
    asked = words(protocol, "reason")
    details = {"protocol": asked} if asked else None
    move(session, actor, consult, UrgentState.INDICATION_GIVEN, now=now, details=details)


def refuse(session: Session, actor: Actor, consult: UrgentConsult, *, reason: str, now: datetime) -> None:
    """Refuse the examination; it may be asked again with more facts."""
    demand_answering(session, actor, consult)
    kept = words(reason, "reason")
    if not kept:
        raise Refusal(msg("Say why, so that whoever asks knows what to do instead."), field="reason")
    move(session, actor, consult, UrgentState.REFUSED, now=now, reason=kept)


def change_modality(
    session: Session, actor: Actor, consult: UrgentConsult, *, to: str, now: datetime
) -> None:
    """Ask for another examination instead."""
    demand_answering(session, actor, consult)
    kept = words(to, "reason")[:MAX_NAME]
    if not kept:
        raise Refusal(msg("Say which examination is to be done instead."), field="reason")
    move(session, actor, consult, UrgentState.MODALITY_CHANGED, now=now, details={"to": kept})


def scan(session: Session, actor: Actor, consult: UrgentConsult, *, now: datetime) -> None:
    """Keep that the examination has begun."""
    move(session, actor, consult, UrgentState.SCANNING, now=now)


def receive_images(session: Session, actor: Actor, consult: UrgentConsult, *, now: datetime) -> None:
    """Keep that the images are complete: the time to read them counts from here, again when more came."""
    move(session, actor, consult, UrgentState.IMAGES_RECEIVED, now=now)


def read(session: Session, actor: Actor, consult: UrgentConsult, *, now: datetime) -> None:
    """Keep that somebody reads the images."""
    demand_answering(session, actor, consult)
    move(session, actor, consult, UrgentState.READING, now=now)
