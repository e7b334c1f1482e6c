"""Whether the agreement that opened a service to the asking hospital still stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.errors import Conflict, msg
from confsched.models.consults import Consult
from confsched.models.network import CooperationAgreement


def stands(session: Session, consult: Consult, now: datetime) -> bool:
    """Tell whether the hospital that asks may have the service of the consult today, by its own clock."""
    agreement, today = CooperationAgreement, clock.local_day(now, consult.site.zone)
    query = select(agreement.id).where(
        agreement.service_id == consult.service_id,
        agreement.site_id == consult.site_id,
        agreement.valid_from <= today,
        or_(agreement.valid_until.is_(None), agreement.valid_until > today),
    )
    return session.scalar(query.limit(1)) is not None


def demand(session: Session, consult: Consult, now: datetime) -> None:
    """Refuse to keep or book a time for a request whose agreement has ended since it was asked."""
    if not stands(session, consult, now):
        raise Conflict(
            msg(
                "The agreement of the two hospitals for this service has ended. "
                "Ask another service, or by phone."
            )
        )
