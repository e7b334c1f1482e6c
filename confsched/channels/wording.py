"""The words of an alert: kind, site, time and a link, in its reader's language and zone, and nothing else."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from confsched.channels.links import signed
from confsched.domain.kinds import AlertPurpose
from confsched.errors import Message, msg
from confsched.formats.dates import format_time
from confsched.formats.plain_text import one_line
from confsched.formats.stored_messages import word_stored
from confsched.i18n import DEFAULT_LANGUAGE, LANGUAGES, translate
from confsched.models.urgent import Alert
from confsched.services.sealed import digits_for

_WHAT_TO_DO = {
    AlertPurpose.URGENT_CONSULT: msg("Look and acknowledge:"),
    AlertPurpose.READINESS: msg("Answer with one tap:"),
    AlertPurpose.CONTACT_PROOF: msg("Type it in here:"),
}


@dataclass(frozen=True)
class Words:
    """Hold what is said, ready to be sent; `tag` is the same for all alerts about one thing."""

    alert_id: uuid.UUID
    tag: str
    heading: str
    lines: tuple[str, ...]
    what_to_do: str
    url: str
    name: str
    language: str
    created_at: datetime

    @property
    def text(self) -> str:
        """Return the whole as a few lines of text."""
        return "\n".join([*self.lines, f"{self.what_to_do} {self.url}"])


def words_of(alert: Alert, *, public_url: str, secret_key: str) -> Words:
    """Return the words of an alert; the same alert always gives the same words."""
    snapshot = alert.snapshot
    zone: str = snapshot["zone"]
    language = snapshot["language"] if snapshot["language"] in LANGUAGES else DEFAULT_LANGUAGE
    said = [word_stored(line, language, zone) for line in snapshot["lines"]]
    own = translate(_own_line(alert, zone, language, secret_key), language)
    is_proof = alert.purpose is AlertPurpose.CONTACT_PROOF
    path: str = snapshot["path"] if is_proof else f"/alerts/{signed(alert.id, secret_key)}"
    return Words(
        alert_id=alert.id,
        tag=(alert.consult_id or alert.readiness_id or alert.contact_id).hex,
        heading=one_line(word_stored(snapshot["heading"], language, zone)),
        lines=tuple(one_line(line) for line in [*said, own]),
        what_to_do=translate(_WHAT_TO_DO[alert.purpose], language),
        url=public_url + path,
        name=snapshot["name"],
        language=language,
        created_at=alert.created_at,
    )


def _own_line(alert: Alert, zone: str, language: str, secret_key: str) -> Message:
    """Return the code of a test message, and of all others when they were called out."""
    if alert.purpose is AlertPurpose.CONTACT_PROOF:
        return msg("Your code is %(code)s.", code=digits_for(alert.id, secret_key=secret_key))
    at = datetime.fromisoformat(alert.snapshot["at"])
    return msg("Called at %(time)s", time=format_time(at, zone, language, with_zone=True))
