from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.intervals import Span
from confsched.domain.invites import (
    NOTICES,
    Attendee,
    Invite,
    Kind,
    Method,
    Snapshot,
    decide,
    next_partstat,
    next_sequence,
    uid_for,
)

START = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)


def attendee(name: str) -> Attendee:
    return Attendee(f"{name}@haus.example", name.title(), "de", "Europe/Berlin")


ADA, BO, CY = attendee("ada"), attendee("bo"), attendee("cy")
BOOKED = Snapshot(
    uid="1@treffen.example",
    sequence=4,
    revision=7,
    span=Span(START, START + timedelta(minutes=45)),
    title="Telekonsil",
    location="Raum 1",
    join_link="https://treffen.example/1",
    cancelled=False,
    attendees=(ADA, BO),
)
LATER = Span(START + timedelta(hours=1), START + timedelta(hours=1, minutes=45))
LONGER = Span(START, START + timedelta(minutes=60))
OFF = replace(BOOKED, cancelled=True)


def told(before: Snapshot | None, after: Snapshot) -> dict[str, tuple[Kind, int]]:
    return {invite.recipient.name.lower(): (invite.kind, invite.sequence) for invite in decide(before, after)}


DECISIONS = {
    "made": (None, BOOKED, {"ada": (Kind.INVITATION, 4), "bo": (Kind.INVITATION, 4)}),
    "made and already off": (None, OFF, {}),
    "nothing changed": (BOOKED, BOOKED, {}),
    "only the title changed": (BOOKED, replace(BOOKED, title="Konferenz", revision=8), {}),
    "moved": (BOOKED, replace(BOOKED, span=LATER), {"ada": (Kind.UPDATE, 5), "bo": (Kind.UPDATE, 5)}),
    "made longer": (BOOKED, replace(BOOKED, span=LONGER), {"ada": (Kind.UPDATE, 5), "bo": (Kind.UPDATE, 5)}),
    "other room": (
        BOOKED,
        replace(BOOKED, location="Raum 2"),
        {"ada": (Kind.UPDATE, 5), "bo": (Kind.UPDATE, 5)},
    ),
    "other link": (BOOKED, replace(BOOKED, join_link=""), {"ada": (Kind.UPDATE, 5), "bo": (Kind.UPDATE, 5)}),
    "somebody joins": (BOOKED, replace(BOOKED, attendees=(ADA, BO, CY)), {"cy": (Kind.INVITATION, 4)}),
    "somebody leaves": (BOOKED, replace(BOOKED, attendees=(ADA,)), {"bo": (Kind.REMOVAL, 4)}),
    "one takes over from another": (
        BOOKED,
        replace(BOOKED, attendees=(ADA, CY)),
        {"cy": (Kind.INVITATION, 4), "bo": (Kind.REMOVAL, 4)},
    ),
    "moved and taken over": (
        BOOKED,
        replace(BOOKED, span=LATER, attendees=(ADA, CY)),
        {"ada": (Kind.UPDATE, 5), "cy": (Kind.INVITATION, 5), "bo": (Kind.REMOVAL, 5)},
    ),
    "cancelled": (BOOKED, OFF, {"ada": (Kind.CANCELLATION, 5), "bo": (Kind.CANCELLATION, 5)}),
    "cancelled while people change": (
        BOOKED,
        replace(OFF, attendees=(ADA, CY)),
        {"ada": (Kind.CANCELLATION, 5), "bo": (Kind.CANCELLATION, 5)},
    ),
    "cancelled twice": (OFF, OFF, {}),
    "changed after it was cancelled": (OFF, replace(OFF, span=LATER, attendees=(CY,)), {}),
    "taken up again": (OFF, BOOKED, {"ada": (Kind.INVITATION, 5), "bo": (Kind.INVITATION, 5)}),
    "the same mailbox in capitals": (
        BOOKED,
        replace(BOOKED, attendees=(replace(ADA, email="ADA@Haus.example"), BO)),
        {},
    ),
    "two people at one mailbox": (
        BOOKED,
        replace(BOOKED, attendees=(ADA, BO, CY, replace(CY, name="Dora"))),
        {"cy": (Kind.INVITATION, 4)},
    ),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_each_change_tells_exactly_who_has_to_know(name: str) -> None:
    before, after, expected = DECISIONS[name]
    assert told(before, after) == expected


def test_a_cancellation_is_decided_as_cancel() -> None:
    """Cover line 24: who is told that a meeting is off is told so by METHOD:CANCEL."""
    assert decide(BOOKED, OFF) == (
        Invite(ADA, Method.CANCEL, 5, Kind.CANCELLATION),
        Invite(BO, Method.CANCEL, 5, Kind.CANCELLATION),
    )


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_has_one_method(kind: Kind) -> None:
    """Cover line 24: no kind of mail can go out with the method of another."""
    if kind in NOTICES:
        assert kind.method is None
        return
    is_cancel = kind in (Kind.CANCELLATION, Kind.REMOVAL, Kind.AGENDA_BLOCK_REMOVAL)
    assert kind.method is (Method.CANCEL if is_cancel else Method.REQUEST)


def test_two_bookings_never_share_a_uid_and_a_moved_one_keeps_its_own() -> None:
    """Cover line 8: the UID is made of the booking's id alone."""
    one, other = UUID(int=1), UUID(int=2)
    assert uid_for(one, "treffen.example") != uid_for(other, "treffen.example")
    assert uid_for(one, "treffen.example") == f"{one}@treffen.example"


def test_a_message_about_another_uid_cannot_be_decided() -> None:
    """Cover line 8: the snapshots of two bookings are never taken for two revisions of one."""
    with pytest.raises(AssertionError, match="UID"):
        decide(BOOKED, replace(BOOKED, uid="2@treffen.example"))


def test_a_reply_counts_for_the_time_it_was_given_for() -> None:
    assert next_partstat("ACCEPTED", BOOKED, replace(BOOKED, span=LATER)) == "NEEDS-ACTION"
    assert next_partstat("ACCEPTED", BOOKED, replace(BOOKED, location="Raum 2")) == "ACCEPTED"


@pytest.mark.parametrize("at", ["2026-03-29T00:30", "2026-10-25T00:30"])
def test_the_second_pass_of_the_clock_is_another_time(at: str) -> None:
    """Keep 02:30 and 02:30 an hour later apart on the nights the clocks change."""
    start = datetime.fromisoformat(at).replace(tzinfo=UTC)
    first = replace(BOOKED, span=Span(start, start + timedelta(minutes=30)))
    second = replace(BOOKED, span=Span(start + timedelta(hours=1), start + timedelta(minutes=90)))
    assert next_sequence(first, second) == first.sequence + 1


people = st.lists(st.sampled_from([ADA, BO, CY]), max_size=4).map(tuple)
snapshots = st.builds(
    replace,
    st.just(BOOKED),
    span=st.sampled_from([BOOKED.span, LATER]),
    location=st.sampled_from(["Raum 1", "Raum 2"]),
    cancelled=st.booleans(),
    attendees=people,
)


@given(history=st.lists(snapshots, min_size=1, max_size=6))
@settings(deadline=None)
def test_whoever_follows_the_messages_knows_the_truth(history: list[Snapshot]) -> None:
    calendars: dict[str, tuple[Snapshot, int]] = {}
    before: Snapshot | None = None
    for step in history:
        after = replace(step, sequence=next_sequence(before, step))
        invites = decide(before, after)
        assert len({invite.recipient.mailbox for invite in invites}) == len(invites)
        for invite in invites:
            held = calendars.pop(invite.recipient.mailbox, None)
            assert held is None or held[1] <= invite.sequence
            if invite.method is Method.REQUEST:
                calendars[invite.recipient.mailbox] = (after, invite.sequence)
        before = after
        wanted = set() if after.cancelled else {attendee.mailbox for attendee in after.attendees}
        assert calendars.keys() == wanted
        assert all(
            (seen.span, seen.location) == (after.span, after.location) for seen, _ in calendars.values()
        )
