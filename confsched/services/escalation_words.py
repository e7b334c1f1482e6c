"""What an alert about an urgent consult says: kind, site and time, and nothing of the case."""

from __future__ import annotations

from confsched.domain.kinds import UrgentKind
from confsched.errors import Message, msg
from confsched.models.urgent import UrgentConsult

_HEADINGS = {
    UrgentKind.TELESTROKE: msg("Telestroke: %(site)s is waiting for you"),
    UrgentKind.TELERADIOLOGY: msg("Teleradiology: %(site)s is waiting for you"),
}


def call_heading(consult: UrgentConsult) -> Message:
    """Name kind and site."""
    return msg(_HEADINGS[consult.kind].text, site=consult.site.name)


def call_lines(consult: UrgentConsult) -> list[Message]:
    """Say since when it has been asked."""
    return [msg("Requested: %(at)s", at=consult.requested_at)]
