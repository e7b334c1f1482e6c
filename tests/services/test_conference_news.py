"""Mails about a conference: once to each person, with title and time, and nothing of a case."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.invites import Kind
from confsched.errors import msg
from confsched.mail.compose import compose, preview
from confsched.mail.envelopes import House, envelope_of
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.services import conference_news
from tests.support.conferences import add_case, add_conference
from tests.support.guests import add_guest, hold, invite
from tests.world import NOW, World

HOUSE = House("https://planung.example", "planung@haus.example")


def mails(session: Session) -> list[OutboxMessage]:
    query = select(OutboxMessage).where(OutboxMessage.kind == Kind.CONFERENCE_NEWS)
    return list(session.scalars(query))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Neuro board, Thu 26 Nov 2026, 15:00", "The page of the conference shows")),
        ("de", ("Neuro board, Do 26.11.2026, 15:00", "Die Seite der Konferenz zeigt")),
    ],
)
def test_each_reader_is_told_once_in_their_language_what_and_when(
    session: Session, world: World, language: str, words: tuple[str, ...]
) -> None:
    conference = add_conference(session, world)
    add_case(session, world, conference, case_ref="FK-9XWT", question="Embolisation?")
    reader = session.get_one(Person, world.neurologist.id)
    reader.language = language
    conference_news.tell(session, conference, [reader, reader, None], msg("Busy"), [msg("Free")], now=NOW)
    (mail,) = mails(session)
    shown = preview(envelope_of(mail, HOUSE))
    assert all(one in shown.text for one in (*words, f"/conferences/{conference.id}"))
    assert "FK-9XWT" not in shown.text and "Embolisation" not in shown.text + shown.html
    assert compose(envelope_of(mail, HOUSE)) == compose(envelope_of(mail, HOUSE))


def test_a_guest_is_led_to_the_page_of_their_own_invitation(session: Session, world: World) -> None:
    actor = world.actor(world.coordinator)
    conference, guest = hold(session, world), add_guest(session, actor)
    invite(session, world, conference, guest)
    people = conference_news.participants_of(conference)
    conference_news.tell(session, conference, people, msg("Busy"), now=NOW)
    paths = {mail.recipient: mail.snapshot["path"] for mail in mails(session)}
    assert paths[guest.person.email] == "/g/"
    assert set(paths.values()) - {"/g/"} <= {f"/conferences/{conference.id}"}
