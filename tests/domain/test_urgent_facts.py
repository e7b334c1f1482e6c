"""Fields of urgent consults as they are typed at night: read where possible, and never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.urgent_facts import (
    READERS,
    RadiologyFacts,
    StrokeFacts,
    changes,
    read_fact,
)

ZONE = "Europe/Berlin"
NIGHT = datetime(2026, 11, 29, 2, 11, tzinfo=UTC)  # Sunday 03:11 in Berlin


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "now", "read"),
    [
        ("01:40", NIGHT, at(29, 0, 40)),
        ("0140", NIGHT, at(29, 0, 40)),
        ("1.40 Uhr", NIGHT, at(29, 0, 40)),
        ("1 Uhr", NIGHT, at(29, 0)),
        ("03:11", NIGHT, NIGHT),
        ("03:12", NIGHT, at(28, 2, 12)),  # still to come today: it was yesterday
        ("22:00", NIGHT, at(28, 21)),
        ("gestern 01:40", NIGHT, at(28, 0, 40)),
        ("27.11. 22:00", NIGHT, at(27, 21)),
        ("31.12. 22:00", NIGHT, datetime(2025, 12, 31, 21, tzinfo=UTC)),
        # To summer time: 02:30 is not there and means an hour later, as RFC 5545 3.3.5 reads it.
        ("01:30", at(29, 1, 15, month=3), at(29, 0, 30, month=3)),
        ("02:30", at(29, 1, 45, month=3), at(29, 1, 30, month=3)),
        ("02:30", at(29, 1, 15, month=3), at(28, 1, 30, month=3)),
        # To winter time: 02:30 is there twice, and the last one before now is meant.
        ("02:30", at(25, 0, 45, month=10), at(25, 0, 30, month=10)),
        ("02:30", at(25, 1, 15, month=10), at(25, 0, 30, month=10)),
        ("02:30", at(25, 1, 45, month=10), at(25, 1, 30, month=10)),
        ("02:30", at(25, 9, month=10), at(25, 1, 30, month=10)),
    ],
)
def test_a_time_is_the_last_such_instant_before_now(typed: str, now: datetime, read: datetime) -> None:
    reading = read_fact("last_known_well", typed, now, ZONE)
    assert reading is not None and (reading.value, reading.finding) == (read, None)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        *(("last_known_well", typed) for typed in ("abends", "25:00", "11", "heute 04:00", "30.2. 11:00")),
        *(("nihss", typed) for typed in ("43", "-1", "elf", "1.5", "²")),
        *(("callback_phone", "Pforte"), ("lvo", "vielleicht"), ("study_uids", "1.2.x")),
        *(("study_uids", "1" * 65), ("regions", "head,tail")),
    ],
)
def test_what_cannot_be_read_is_kept_as_typed_and_says_so(name: str, typed: str) -> None:
    reading = read_fact(name, f" {typed} ", NIGHT, ZONE)
    assert reading is not None and reading.finding is not None
    assert (reading.typed, reading.value) == (typed, None)


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("nihss", "11", 11),
        ("nihss", "11/42", 11),
        ("callback_phone", "App. 214", "App. 214"),
        ("lvo", "unclear", "unclear"),
        ("regions", "head,neck", ["head", "neck"]),
        ("study_uids", "1.2.3 4.5", ["1.2.3", "4.5"]),
        ("physician", "Dr. Sander", "Dr. Sander"),
    ],
)
def test_what_can_be_read_is(name: str, typed: str, value: object) -> None:
    reading = read_fact(name, typed, NIGHT, ZONE)
    assert reading is not None and (reading.value, reading.finding) == (value, None)


def test_an_empty_field_is_told_nothing() -> None:
    assert read_fact("nihss", "  ", NIGHT, ZONE) is None


@settings(deadline=None, max_examples=60)
@given(name=st.sampled_from([*READERS, "physician"]), typed=st.text(max_size=30))
def test_whatever_is_typed_is_read_kept_and_found_again(name: str, typed: str) -> None:
    reading = read_fact(name, typed, NIGHT, ZONE)
    if reading is None:
        return
    assert reading.typed == typed.strip()
    assert (reading.value is None) == (reading.finding is not None)
    for kind in (StrokeFacts, RadiologyFacts):
        kept = {name: reading.kept(), "of another version": {"typed": "x", "value": "x"}}
        facts = kind.from_kept(kept)
        if hasattr(facts, name):
            assert facts.value(name) == reading.value
            assert facts.to_kept() == {name: reading.kept()}
            assert bool(facts.findings) == (reading.value is None)


@settings(deadline=None, max_examples=60)
@given(
    minutes_later=st.integers(0, 220 * 24 * 60),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
)
def test_a_time_lies_in_the_last_day(minutes_later: int, hour: int, minute: int) -> None:
    now = at(28, 0, month=3) + timedelta(minutes=minutes_later)
    reading = read_fact("door", f"{hour:02}:{minute:02}", now, ZONE)
    assert reading is not None
    assert timedelta() <= now - reading.value <= timedelta(hours=25)


def test_a_form_changes_only_what_was_changed_on_it() -> None:
    shown = {"nihss": "11", "lvo": "yes", "door": ""}
    assert changes(shown, {"nihss": "11 ", "lvo": "no", "door": "02:58"}) == {"lvo": "no", "door": "02:58"}
    assert changes(shown, {"nihss": ""}) == {"nihss": ""}
