"""Mails of a whole series: when it is held stands in words, and the calendar says the same."""

from __future__ import annotations

import pytest

from confsched.domain.invites import Kind
from confsched.errors import msg
from confsched.formats.stored_messages import store_message
from confsched.mail.compose import compose, preview
from confsched.mail.envelopes import House, envelope_of
from confsched.models.outbox import OutboxMessage
from confsched.services import invitation_rows as rows
from confsched.services import series_rows
from confsched.services.invitation_rows import Subject
from confsched.services.series_messages import invite_to
from confsched.services.series_rows import Laid
from tests.formats.ical_rules import assert_interop
from tests.support.series import MADE_AT, make

HOUSE = House("https://termine.confsched.example", "termine@confsched.example")
SUBJECTS = {
    (Kind.INVITATION, "de"): "Einladung: Fallkonferenz, am 5. jedes Monats",
    (Kind.UPDATE, "de"): "Geändert: Fallkonferenz, am 5. jedes Monats",
    (Kind.CANCELLATION, "en"): "Cancelled: Case conference, on day 5 of each month",
    (Kind.REMOVAL, "en"): "No longer needed: Case conference, on day 5 of each month",
}


def message_of(kind: Kind, language: str) -> OutboxMessage:
    """Return the row of a monthly series without exceptions."""
    made = make(3)
    series, own = made.series[0], made.of(made.series[0])
    reader = own[0].participations[0]
    reader.person.language = language
    dates = [one.recurrence_at for one in own if one.recurrence_at]
    if kind in (Kind.INVITATION, Kind.UPDATE):
        values = series_rows.values_of(series, Laid.of(series), own, reader)
    else:
        values = series_rows.farewell_of(series, Laid.of(series), dates, reader)
    subject = Subject(series.organisation_id, series_id=series.id)
    return rows.new_message(subject, invite_to(reader, kind, 2), reader.person.id, values, MADE_AT)


@pytest.mark.parametrize(("kind", "language"), SUBJECTS, ids=[kind.value for kind, _ in SUBJECTS])
def test_a_mail_of_a_series_says_its_rule_in_words_and_as_a_rule(kind: Kind, language: str) -> None:
    message = message_of(kind, language)
    envelope = envelope_of(message, HOUSE)
    shown = preview(envelope)
    assert shown.subject == SUBJECTS[kind, language]
    until = "12:00–15:00, bis Do 05.11.2026" if language == "de" else "12:00–15:00, until Thu 5 Nov 2026"
    assert until in shown.text and until in shown.html
    event = assert_interop(str(envelope.calendar).encode()).walk("VEVENT")[0]
    assert event["RRULE"]["BYMONTHDAY"] == [5]
    assert event.get("STATUS") == {"cancellation": "CANCELLED", "removal": None}.get(kind.value, "CONFIRMED")
    assert "/series/" in event["DESCRIPTION"]
    assert compose(envelope) == compose(envelope_of(message, HOUSE))


def test_a_date_that_leaves_its_series_says_so_instead_of_being_off() -> None:
    message = message_of(Kind.CANCELLATION, "de")
    note = store_message(msg("This date has left its series. You get an invitation of its own for it."))
    message.snapshot = {k: v for k, v in message.snapshot.items() if k != "repeats"} | {"note": note}
    shown = preview(envelope_of(message, HOUSE))
    assert shown.subject.startswith("Nicht mehr Teil der Reihe: Fallkonferenz, ")
    assert "Dieser Termin gehört nicht mehr zu seiner Reihe." in shown.text
    assert "findet nicht statt" not in shown.text + shown.html
