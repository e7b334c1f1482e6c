from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from confsched.mail import smtp
from confsched.mail.smtp import PermanentFailure, TemporaryFailure, send
from tests.support.postbox import serving

SENDER, RECIPIENT = "planung@haus.example", "ada@land.example"
MAIL = b"Subject: x\r\nMessage-ID: <1@haus.example>\r\n\r\nGr=C3=BC=C3=9Fe\r\n.\r\n.. zwei\r\n"


class Postbox:
    """Take mail, or answer as the test says at one step."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.taken: list[Envelope] = []
        self.goodbyes = 0

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.get("DATA", "250 OK")
        if answer == "hang up":
            assert server.transport is not None
            server.transport.abort()
        if answer.startswith("250"):
            self.taken.append(envelope)
        return answer

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        self.goodbyes += 1
        return self.answers.get("QUIT", "221 Bye")


@contextmanager
def scripted(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one connection: greet with the first answer, give each line the next one, then hang up."""
    heard: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                for answer in answers:
                    connection.sendall(answer)
                    heard.append(lines.readline())

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", heard
        thread.join()


def test_an_accepted_mail_arrives_as_it_was_written() -> None:
    postbox = Postbox()
    with serving(postbox) as url:
        send(url, MAIL, SENDER, RECIPIENT)
    [taken] = postbox.taken
    assert (taken.mail_from, taken.rcpt_tos, taken.content) == (SENDER, [RECIPIENT], MAIL)
    assert postbox.goodbyes == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "failure"),
    [("450 4.2.1 try later", TemporaryFailure), ("550 5.1.1 no such mailbox", PermanentFailure)],
)
def test_a_refusal_passes_or_stays_as_its_code_says(
    step: str, answer: str, failure: type[smtp.MailFailure]
) -> None:
    """Cover line 25 in part: what the server did not take is reported, never taken for sent."""
    postbox = Postbox(**{step: answer})
    with serving(postbox) as url, pytest.raises(failure) as refused:
        send(url, MAIL, SENDER, RECIPIENT)
    assert refused.value.reason == answer
    assert type(refused.value) is failure
    assert postbox.taken == []


def test_a_server_that_hangs_up_over_the_mail_gets_it_again_later() -> None:
    """Cover line 25 in part: without the final 250 the mail counts as not sent."""
    with serving(Postbox(DATA="hang up")) as url, pytest.raises(TemporaryFailure):
        send(url, MAIL, SENDER, RECIPIENT)


@pytest.mark.parametrize("goodbye", ["500 go away", "421 closing"])
def test_a_rude_goodbye_does_not_undo_an_accepted_mail(goodbye: str) -> None:
    postbox = Postbox(QUIT=goodbye)
    with serving(postbox) as url:
        send(url, MAIL, SENDER, RECIPIENT)
    assert len(postbox.taken) == 1


@pytest.mark.parametrize(
    "greeting", [b"554 no service today\r\n", b"421 too busy\r\n", b"220 hello\r\n", b"what?\r\n"]
)
def test_a_server_that_is_not_ready_is_tried_again(greeting: bytes) -> None:
    with scripted(greeting) as (address, _), pytest.raises(TemporaryFailure):
        send(f"smtp://{address}", MAIL, SENDER, RECIPIENT)


def test_a_server_that_says_nothing_is_left_after_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.05)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        url = f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(TemporaryFailure, match="timed out"):
            send(url, MAIL, SENDER, RECIPIENT)


def test_a_server_that_is_down_is_tried_again() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TemporaryFailure, match="ConnectionRefusedError"):
        send(f"smtp://127.0.0.1:{port}", MAIL, SENDER, RECIPIENT)


def test_encryption_that_fails_keeps_the_mail_in_the_house() -> None:
    hello = b"250-server\r\n250 STARTTLS\r\n"
    with (
        scripted(b"220 hello\r\n", hello, b"454 not now\r\n") as (address, heard),
        pytest.raises(TemporaryFailure, match="454 not now"),
    ):
        send(f"smtp://{address}", MAIL, SENDER, RECIPIENT)
    assert [line[:8].upper() for line in heard[:2]] == [b"EHLO HAU", b"STARTTLS"]
    assert not any(line.upper().startswith(b"MAIL") for line in heard)


def test_encryption_is_taken_when_offered_and_the_certificate_is_checked() -> None:
    contexts: list[ssl.SSLContext] = []

    class Offering:
        def ehlo_or_helo_if_needed(self) -> None:
            pass

        def has_extn(self, name: str) -> bool:
            return name == "starttls"

        def starttls(self, *, context: ssl.SSLContext) -> None:
            contexts.append(context)

    smtp._start_tls(Offering())  # type: ignore[arg-type]
    assert [context.verify_mode for context in contexts] == [ssl.CERT_REQUIRED]
    assert contexts[0].check_hostname


def test_a_password_is_not_sent_in_the_clear() -> None:
    postbox = Postbox()
    with serving(postbox) as url, pytest.raises(TemporaryFailure, match="no encryption"):
        send(url.replace("smtp://", "smtp://planung:geheim@"), MAIL, SENDER, RECIPIENT)
    assert postbox.taken == []


def test_smtps_speaks_to_nobody_without_encryption() -> None:
    postbox = Postbox()
    with serving(postbox) as url, pytest.raises(TemporaryFailure, match="SSL"):
        send(url.replace("smtp:", "smtps:"), MAIL, SENDER, RECIPIENT)
    assert postbox.taken == []


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example> x", "", "ä@b.example"]
)
def test_an_address_cannot_carry_a_command(address: str) -> None:
    for sender, recipient in ((SENDER, address), (address, RECIPIENT)):
        with pytest.raises(PermanentFailure, match="address"):
            send("smtp://127.0.0.1:1", MAIL, sender, recipient)


def test_a_reason_is_one_short_line() -> None:
    reason = TemporaryFailure("a\r\nb\x00" + "c" * 500).reason
    assert reason.startswith("a b")
    assert len(reason) == smtp.MAX_REASON_CHARACTERS
