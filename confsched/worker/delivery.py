"""Deliver due mails: claim under a lease, send, settle; each step its own short transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog

from confsched import clock
from confsched.db import Database
from confsched.mail.compose import compose
from confsched.mail.envelopes import House, envelope_of
from confsched.mail.smtp import MailFailure, PermanentFailure, TemporaryFailure, send
from confsched.models.outbox import OutboxMessage
from confsched.services import outbox

ROUND = 100  # mails in one call; the next call takes the rest
DRAWER = "drawer"  # no mail server: the mail counts as delivered and is read under Deliveries
SMTP = "smtp"

_log = structlog.get_logger(__name__)


def deliver_due(
    database: Database,
    house: House,
    smtp_url: str | None,
    *,
    worker: str,
    lease: timedelta = outbox.LEASE,
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Try to send what is due and return how many mails that were; the rest waits for the next call.

    Each mail is claimed when its turn has come: a slow mail server cannot use up the leases of the others,
    and a killed worker keeps only one mail waiting.
    """
    for count in range(ROUND):
        message = None if is_stopping() else _claim_next(database, worker, lease)
        if message is None:
            return count
        _deliver(database, house, smtp_url, message, worker)
    return ROUND


def _claim_next(database: Database, worker: str, lease: timedelta) -> OutboxMessage | None:
    with database.transaction() as session:
        messages = outbox.claim_due(session, now=clock.now(), lease_key=worker, lease=lease, limit=1)
    return messages[0] if messages else None


def _deliver(
    database: Database, house: House, smtp_url: str | None, message: OutboxMessage, worker: str
) -> None:
    try:
        _hand_over(house, smtp_url, message)
    except MailFailure as failure:
        _settle_failure(database, message, failure, worker)
        return
    except Exception as error:  # a mail that our own code cannot write must not hold up all others
        _log.error("mail_not_written", message=str(message.id), exc_info=error)
        _settle_failure(database, message, TemporaryFailure(type(error).__name__), worker)
        return
    with database.transaction() as session:
        by = SMTP if smtp_url else DRAWER
        outbox.settle_sent(session, message.id, worker, now=clock.now(), by=by)


def _hand_over(house: House, smtp_url: str | None, message: OutboxMessage) -> None:
    mail = compose(envelope_of(message, house))
    if smtp_url is not None:
        send(smtp_url, mail, house.mail_address, message.recipient)


def _settle_failure(database: Database, message: OutboxMessage, failure: MailFailure, worker: str) -> None:
    is_permanent = isinstance(failure, PermanentFailure)
    _log.warning("mail_refused", message=str(message.id), permanent=is_permanent, attempts=message.attempts)
    with database.transaction() as session:
        outbox.settle_failed(
            session,
            message.id,
            worker,
            now=clock.now(),
            reason=failure.reason,
            is_permanent=is_permanent,
        )
