"""States, times, holds and case references of bookings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.bookings import (
    CASE_REF_ALPHABET,
    BookingState,
    check_times,
    claim_span,
    hold_until,
    may_cancel,
    may_move,
    new_case_ref,
    normalise_case_ref,
)
from confsched.domain.intervals import Span
from confsched.errors import Refusal

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STATES = list(BookingState)


def test_buffers_widen_what_a_booking_takes() -> None:
    span = Span(NOW, NOW + HOUR)
    assert claim_span(span, 10, 5) == Span(NOW - 10 * MINUTE, NOW + HOUR + 5 * MINUTE)
    assert claim_span(span, 0, 0) == span


@pytest.mark.parametrize(
    ("starts", "length", "field", "words"),
    [
        pytest.param(DAY, HOUR, None, "", id="tomorrow for an hour"),
        pytest.param(30 * MINUTE, HOUR, None, "", id="just at the notice"),
        pytest.param(90 * DAY, HOUR, None, "", id="just at the horizon"),
        pytest.param(DAY, 12 * HOUR, None, "", id="as long as allowed"),
        pytest.param(DAY, timedelta(0), "ends_at", "after the start", id="no length"),
        pytest.param(DAY, -HOUR, "ends_at", "after the start", id="end before start"),
        pytest.param(-MINUTE, HOUR, "starts_at", "in the past", id="a minute ago"),
        pytest.param(DAY, 12 * HOUR + MINUTE, "ends_at", "at most 12 h", id="a minute too long"),
        pytest.param(29 * MINUTE, HOUR, "starts_at", "notice is 30 min", id="a minute too soon"),
        pytest.param(
            90 * DAY + MINUTE, HOUR, "starts_at", "90 days at most", id="a minute beyond the horizon"
        ),
    ],
)
def test_times_are_booked_or_refused_with_the_field_at_fault(
    starts: timedelta, length: timedelta, field: str | None, words: str
) -> None:
    starts_at, ends_at = NOW + starts, NOW + starts + length
    if field is None:
        assert check_times(starts_at, ends_at, now=NOW, horizon_days=90, notice_minutes=30) == Span(
            starts_at, ends_at
        )
        return
    with pytest.raises(Refusal) as refusal:
        check_times(starts_at, ends_at, now=NOW, horizon_days=90, notice_minutes=30)
    assert refusal.value.field == field
    assert words in str(refusal.value)
    assert "Choose" in str(refusal.value)


def test_a_booking_may_start_at_once_where_no_notice_is_asked() -> None:
    assert check_times(NOW, NOW + HOUR, now=NOW, horizon_days=1, notice_minutes=0).starts_at == NOW


@pytest.mark.parametrize(
    ("state", "move", "cancel_before", "cancel_after"),
    [
        pytest.param(BookingState.PROPOSED, True, True, True, id="proposed: withdrawn at any time"),
        pytest.param(BookingState.PENDING, True, True, True, id="pending: withdrawn at any time"),
        pytest.param(BookingState.BOOKED, True, True, False, id="booked: until it begins"),
        pytest.param(BookingState.FULFILLED, False, False, False, id="fulfilled: never"),
        pytest.param(BookingState.CANCELLED, False, False, False, id="cancelled: never"),
    ],
)
def test_what_may_happen_to_a_booking(
    state: BookingState, move: bool, cancel_before: bool, cancel_after: bool
) -> None:
    assert may_move(state) is move
    assert may_cancel(state, NOW + MINUTE, NOW) is cancel_before
    assert may_cancel(state, NOW, NOW) is cancel_after


def test_the_table_above_names_every_state() -> None:
    assert {*STATES} == {"proposed", "pending", "booked", "fulfilled", "cancelled"}


def test_a_hold_lasts_ten_minutes() -> None:
    assert hold_until(NOW) - NOW == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fk-2lm6", "FK-2LM6"),
        ("  FK-7Q2M ", "FK-7Q2M"),
        ("2026-0034", "2026-0034"),
        ("TB-17-A", "TB-17-A"),
        ("NORD-000123", "NORD-000123"),
        ("99-99-99", "99-99-99"),
        ("ABCDEFGHIJKLMNOPQRST", "ABCDEFGHIJKLMNOPQRST"),
    ],
)
def test_a_case_reference_has_one_spelling(text: str, expected: str) -> None:
    assert normalise_case_ref(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "4 to 20", id="empty"),
        pytest.param("FK1", "4 to 20", id="too short"),
        pytest.param("A" * 21, "4 to 20", id="too long"),
        pytest.param("FK 2LM6", "4 to 20", id="a space inside"),
        pytest.param("MÜLLER", "4 to 20", id="an umlaut"),
        pytest.param("FK-2LM6\nBCC", "4 to 20", id="a line break"),
        pytest.param("FK-٢٣٤٥", "4 to 20", id="digits of another script"),
        pytest.param("12-3-1951", "date", id="day first"),
        pytest.param("12-03-51", "date", id="year of two digits"),
        pytest.param("1951-03-12", "date", id="year first"),
        pytest.param("12031951", "date", id="joined"),
        pytest.param("19510312", "date", id="joined, year first"),
        pytest.param("HM-120351", "date", id="initials and a date"),
        pytest.param("HM120351", "date", id="initials joined to a date"),
        pytest.param("290200", "date", id="29 February"),
        pytest.param("A123456789", "insurance", id="health insurance"),
        pytest.param("a123-456-780", "insurance", id="health insurance in groups"),
        pytest.param("65170839J003", "insurance", id="pension insurance"),
        pytest.param("4711081500", "insurance", id="ten digits"),
    ],
)
def test_a_reference_that_could_identify_a_patient_is_refused(text: str, words: str) -> None:
    with pytest.raises(Refusal) as refusal:
        normalise_case_ref(text)
    assert refusal.value.field == "case_ref"
    assert words in str(refusal.value)


def test_a_generated_reference_shows_its_bytes_in_the_safe_alphabet() -> None:
    assert new_case_ref(bytes([5, 22, 0, 19])) == "FK-7Q2M"
    assert not set("IO01") & set(CASE_REF_ALPHABET)
    assert len(set(CASE_REF_ALPHABET)) == 32


@settings(deadline=None)
@given(st.binary(min_size=4, max_size=8))
def test_every_generated_reference_is_a_valid_one(random_bytes: bytes) -> None:
    reference = new_case_ref(random_bytes)
    assert normalise_case_ref(reference.lower()) == reference
