from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.intervals import Span
from confsched.domain.invites import NOTICES, Kind, Method
from confsched.formats.ical import Entry, Party, write_invite
from confsched.mail.compose import HEADERS, Envelope, _read_back, compose, preview
from confsched.mail.smtp import PermanentFailure
from tests.formats.ical_rules import assert_interop

CREATED = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
STARTS, ENDS = datetime(2026, 11, 25, 14, tzinfo=UTC), datetime(2026, 11, 25, 14, 45, tzinfo=UTC)
MEETINGS = [kind for kind in Kind if kind not in NOTICES]
SENDER, RECIPIENT = "planung@haus.example", "ada@land.example"
VALUES = {
    "kind_of_meeting": "Telekonsil",
    "starts_at": STARTS.isoformat(),
    "ends_at": ENDS.isoformat(),
    "service": "Neuropädiatrie",
    "people": "Ada Berg, Bo Tal",
    "place": "Raum <3> & Flur",
    "join_link": "https://treffen.example/a?b=1&c=2",
    "case_ref": "K-17",
    "url": "https://planung.example/bookings/1",
    "question": "Herr Muster hat Krampfanfälle",
    "title": "Muster, Hans",
}


def calendar(kind: Kind) -> str:
    entry = Entry(
        uid="1@treffen.example",
        sequence=1,
        span=Span(STARTS, ENDS),
        zone="Europe/Berlin",
        summary="Telekonsil – Größe",
        description="K-17",
        location="Raum 3",
        join_link="",
        status="CANCELLED" if kind is Kind.CANCELLATION else "CONFIRMED",
        busy="BUSY",
        created_at=CREATED,
        revised_at=CREATED,
        organizer=Party("Planung", SENDER),
        attendees=(Party("Ada Berg", RECIPIENT),),
    )
    return write_invite(entry, kind.method).decode()


def envelope(kind: Kind = Kind.INVITATION) -> Envelope:
    return Envelope(
        kind=kind.value,
        recipient=RECIPIENT,
        recipient_name="Ada Größe",
        language="en",
        zone="Europe/Berlin",
        sender=SENDER,
        sender_name="Planung",
        message_id="<1.ada@haus.example>",
        values=VALUES,
        calendar=calendar(kind),
        method=kind.method.value,
        created_at=CREATED,
    )


def read(data: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(data)
    assert isinstance(message, EmailMessage)
    return message


def parts(message: EmailMessage) -> list[EmailMessage]:
    return [part for part in message.iter_parts() if isinstance(part, EmailMessage)]


@pytest.mark.parametrize("kind", MEETINGS)
def test_every_kind_is_built_as_calendar_clients_expect(kind: Kind) -> None:
    """Cover line 24: METHOD, MIME parameter and kind agree; the calendar comes twice, byte for byte."""
    message = read(compose(envelope(kind)))
    assert message.get_content_type() == "multipart/mixed"
    alternative, attachment = parts(message)
    assert alternative.get_content_type() == "multipart/alternative"
    plain, html, invite = parts(alternative)
    assert [part.get_content_type() for part in (plain, html, invite, attachment)] == [
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    assert invite["Content-Type"].params == {"method": kind.method.value, "charset": "utf-8"}
    assert attachment.get_filename() == "invite.ics"
    assert invite.get_payload(decode=True) == attachment.get_content() == calendar(kind).encode()
    assert assert_interop(attachment.get_content())["METHOD"] == kind.method.value


@pytest.mark.parametrize("kind", MEETINGS)
def test_every_part_survives_a_server_that_knows_seven_bits_only(kind: Kind) -> None:
    data = compose(envelope(kind))
    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 78
    leaves = [part for part in read(data).walk() if not part.is_multipart()]
    encodings = {part["Content-Transfer-Encoding"] for part in leaves}
    assert encodings == {"quoted-printable", "base64"}


@pytest.mark.parametrize(
    ("kind", "method"),
    [(Kind.CANCELLATION, Method.REQUEST), (Kind.REMOVAL, Method.REQUEST), (Kind.UPDATE, Method.CANCEL)],
)
def test_a_kind_with_the_method_of_another_does_not_leave(kind: Kind, method: Method) -> None:
    """Cover line 24: a cancellation as REQUEST is stopped, wherever the mistake was made."""
    for wrong in (
        replace(envelope(kind), method=method.value),
        replace(envelope(kind), calendar=calendar(kind).replace(kind.method.value, method.value)),
        replace(
            envelope(kind),
            method=method.value,
            calendar=calendar(kind).replace(f"METHOD:{kind.method.value}", f"METHOD:{method.value}"),
        ),
    ):
        with pytest.raises(PermanentFailure, match="do not say the same"):
            compose(wrong)


def test_the_headers_come_from_the_row() -> None:
    message = read(compose(envelope()))
    assert message["From"] == f"Planung <{SENDER}>"
    assert message["To"].addresses[0].display_name == "Ada Größe"
    assert message["Date"].datetime == CREATED
    assert message["Message-ID"] == "<1.ada@haus.example>"
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_same_row_is_the_same_mail_to_the_byte() -> None:
    assert compose(envelope()) == compose(envelope())
    assert compose(envelope()) != compose(replace(envelope(), message_id="<2.ada@haus.example>"))


SUBJECTS = {
    Kind.INVITATION: "Invitation: Telekonsil, Wed 25 Nov 2026, 15:00–15:45",
    Kind.UPDATE: "Changed: Telekonsil, Wed 25 Nov 2026, 15:00–15:45",
    Kind.CANCELLATION: "Cancelled: Telekonsil, Wed 25 Nov 2026, 15:00–15:45",
    Kind.REMOVAL: "No longer needed: Telekonsil, Wed 25 Nov 2026, 15:00–15:45",
    Kind.AGENDA_BLOCK: "Your minutes: Telekonsil, Wed 25 Nov 2026, 15:00–15:45",
    Kind.AGENDA_BLOCK_REMOVAL: "Your minutes are free: Telekonsil, Wed 25 Nov 2026, 15:00–15:45",
}


@pytest.mark.parametrize("kind", MEETINGS)
def test_a_subject_says_what_and_when_and_nothing_else(kind: Kind) -> None:
    assert read(compose(envelope(kind)))["Subject"] == preview(envelope(kind)).subject == SUBJECTS[kind]


@pytest.mark.parametrize("kind", MEETINGS)
def test_no_question_and_no_title_leaves_the_house(kind: Kind) -> None:
    shown = preview(envelope(kind))
    for words in (shown.subject, shown.text, shown.html):
        assert "Muster" not in words
        assert "Krampf" not in words


@pytest.mark.parametrize("kind", MEETINGS)
def test_text_and_html_carry_the_same_facts(kind: Kind) -> None:
    shown = preview(envelope(kind))
    for fact in ("Wed 25 Nov 2026, 15:00–15:45 CET", "Neuropädiatrie", "Ada Berg, Bo Tal", "K-17"):
        assert fact in shown.text
        assert fact in shown.html
    assert "Raum <3> & Flur" in shown.text
    assert "Raum &lt;3&gt; &amp; Flur" in shown.html
    assert 'href="https://treffen.example/a?b=1&amp;c=2"' in shown.html
    assert shown.calendar == calendar(kind)


def test_a_change_shows_the_time_before() -> None:
    old = {"old_starts_at": "2026-11-25T13:00:00+00:00", "old_ends_at": "2026-11-25T13:45:00+00:00"}
    shown = preview(replace(envelope(Kind.UPDATE), values=VALUES | old))
    assert "Before: Wed 25 Nov 2026, 14:00–14:45 CET" in shown.text
    assert "14:00–14:45 CET" in shown.html


def test_what_is_not_known_leaves_no_hole() -> None:
    few = {name: VALUES[name] for name in ("kind_of_meeting", "starts_at", "ends_at")}
    shown = preview(replace(envelope(), values=few, recipient_name=""))
    assert "\n\n\n" not in shown.text
    assert shown.text.startswith("Good day,\n\n")
    assert not any(label in shown.text for label in ("Place:", "Join:", "Reference:", "Before:"))
    assert "href" not in shown.html


def test_the_time_is_the_readers() -> None:
    assert "Mi 25.11.2026, 15:00–15:45 MEZ" in preview(replace(envelope(), language="de")).text
    assert "14:00–14:45 GMT" in preview(replace(envelope(), zone="Europe/London")).text
    assert "Mi 25.11.2026" in preview(replace(envelope(), language="fr")).text


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        ("2026-03-28T21:00+00:00", "2026-03-29T04:00+00:00", "22:00 CET – Sun 29 Mar 2026, 06:00 CEST"),
        ("2026-10-24T20:00+00:00", "2026-10-25T05:00+00:00", "22:00 CEST – Sun 25 Oct 2026, 06:00 CET"),
    ],
)
def test_a_night_on_which_the_clocks_change_names_both_zones(starts: str, ends: str, expected: str) -> None:
    values = VALUES | {"starts_at": starts, "ends_at": ends}
    shown = preview(replace(envelope(), values=values))
    assert expected in shown.subject
    assert expected in shown.text


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//fremd.example", " "])
def test_only_web_addresses_become_links(link: str) -> None:
    shown = preview(replace(envelope(), values=VALUES | {"join_link": link, "url": link}))
    assert "href" not in shown.html
    assert "Join:" not in shown.text


def test_a_mail_without_a_calendar_has_no_attachment() -> None:
    message = read(compose(replace(envelope(), calendar=None, method=None)))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in parts(message)] == ["text/plain", "text/html"]


@pytest.mark.parametrize("kind", sorted(NOTICES))
def test_a_mail_about_duties_is_words_and_a_link_and_no_calendar(kind: Kind) -> None:
    values = {
        "heading": "Three of your duties have <changed>",
        "lines": "Sat 5 Dec: you hold Neurology\n\u202eSun 6 Dec: Dr. Brandt holds it & you do not",
        "url": "https://planung.example/rosters/1",
    }
    notice = replace(envelope(), kind=kind.value, calendar=None, method=None, values=values)
    message = read(compose(notice))
    assert [part.get_content_type() for part in parts(message)] == ["text/plain", "text/html"]
    assert message["Subject"] == "Three of your duties have <changed>"
    shown = preview(notice)
    assert "- Sat 5 Dec: you hold Neurology\n- Sun 6 Dec: Dr. Brandt holds it & you do not\n" in shown.text
    assert "<li>Sun 6 Dec: Dr. Brandt holds it &amp; you do not</li>" in shown.html
    assert 'href="https://planung.example/rosters/1' in shown.html
    assert "\n\n\n" not in shown.text
    assert "When:" not in shown.text + shown.html
    assert compose(notice) == compose(notice)


def test_a_mail_about_duties_with_a_calendar_does_not_leave() -> None:
    with pytest.raises(PermanentFailure, match="do not say the same"):
        compose(replace(envelope(), kind=Kind.SWAP_RESULT.value, method=None))


PAYLOADS = [
    "x\r\nBcc: boese@fremd.example",
    "x\nBcc: boese@fremd.example",
    "x\rBcc: boese@fremd.example",
    "x\r\n Bcc: boese@fremd.example",
    "x\r\n\r\nBcc: boese@fremd.example",
    "=?utf-8?q?x=0ABcc:_boese=40fremd.example?=",
    "=?utf-8?q?x=0D=0ABcc:_boese=40fremd.example?=",
    "=?utf-8?q?x=0DBcc:_boese=40fremd.example?=",
    "=?utf-8?b?eA0KQmNjOiBib2VzZUBmcmVtZC5leGFtcGxl?=",
    "=?us-ascii?Q?x=0A?= =?us-ascii?Q?Bcc:_boese=40fremd.example?=",
    "=\x00?utf-8?q?x=0ABcc:_boese=40fremd.example?=",
    "==??utf-8?q?x=0ABcc:_boese=40fremd.example?=?=",
    "x\x0bBcc: boese@fremd.example\x0c",
    "x\x85Bcc: boese@fremd.example\u2028Cc: boese@fremd.example\u2029",
    'x" <boese@fremd.example>, "y',
    "x, boese@fremd.example; (a) <b@fremd.example>",
    "Größe, " * 60 + "\r\nBcc: boese@fremd.example",
]


@pytest.mark.parametrize("place", ["subject", "recipient_name", "sender_name"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_becomes_a_header_or_a_recipient(payload: str, place: str) -> None:
    if place == "subject":
        mail = replace(envelope(), values=VALUES | {"kind_of_meeting": payload})
    else:
        mail = replace(envelope(), **{place: payload})  # type: ignore[arg-type]
    data = compose(mail)
    message = read(data)
    head = data.split(b"\r\n\r\n")[0].decode()
    names = {line.split(":")[0] for line in head.split("\r\n") if not line.startswith(" ")}
    assert names == set(HEADERS)
    assert [address.addr_spec for address in message["To"].addresses] == [RECIPIENT]
    assert [address.addr_spec for address in message["From"].addresses] == [SENDER]
    assert len(message.get_all("Subject", [])) == 1


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"Subject: ", b"Subject: x\r\nBcc: boese@fremd.example\r\nX: "),
        (b"Subject: ", b"To: boese@fremd.example\r\nSubject: "),
        (b"ada@land.example>", b"ada@land.example>, boese@fremd.example"),
        (b"<planung@haus.example>", b"<boese@fremd.example>"),
        (b"\r\nDate: ", b"\r\n\r\nDate: "),
        (b"Planung", "Größe".encode()),
    ],
)
def test_reading_back_finds_on_its_own_what_was_smuggled_in(right: bytes, wrong: bytes) -> None:
    data = compose(envelope())
    assert _read_back(data, envelope()) == data
    with pytest.raises(PermanentFailure, match="read back"):
        _read_back(data.replace(right, wrong, 1), envelope())


@given(text=st.text(max_size=200))
@settings(deadline=None, max_examples=100)
def test_any_text_in_any_header_gives_a_mail_that_reads_back(text: str) -> None:
    values = VALUES | {"kind_of_meeting": text, "place": text}
    compose(replace(envelope(), values=values, recipient_name=text, sender_name=text))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@land.example\r\nBcc: x@fremd.example",
        "ada@land.example, x@fremd.example",
        "<ada@land.example>",
        '"a b"@land.example',
        "äda@land.example",
        "ada@länd.example",
        "=?utf-8?q?a?=@land.example",
        ".a@land.example",
        "a..b@land.example",
        "a@land..example",
        "a" * 300 + "@land.example",
    ],
)
def test_an_address_that_is_not_plain_does_not_leave(address: str) -> None:
    for mail in (replace(envelope(), recipient=address), replace(envelope(), sender=address)):
        with pytest.raises(PermanentFailure, match="address"):
            compose(mail)


@pytest.mark.parametrize("message_id", ["", "1@x", "<1>", "<1@x>\r\nBcc: x@fremd.example", "<a b@x>"])
def test_a_broken_message_id_does_not_leave(message_id: str) -> None:
    with pytest.raises(PermanentFailure, match="Message-ID"):
        compose(replace(envelope(), message_id=message_id))
