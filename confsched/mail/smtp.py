"""Hand one finished mail to the mail server, and tell refusals that pass from those that stay."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import SplitResult, unquote, urlsplit

from confsched.domain.mailboxes import is_plain_address
from confsched.formats.plain_text import one_line

# One wait for the network: connecting, and each answer after that.
TIMEOUT_SECONDS = 20
SMTP_PORT = 25
SMTPS_PORT = 465
MAX_REASON_CHARACTERS = 200
PERMANENT_CODES = range(500, 600)


class MailFailure(Exception):
    """Say in one short line why a mail did not leave."""

    def __init__(self, reason: str) -> None:
        super().__init__(one_line(reason)[:MAX_REASON_CHARACTERS])
        self.reason = str(self)


class TemporaryFailure(MailFailure):
    """Say that the same mail may leave later."""


class PermanentFailure(MailFailure):
    """Say that this mail will never be taken as it is."""


def send(url: str, envelope: bytes, sender: str, recipient: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
    """Hand the mail to the server at smtp[s]://[user:password@]host[:port]; return once it is accepted.

    Raises PermanentFailure where the server refuses the sender, recipient or mail with 5xx (RFC 5321 4.2.1),
    else TemporaryFailure: a wrong password or a server that is down is no reason to lose a mail.
    """
    require_plain_address(sender)
    require_plain_address(recipient)
    try:
        with _connected(urlsplit(url), sender, timeout) as server:
            server.sendmail(sender, [recipient], envelope)
    except smtplib.SMTPRecipientsRefused as refused:
        code, answer = refused.recipients[recipient]
        raise _failure(code, answer) from refused
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refused:
        raise _failure(refused.smtp_code, refused.smtp_error) from refused
    except smtplib.SMTPResponseException as refused:
        raise TemporaryFailure(_answer(refused.smtp_code, refused.smtp_error)) from refused
    except (smtplib.SMTPException, OSError) as broken:
        raise TemporaryFailure(f"{type(broken).__name__}: {broken}") from broken


def require_plain_address(address: str) -> None:
    """Refuse what could carry a second command, recipient or encoded word, and quoted names as well."""
    if not is_plain_address(address):
        raise PermanentFailure("The mail address cannot be used.")


@contextmanager
def _connected(url: SplitResult, sender: str, timeout: float) -> Iterator[smtplib.SMTP]:
    """Yield a server ready to take the mail; after that its goodbye no longer matters."""
    server = _connect(url, sender.rpartition("@")[2], timeout)
    try:
        if url.scheme == "smtp":
            _start_tls(server)
        if url.username:
            _log_in(server, url)
        yield server
        # The mail is accepted: a rude goodbye must not have it sent twice.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        server.close()


def _connect(url: SplitResult, own_name: str, timeout: float) -> smtplib.SMTP:
    assert url.scheme in ("smtp", "smtps"), "the configuration was checked at start"
    host = url.hostname or "localhost"
    if url.scheme == "smtps":
        return smtplib.SMTP_SSL(
            host,
            url.port or SMTPS_PORT,
            own_name,
            timeout=timeout,
            context=ssl.create_default_context(),
        )
    return smtplib.SMTP(host, url.port or SMTP_PORT, own_name, timeout=timeout)


def _start_tls(server: smtplib.SMTP) -> None:
    server.ehlo_or_helo_if_needed()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())


def _log_in(server: smtplib.SMTP, url: SplitResult) -> None:
    if not isinstance(server.sock, ssl.SSLSocket):
        raise TemporaryFailure("The mail server offers no encryption, so the password was not sent.")
    server.login(unquote(url.username or ""), unquote(url.password or ""))


def _failure(code: int, answer: bytes | str) -> MailFailure:
    kind = PermanentFailure if code in PERMANENT_CODES else TemporaryFailure
    return kind(_answer(code, answer))


def _answer(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"{code} {text}"
