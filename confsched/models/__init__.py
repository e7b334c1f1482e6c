"""Tables; importing this package registers every one of them on Base.metadata."""

from confsched.models import (  # noqa: F401 (imported to be registered)
    accounts,
    audit,
    bookings,
    busy,
    cases,
    catalogue,
    claims,
    cme,
    conferences,
    consults,
    contacts,
    duty_codes,
    duty_rosters,
    engine,
    feeds,
    guests,
    ladders,
    network,
    outbox,
    people,
    polls,
    questions,
    rosters,
    rotations,
    series,
    swaps,
    urgent,
    waitlist,
)
from confsched.models.base import Base

__all__ = ["Base"]
