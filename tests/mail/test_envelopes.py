"""A row about duties becomes a mail in its reader's language, dates and zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.errors import msg
from confsched.formats.stored_messages import store_message
from confsched.mail.compose import compose, preview
from confsched.mail.envelopes import House, envelope_of
from confsched.models.outbox import OutboxMessage

HOUSE = House("https://planung.example", "planung@haus.example")
NIGHT = Span(datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 5, tzinfo=UTC))


def row(language: str, zone: str) -> OutboxMessage:
    return OutboxMessage(
        kind=Kind.ROSTER_CHANGE,
        method=None,
        recipient="ada@land.example",
        language=language,
        zone=zone,
        message_id="<1@confsched>",
        snapshot={
            "recipient_name": "Ada Berg",
            "heading": store_message(msg("Busy")),
            "lines": [
                store_message(msg("%(line)s: %(span)s", line="Neuro\nlogie", span=NIGHT)),
                store_message(msg("%(what)s, %(day)s", what=msg("Duty"), day=date(2026, 12, 6))),
                store_message(msg("%(at)s", at=NIGHT.starts_at)),
            ],
            "path": "/rosters/1",
        },
        created_at=datetime(2026, 10, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("language", "zone", "subject", "lines"),
    [
        (
            *("en", "Europe/Berlin", "Busy"),
            [
                "- Neuro logie: Sat 24 Oct 2026, 22:00 CEST – Sun 25 Oct 2026, 06:00 CET",
                "- Duty, Sun 6 Dec 2026",
                "- Sat 24 Oct 2026, 22:00",
            ],
        ),
        (
            *("de", "Europe/Berlin", "Belegt"),
            [
                "- Neuro logie: Sa 24.10.2026, 22:00 MESZ – So 25.10.2026, 06:00 MEZ",
                "- Dienst, So 06.12.2026",
                "- Sa 24.10.2026, 22:00",
            ],
        ),
        (
            *("fr", "UTC", "Belegt"),
            [
                "- Neuro logie: Sa 24.10.2026, 20:00 – So 25.10.2026, 05:00 UTC",
                "- Dienst, So 06.12.2026",
                "- Sa 24.10.2026, 20:00",
            ],
        ),
    ],
)
def test_what_is_stored_is_worded_for_its_reader(
    language: str, zone: str, subject: str, lines: list[str]
) -> None:
    """Cover line 15: the reader's zone, on the night on which the clocks change."""
    shown = preview(envelope_of(row(language, zone), HOUSE))
    assert shown.subject == subject
    assert [line for line in shown.text.splitlines() if line.startswith("- ")] == lines
    assert "https://planung.example/rosters/1" in shown.text
    assert shown.calendar is None


def test_the_same_row_about_duties_is_the_same_mail_to_the_byte() -> None:
    once, twice = (compose(envelope_of(row("de", "Europe/Berlin"), HOUSE)) for _ in range(2))
    assert once == twice
