"""Keeping a time for one consult, and giving it back."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from confsched.domain.bookings import ClaimState, claim_span
from confsched.domain.consults import ASKING
from confsched.domain.intervals import Span
from confsched.domain.kinds import ConsultState, SubjectKind
from confsched.domain.matching import Offer
from confsched.domain.permissions import Actor
from confsched.models.bookings import Booking
from confsched.models.claims import Claim, Hold
from confsched.models.consults import Consult
from confsched.services import claims, consult_steps
from confsched.services.claims import Taking
from confsched.services.matching import Plan


def keep(
    session: Session,
    person_id: uuid.UUID,
    consult: Consult,
    offer: Offer,
    plan: Plan,
    *,
    now: datetime,
    until: datetime,
) -> Hold:
    """Take everybody whom an offer names until an instant; raises Taken, with nothing changed, for none."""
    hold = Hold(
        consult_id=consult.id,
        person_id=person_id,
        starts_at=offer.span.starts_at,
        ends_at=offer.span.ends_at,
        created_at=now,
        expires_at=until,
        serving=_serving(offer, plan, is_shared=consult.service.seats > 1),
    )
    service = consult.service
    wide = claim_span(offer.span, service.buffer_before_minutes, service.buffer_after_minutes)
    chosen = {subject for subjects in offer.assignment.values() for subject in subjects}
    takings = [
        Taking(subject, SubjectKind.RESOURCE, offer.span)
        if subject in plan.asked.resources
        else Taking(subject, SubjectKind.PERSON, wide, _place(plan, subject))
        for subject in chosen
    ]
    return _write(session, consult, hold, takings, now)


def keep_seat(
    session: Session,
    person_id: uuid.UUID,
    consult: Consult,
    booking: Booking,
    *,
    now: datetime,
    until: datetime,
) -> Hold:
    """Take the requester alone for a meeting that stands; raises Taken where they are busy then."""
    hold = Hold(
        consult_id=consult.id,
        booking_id=booking.id,
        person_id=person_id,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        created_at=now,
        expires_at=until,
        serving=[{"key": ASKING, "label": ASKING, "person_id": str(consult.requester_id)}],
    )
    span = Span(booking.starts_at, booking.ends_at)
    wide = claim_span(span, booking.buffer_before_minutes, booking.buffer_after_minutes)
    taking = Taking(consult.requester_id, SubjectKind.PERSON, wide)
    return _write(session, consult, hold, [taking], now)


def _write(session: Session, consult: Consult, hold: Hold, takings: list[Taking], now: datetime) -> Hold:
    with session.begin_nested():
        session.add(hold)
        session.flush()
        claims.take(session, takings, now=now, state=ClaimState.HELD, hold=hold)
    session.expire(consult, ["hold"])
    return hold


def _serving(offer: Offer, plan: Plan, *, is_shared: bool) -> list[dict[str, str]]:
    """Return who serves what, and of whom nobody knows whether they can come."""
    return [
        {
            "key": key,
            "label": _label(plan, key),
            "resource_id" if subject in plan.asked.resources else "person_id": str(subject),
            **({"unknown": "yes"} if subject in offer.unknown else {}),
            **({"shared": "yes"} if is_shared and key == ASKING else {}),
        }
        for key, subjects in offer.assignment.items()
        for subject in subjects
    ]


def _label(plan: Plan, key: str) -> str:
    return key if key == ASKING else next(need.label for need in plan.needs if need.key == key)


def _place(plan: Plan, subject_id: uuid.UUID) -> uuid.UUID | None:
    """Return where a person has to be in person, None where a screen will do."""
    return plan.asked.site_id if subject_id in plan.asked.on_site else None


def extend(session: Session, hold: Hold, until: datetime) -> bool:
    """Keep a hold longer; False where it has run out meanwhile and its time went to somebody else."""
    hold.expires_at = until
    session.flush()
    kept = session.execute(update(Claim).where(Claim.hold_id == hold.id).values(expires_at=until))
    return int(kept.rowcount) == len(subjects_in(hold))  # type: ignore[attr-defined]


def people_in(hold: Hold) -> list[uuid.UUID]:
    """Return the people a hold takes, each once, in the order of what they serve."""
    return list(dict.fromkeys(uuid.UUID(one["person_id"]) for one in hold.serving if "person_id" in one))


def subjects_in(hold: Hold) -> set[str]:
    """Return the people and rooms a hold takes."""
    return {one.get("person_id") or one["resource_id"] for one in hold.serving}


def is_shared(hold: Hold) -> bool:
    """Tell whether others may join the meeting: only where its service had seats when the time was held."""
    return any("shared" in one for one in hold.serving)


def unknown_in(hold: Hold) -> list[uuid.UUID]:
    """Return the people of whom nobody knew whether they can come when the time was held."""
    unknown = [one for one in hold.serving if "unknown" in one and "person_id" in one]
    return list(dict.fromkeys(uuid.UUID(one["person_id"]) for one in unknown))


def give_back(session: Session, actor: Actor | None, consult: Consult, *, now: datetime) -> None:
    """Free what a consult holds; one that waits beside its booking stays booked."""
    if consult.hold is None:
        return
    claims.release_hold(session, consult.hold)
    session.expire(consult, ["hold"])
    if consult.state is ConsultState.HELD:
        consult_steps.enter(session, actor, consult, ConsultState.OFFERED, now=now)
