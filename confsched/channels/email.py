"""Alerts by mail: plain text, and the same mail to the byte when it is sent once more."""

from __future__ import annotations

from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from confsched.channels.failures import NotSent
from confsched.channels.wording import Words
from confsched.errors import msg
from confsched.formats.plain_text import one_line
from confsched.mail.envelopes import House
from confsched.mail.smtp import MailFailure, PermanentFailure, require_plain_address, send

TIMEOUT_SECONDS = 5  # for each answer of the server: whoever waits for this waits at a bedside
MAX_NAME = 100
MAX_SUBJECT = 150


def send_mail(words: Words, address: str, *, house: House, smtp_url: str | None) -> None:
    """Send the words to a mailbox; raises NotSent."""
    if smtp_url is None:
        raise NotSent(str(msg("No mail server is set up here.")), is_permanent=True)
    try:
        mail = compose(words, address, house)
        send(smtp_url, mail, house.mail_address, address, timeout=TIMEOUT_SECONDS)
    except MailFailure as failure:
        raise NotSent(failure.reason, is_permanent=isinstance(failure, PermanentFailure)) from failure


def compose(words: Words, address: str, house: House) -> bytes:
    """Return the mail; it asks to be shown first, and asks machines not to answer (RFC 3834 5)."""
    require_plain_address(address)
    require_plain_address(house.mail_address)
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = Address(one_line(house.mail_name)[:MAX_NAME], addr_spec=house.mail_address)
    mail["To"] = Address(one_line(words.name)[:MAX_NAME].replace("=?", "= ?"), addr_spec=address)
    mail["Subject"] = words.heading[:MAX_SUBJECT].replace("=?", "= ?")
    mail["Date"] = format_datetime(words.created_at)
    mail["Message-ID"] = f"<{words.alert_id}@confsched>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail["Importance"] = "high"
    mail["X-Priority"] = "1"
    mail.set_content(f"{words.heading}\n\n{words.text}\n", cte="quoted-printable")
    return mail.as_bytes()
