"""Rules of bookings: states, times that may be booked, buffers, holds and case references."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import StrEnum

from confsched.domain.intervals import Span
from confsched.errors import Refusal, msg

HOLD_MINUTES = 10
JOIN_BEFORE = timedelta(minutes=15)
MAX_BOOKING_HOURS = 12
# Without I, O, 0 and 1, which are misheard and misread; 32 of them, so that a byte picks each alike.
CASE_REF_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CASE_REF_PREFIX = "FK-"
CASE_REF_RANDOM_LENGTH = 4

_CASE_REF = re.compile(r"[A-Z0-9-]{4,20}")
_DIGITS = re.compile(r"\d+")
_SPLIT_DATES = (
    re.compile(r"(?<!\d)(?P<year>\d{4}|\d{2})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<day>\d{1,2})-(?P<month>\d{1,2})-(?P<year>\d{4}|\d{2})(?!\d)"),
)
_JOINED_DATES = (
    re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"),
    re.compile(r"(?P<day>\d{2})(?P<month>\d{2})(?P<year>\d{4}|\d{2})"),
)
# Health insurance (SGB V par. 290): a letter and nine digits; pension insurance (SGB VI par. 147): eight
# digits, a letter, three digits; or ten digits alone.
_INSURANCE_NUMBER = re.compile(r"[A-Z]\d{9}|\d{8}[A-Z]\d{3}|\d{10}")


class BookingState(StrEnum):
    """Name how far a booking has come, in the words of FHIR Appointment where they exist."""

    PROPOSED = "proposed"
    PENDING = "pending"
    BOOKED = "booked"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"


class ClaimState(StrEnum):
    """Name how firmly somebody's time is taken."""

    HELD = "held"
    PENDING = "pending"
    FIRM = "firm"


OPEN_STATES = frozenset({BookingState.PROPOSED, BookingState.PENDING, BookingState.BOOKED})
UNCONFIRMED_STATES = frozenset({BookingState.PROPOSED, BookingState.PENDING})


def claim_span(span: Span, buffer_before_minutes: int, buffer_after_minutes: int) -> Span:
    """Return the time a booking takes from a person, buffers included."""
    assert buffer_before_minutes >= 0 and buffer_after_minutes >= 0, "a buffer never shortens a booking"
    return span.widen(timedelta(minutes=buffer_before_minutes), timedelta(minutes=buffer_after_minutes))


def check_times(
    starts_at: datetime, ends_at: datetime, *, now: datetime, horizon_days: int, notice_minutes: int
) -> Span:
    """Return the span to book, or refuse it and say which time to choose; a day of the horizon is 24 h."""
    if ends_at <= starts_at:
        raise Refusal(msg("The end must be after the start. Choose a later end."), field="ends_at")
    if starts_at < now:
        raise Refusal(
            msg("This start is in the past. Choose a time that is still to come."), field="starts_at"
        )
    if ends_at - starts_at > timedelta(hours=MAX_BOOKING_HOURS):
        raise Refusal(
            msg("A booking lasts at most %(hours)s h. Choose an earlier end.", hours=MAX_BOOKING_HOURS),
            field="ends_at",
        )
    _check_lead(starts_at - now, horizon_days, notice_minutes)
    return Span(starts_at, ends_at)


def may_move(state: BookingState) -> bool:
    """Tell whether a booking in this state may get another time."""
    return state in OPEN_STATES


def is_time_to_join(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Tell whether people go to the meeting now: from a quarter of an hour before it until its end."""
    return starts_at - JOIN_BEFORE <= now < ends_at


def may_cancel(state: BookingState, starts_at: datetime, now: datetime) -> bool:
    """Tell whether a booking may still be cancelled.

    What was confirmed and has begun took place or was a no-show; what nobody confirmed can always be
    withdrawn.
    """
    return state in UNCONFIRMED_STATES or (state is BookingState.BOOKED and now < starts_at)


def hold_until(now: datetime) -> datetime:
    """Return when a hold taken now runs out."""
    return now + timedelta(minutes=HOLD_MINUTES)


def normalise_case_ref(text: str) -> str:
    """Return the reference in its one spelling, or refuse what is none or could identify a patient."""
    reference = text.strip().upper()
    if not _CASE_REF.fullmatch(reference):
        raise Refusal(
            msg("A case reference has 4 to 20 letters A-Z, digits and hyphens, such as FK-7Q2M."),
            field="case_ref",
        )
    if _INSURANCE_NUMBER.fullmatch(reference.replace("-", "")):
        raise Refusal(
            msg("This looks like an insurance number. Use a reference that says nothing about the patient."),
            field="case_ref",
        )
    if _holds_date(reference):
        raise Refusal(
            msg("This looks like a date. Use a reference that says nothing about the patient."),
            field="case_ref",
        )
    return reference


def new_case_ref(random_bytes: bytes) -> str:
    """Return a fresh opaque reference from at least four random bytes; the caller retries a collision."""
    assert len(random_bytes) >= CASE_REF_RANDOM_LENGTH, "each character takes a byte"
    chosen = random_bytes[:CASE_REF_RANDOM_LENGTH]
    return CASE_REF_PREFIX + "".join(CASE_REF_ALPHABET[byte % len(CASE_REF_ALPHABET)] for byte in chosen)


def _check_lead(lead: timedelta, horizon_days: int, notice_minutes: int) -> None:
    if lead < timedelta(minutes=notice_minutes):
        raise Refusal(
            msg("This is too soon: notice is %(minutes)s min. Choose a later start.", minutes=notice_minutes),
            field="starts_at",
        )
    if lead > timedelta(days=horizon_days):
        raise Refusal(
            msg("This is too far ahead: %(days)s days at most. Choose an earlier start.", days=horizon_days),
            field="starts_at",
        )


def _holds_date(reference: str) -> bool:
    split = (match for shape in _SPLIT_DATES for match in shape.finditer(reference))
    joined = (
        match
        for digits in _DIGITS.findall(reference)
        for shape in _JOINED_DATES
        if (match := shape.fullmatch(digits))
    )
    return any(_is_date(match) for match in (*split, *joined))


def _is_date(match: re.Match[str]) -> bool:
    year = int(match["year"])
    try:
        # A year of two digits may stand for a leap year, so 29 February counts.
        date(year if year >= 100 else 2000 + year % 4, int(match["month"]), int(match["day"]))
    except ValueError:
        return False
    return year < 100 or 1900 <= year <= 2100
