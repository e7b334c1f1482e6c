"""What an alert says: kind, site, time and link, in the language and by the clock of who reads it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from confsched.channels.email import compose
from confsched.channels.links import find_alert_id, signed
from confsched.channels.wording import words_of
from confsched.domain.kinds import AlertPurpose
from confsched.errors import msg
from confsched.formats.stored_messages import store_message
from confsched.mail.envelopes import House
from confsched.mail.smtp import PermanentFailure
from confsched.models.urgent import Alert
from confsched.services.sealed import digits_for

KEY = "the key of the house, long enough for it"
HOUSE = House("https://confsched.example", "termine@confsched.example")
ALERT, CONSULT = uuid.UUID(int=7), uuid.UUID(int=9)


def _alert(**other: Any) -> Alert:
    at = other.pop("at", datetime(2026, 11, 23, 2, 10, tzinfo=UTC))
    heading = msg("Telestroke: %(site)s is waiting for you", site=other.pop("site", "Krankenhaus Moorfeld"))
    snapshot = {
        "heading": store_message(heading),
        "lines": [],
        "path": "/contact-points/",
        "at": at.isoformat(),
        "name": "Dr. Jana Okafor",
        "language": "de",
        "zone": "Europe/Berlin",
    }
    values: dict[str, Any] = {
        "id": ALERT,
        "purpose": AlertPurpose.URGENT_CONSULT,
        "consult_id": CONSULT,
        "contact_id": ALERT,
        "snapshot": {**snapshot, **other.pop("snapshot", {})},
        "created_at": at,
    }
    return Alert(**{**values, **other})


def _text(alert: Alert) -> str:
    return words_of(alert, public_url=HOUSE.public_url, secret_key=KEY).text


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 11, 23, 2, 10, tzinfo=UTC), "03:10 MEZ"),
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "01:59 MEZ"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "03:00 MESZ"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "02:30 MESZ"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "02:30 MEZ"),
    ],
)
def test_the_time_is_that_of_the_reader_and_never_doubtful(at: datetime, said: str) -> None:
    assert f"Gerufen um {said}" in _text(_alert(at=at))


def test_the_link_names_the_alert_and_a_test_message_its_code_and_page() -> None:
    link = f"{HOUSE.public_url}/alerts/{signed(ALERT, KEY)}"
    assert _text(_alert()).endswith(f"Ansehen und übernehmen: {link}")
    assert len(link) < 110
    proof = _text(_alert(purpose=AlertPurpose.CONTACT_PROOF, consult_id=None))
    assert digits_for(ALERT, secret_key=KEY) in proof
    assert proof.endswith("https://confsched.example/contact-points/")


@pytest.mark.parametrize("text", ["", "x", "." * 60, "ü", "A" * 22 + "." + "A" * 43, "x" * 5000])
def test_a_link_that_somebody_made_up_names_nothing(text: str) -> None:
    assert find_alert_id(text, KEY) is None


def test_a_name_cannot_write_a_header_or_a_second_recipient() -> None:
    alert = _alert(site="Moorfeld\r\nBcc: all@moorfeld.example", snapshot={"name": "A\r\nBcc: x@y.example"})
    mail = compose(words_of(alert, public_url=HOUSE.public_url, secret_key=KEY), "a@b.example", HOUSE)
    head = mail.split(b"\r\n\r\n")[0]
    assert b"\nBcc:" not in head
    assert head.count(b"\nTo: ") == 1
    with pytest.raises(PermanentFailure):
        compose(words_of(alert, public_url="", secret_key=KEY), "a@b.example\r\nRCPT TO:<x@y.example>", HOUSE)
