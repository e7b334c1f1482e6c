"""Tables; importing this package registers every one of them on Base.metadata."""

from confsched.models import (  # noqa: F401 (imported to be registered)
    accounts,
    audit,
    bookings,
    busy,
    catalogue,
    claims,
    conferences,
    consults,
    duty_codes,
    duty_rosters,
    engine,
    feeds,
    network,
    outbox,
    people,
    questions,
    rosters,
    rotations,
    swaps,
    waitlist,
)
from confsched.models.base import Base

__all__ = ["Base"]
