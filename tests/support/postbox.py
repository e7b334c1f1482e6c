"""A real mail server on loopback that keeps what it takes, and answers or strikes as a test says."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from icalendar import Calendar

ACCEPTED = "250 OK"


@dataclass(frozen=True)
class Mail:
    """Hold a mail as it arrived."""

    recipient: str
    content: bytes

    @property
    def message_id(self) -> str:
        return str(message_from_bytes(self.content, policy=policy.SMTP)["Message-ID"])

    @property
    def calendar(self) -> Calendar:
        """Return the calendar part that mail programs act on."""
        parts = message_from_bytes(self.content, policy=policy.SMTP).walk()
        body = next(part for part in parts if part.get_content_type() == "text/calendar")
        return Calendar.from_ical(body.get_payload(decode=True))

    @property
    def mime_method(self) -> str:
        """Return the method that the part's header names."""
        parts = message_from_bytes(self.content, policy=policy.SMTP).walk()
        return next(
            str(part.get_param("method")) for part in parts if part.get_content_type() == "text/calendar"
        )


class Postbox:
    """Keep mails; `at_step(step, mails so far)` may answer in the server's place, or act in its middle."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.at_step: Callable[[str, int], str | None] = lambda _step, _count: None
        self._arrival = threading.Condition()

    def wait_for(self, is_enough: Callable[[list[Mail]], bool], seconds: float) -> None:
        """Wait until the mails are enough; AssertionError when they do not come in time."""
        with self._arrival:
            assert self._arrival.wait_for(lambda: is_enough(self.mails), seconds), f"{len(self.mails)} came"

    def copies(self) -> dict[str, int]:
        """Return how often each Message-ID came."""
        return dict(Counter(mail.message_id for mail in self.mails))

    def _answer(self, step: str) -> str:
        return self.at_step(step, len(self.mails)) or ACCEPTED

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self._answer("RCPT")

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self._answer("DATA")
        if answer == ACCEPTED:
            assert isinstance(envelope.content, bytes)
            with self._arrival:
                self.mails += [Mail(recipient, envelope.content) for recipient in envelope.rcpt_tos]
                self._arrival.notify_all()
            self._answer("TAKEN")
        return answer

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        self._answer("QUIT")
        return "221 Bye"


class _LoopbackController(Controller):
    """Listen on a port that the system picks."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def serving(handler: object) -> Iterator[str]:
    """Give the URL of a server that hands its commands to a Postbox, or to a handler of the test's own."""
    controller = _LoopbackController(handler, hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()
