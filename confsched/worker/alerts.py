"""Send alerts: claim under a short lease, send, settle; each channel has its threads, each server a few.

A server that hangs holds its own few threads and no others: nobody else's alert waits for it. At least
once: a worker that dies is followed by another when the lease of 15 s runs out, and the second copy is
the same mail, or takes the place of the first on the screen.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import structlog

from confsched import clock
from confsched.channels.email import send_mail
from confsched.channels.failures import NotSent
from confsched.channels.gateways import Gateway, send_gateway
from confsched.channels.push import PushSender, read_subscription, send_push
from confsched.channels.wording import words_of
from confsched.db import Database
from confsched.domain.kinds import Channel
from confsched.errors import Refusal, msg
from confsched.mail.envelopes import House
from confsched.services import alerts, engine_time, push_keys
from confsched.services.alerts import Outgoing
from confsched.services.sealed import Purpose, unseal

THREADS = 12  # of one channel in one process
THREADS_A_SERVER = 3
POLL_SECONDS = 0.2

Lane = str | uuid.UUID

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Post:
    """Hold what sending needs; `worker` names who holds a lease.

    The demo has no mail server and takes its mails for sent; elsewhere that would wake nobody unnoticed.
    """

    database: Database
    house: House
    smtp_url: str | None = field(repr=False)
    secret_key: str = field(repr=False)
    worker: str
    allow_hosts: frozenset[str] = frozenset()
    is_demo: bool = False


def send_due_alerts(post: Post, channel: Channel, *, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Try to send what is due by one channel, and return how many tries that were.

    What becomes due while others are on their way is sent beside them.
    """
    count = 0
    flying: dict[Future[None], Lane] = {}
    with ThreadPoolExecutor(THREADS, thread_name_prefix=channel.value) as threads:
        while True:
            free = 0 if is_stopping() else THREADS - len(flying)
            claimed = _claim(post, channel, flying, min(free, THREADS_A_SERVER))
            for one in claimed:
                flying[threads.submit(_send, post, one)] = alerts.lane_of(one.point)
            count += len(claimed)
            if claimed:
                continue
            if not flying:
                return count
            landed, _ = wait(flying, POLL_SECONDS, FIRST_COMPLETED)
            for future in landed:
                del flying[future]
                _report(future)


def _report(future: Future[None]) -> None:
    """Log what could not even be settled: its lease runs out, and then it is tried again."""
    error = future.exception()
    if error is not None:
        _log.error("alert_not_settled", exc_info=error)


def _claim(post: Post, channel: Channel, flying: dict[Future[None], Lane], limit: int) -> list[Outgoing]:
    """Claim a few, none for servers that have their threads; looks first without asking for the lock."""
    if limit == 0 or not _has_due(post, channel):
        return []
    busy = Counter(flying.values())
    full = [lane for lane, count in busy.items() if count >= THREADS_A_SERVER]
    with post.database.transaction() as session:
        claimed = alerts.claim_due(
            session,
            now=engine_time.now(session),
            lease_key=post.worker,
            channel=channel,
            full_lanes=full,
            limit=limit,
        )
        return [alerts.outgoing(session, one) for one in claimed]


def _has_due(post: Post, channel: Channel) -> bool:
    with post.database.read() as session:
        return alerts.has_due(session, channel, now=engine_time.now(session))


def _send(post: Post, one: Outgoing) -> None:
    """Send one alert and settle it; whatever goes wrong is written down and tried again."""
    try:
        _hand_over(post, one)
    except NotSent as failure:
        _settle_failure(post, one, failure)
        return
    except Exception as error:  # an alert that our own code cannot write must not hold up the others
        _log.error("alert_not_written", alert=str(one.alert.id), exc_info=error)
        _settle_failure(post, one, NotSent(type(error).__name__))
        return
    with post.database.transaction() as session:
        alerts.settle_sent(session, one.alert.id, post.worker, now=engine_time.now(session))


def _settle_failure(post: Post, one: Outgoing, failure: NotSent) -> None:
    _log.warning(
        "alert_refused",
        alert=str(one.alert.id),
        channel=one.point.channel.value,
        permanent=failure.is_permanent,
        attempts=one.alert.attempts,
    )
    with post.database.transaction() as session:
        alerts.settle_failed(
            session,
            one.alert.id,
            post.worker,
            now=engine_time.now(session),
            reason=failure.reason,
            is_permanent=failure.is_permanent,
            is_gone=failure.is_gone,
        )


def _hand_over(post: Post, one: Outgoing) -> None:
    words = words_of(one.alert, public_url=post.house.public_url, secret_key=post.secret_key)
    match one.point.channel:
        case Channel.EMAIL if post.is_demo and post.smtp_url is None:
            _log.info("alert_in_demo", alert=str(one.alert.id))
        case Channel.EMAIL:
            send_mail(words, one.point.address, house=post.house, smtp_url=post.smtp_url)
        case Channel.PUSH:
            text = _opened(post, one.point.sealed_secret or "", one.point.id, Purpose.BROWSER)
            subscription = read_subscription(text, post.allow_hosts)
            send_push(words, subscription, _push_sender(post), now=clock.now())
        case Channel.GATEWAY:
            assert one.gateway is not None, "the point of a gateway names it"
            url = _opened(post, one.gateway.sealed_url, one.gateway.id, Purpose.GATEWAY)
            gateway = Gateway(one.gateway.kind, url)
            send_gateway(words, gateway, one.point.address, allow_hosts=post.allow_hosts)


def _opened(post: Post, sealed: str, row_id: uuid.UUID, purpose: Purpose) -> str:
    try:
        return unseal(sealed, secret_key=post.secret_key, row_id=row_id, purpose=purpose)
    except Refusal as refusal:
        raise NotSent(str(refusal), is_permanent=True) from refusal


def _push_sender(post: Post) -> PushSender:
    with post.database.read() as session:
        key = push_keys.find_key(session, secret_key=post.secret_key)
    if key is None:
        raise NotSent(str(msg("The key for push messages can no longer be opened here.")), is_permanent=True)
    return PushSender(key.private, post.house.mail_address, post.allow_hosts)
