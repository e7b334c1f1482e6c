"""Turn an outbox row into the bytes of a mail: the same row always gives the same bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime

from confsched.domain.invites import Kind
from confsched.formats.plain_text import one_line
from confsched.mail.smtp import PermanentFailure, require_plain_address
from confsched.mail.wording import Reader, Wording, word

MAX_NAME_CHARACTERS = 100
MAX_SUBJECT_CHARACTERS = 200
ATTACHMENT_NAME = "invite.ics"
# What each mail carries and nothing else: a header more has been smuggled in.
HEADERS = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")


@dataclass(frozen=True)
class Envelope:
    """Hold what was decided when the mail was queued; `sender` is an address whose mailbox we read."""

    kind: str
    recipient: str
    recipient_name: str
    language: str
    zone: str
    sender: str
    sender_name: str
    message_id: str
    values: Mapping[str, str]
    calendar: str | None
    method: str | None
    created_at: datetime


@dataclass(frozen=True)
class Preview:
    """Show a mail to an administrator as its reader sees it."""

    subject: str
    text: str
    html: str
    calendar: str | None


def compose(envelope: Envelope) -> bytes:
    """Return the mail with CRLF line ends and 7-bit parts (RFC 6047 2.4); PermanentFailure where unsafe."""
    wording = _worded(envelope)
    message = EmailMessage(policy=policy.SMTP)
    _add_headers(message, envelope, wording.subject)
    message.set_content(wording.text, cte="quoted-printable")
    message.add_alternative(wording.html, subtype="html", cte="quoted-printable")
    if envelope.calendar is not None:
        _add_calendar(message, _checked_calendar(envelope), str(envelope.method))
    _fix_boundaries(message, envelope.message_id)
    return _read_back(message.as_bytes(), envelope)


def preview(envelope: Envelope) -> Preview:
    """Return what the mail says, without its transport form."""
    wording = _worded(envelope)
    return Preview(wording.subject, wording.text, wording.html, envelope.calendar)


def _worded(envelope: Envelope) -> Wording:
    reader = Reader(one_line(envelope.recipient_name), envelope.language, envelope.zone)
    return word(Kind(envelope.kind), reader, envelope.values)


def _add_headers(message: EmailMessage, envelope: Envelope, subject: str) -> None:
    """Write each header from cleaned text; Auto-Submitted keeps machines from answering (RFC 3834 5)."""
    if not _MESSAGE_ID.fullmatch(envelope.message_id):
        raise PermanentFailure("The Message-ID is not well-formed.")
    message["From"] = _address(envelope.sender_name, envelope.sender)
    message["To"] = _address(envelope.recipient_name, envelope.recipient)
    message["Subject"] = _header_text(subject)[:MAX_SUBJECT_CHARACTERS]
    message["Date"] = format_datetime(envelope.created_at)
    message["Message-ID"] = envelope.message_id
    message["Auto-Submitted"] = "auto-generated"
    # Exchange knows only its own header; non-delivery reports must still come.
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"


def _address(name: str, address: str) -> Address:
    require_plain_address(address)
    return Address(_header_text(name)[:MAX_NAME_CHARACTERS].strip(), addr_spec=address)


def _header_text(text: str) -> str:
    """Return one line in which nothing reads as an encoded word (RFC 2047) and gets decoded once more."""
    return re.sub(r"=(?=\?)", "= ", one_line(text))


def _add_calendar(message: EmailMessage, calendar: str, method: str) -> None:
    """Add the calendar as the last alternative, for clients that act on it, and as a file for all others."""
    message.add_alternative(calendar, subtype="calendar", cte="base64", params={"method": method})
    message.add_attachment(
        calendar.encode(), maintype="application", subtype="ics", cte="base64", filename=ATTACHMENT_NAME
    )


def _checked_calendar(envelope: Envelope) -> str:
    """Return the calendar whose METHOD, MIME parameter and kind of mail say the same (RFC 6047 2.4)."""
    calendar = envelope.calendar or ""
    methods = re.findall(r"^METHOD:(.*)\r$", calendar, re.MULTILINE)
    if methods != [envelope.method] or envelope.method != Kind(envelope.kind).method:
        raise PermanentFailure("The calendar and the mail do not say the same.")
    return calendar


def _fix_boundaries(message: EmailMessage, message_id: str) -> None:
    """Draw the boundaries from the Message-ID, so that a second delivery is the same mail to the byte."""
    parts = (part for part in message.walk() if part.is_multipart())
    for number, part in enumerate(parts):
        digest = hashlib.sha256(f"{number} {message_id}".encode()).hexdigest()[:24]
        part.set_boundary(f"=_{digest}")  # "=_" cannot occur in quoted-printable or base64 (RFC 2045 6.7)


def _read_back(data: bytes, envelope: Envelope) -> bytes:
    """Return the bytes if a reader finds in them the headers we set, one sender and one recipient."""
    read = BytesParser(policy=policy.default).parsebytes(data)
    is_same = sorted(read.keys()) == sorted(HEADERS)
    is_same = is_same and [address.addr_spec for address in read["To"].addresses] == [envelope.recipient]
    is_same = is_same and [address.addr_spec for address in read["From"].addresses] == [envelope.sender]
    if not is_same or not data.isascii():
        raise PermanentFailure("The mail does not read back as it was written.")
    return data
